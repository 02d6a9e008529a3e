package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// experimentFile is of six runs, on two deployments. Each measures for longer than
// it takes to see that it does, and to cut it short.
const experimentFile = `name: cut-short
stores: raftembed
threads: 2
repeat: 3
labels: {purpose: test}
setups:
  - {name: embedded, nodes: 1}
  - {name: processes, nodes: 3, options: {raftembed.placement: processes}}
workloads:
  - workload: create-set-delete
    params: {duration: 2s, warmup: 50ms}
`

const planned = 2 * 3 // runs of it

// startedExperiment is one that has complete runs and one that is measuring.
func startedExperiment(t *testing.T) *started {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "cut-short.yaml")
	if err := os.WriteFile(file, []byte(experimentFile), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, filepath.Join(dir, "an archive.db"), "run", file)
	eventually(t, "a complete run and one that is measuring", func() bool {
		return s.ask(`select (select count(*) from runs where state = 'complete') >= 1
			and exists (select 1 from runs join chunks on run_id = runs.id where state = 'running') as both`) == "1"
	})
	return s
}

// completeRuns lists what must not change of the runs that are complete.
func (s *started) completeRuns() string {
	return s.ask(`select id, position, started_at, ended_at, warnings,
		(select sum(ops) from summaries where run_id = runs.id), (select sum(length(data)) from chunks where run_id = runs.id)
		from runs where state = 'complete' order by id`)
}

// resumed checks an experiment that was cut short and then resumed.
func (s *started) resumed(before string) {
	s.t.Helper()
	after := s.completeRuns()
	if !regexp.MustCompile(`^\d+,\d+,`).MatchString(before) {
		s.t.Errorf("no complete runs before: %q", before)
	}
	if !strings.HasPrefix(after+"\n", before+"\n") {
		s.t.Errorf("the runs that were complete before were\n%s\nand are\n%s", before, after)
	}
	if got, want := s.ask("select count(*), count(distinct position), min(position), max(position), count(distinct experiment) from runs where state = 'complete'"),
		fmt.Sprintf("%d,%d,0,%d,1", planned, planned, planned-1); got != want {
		s.t.Errorf("complete runs, their positions: %s, want %s", got, want)
	}
	if got := s.ask("select count(*) from runs where state <> 'complete'"); got != "1" {
		s.t.Errorf("%s runs were cut short, want 1", got)
	}
	// Every run, whenever it was made, is the one that was planned.
	if got := s.ask(`
		select count(*) = (select count(*) from runs) as all_planned, sum(
		   runs.seed is not planned.value ->> 'seed' or runs.repeat is not planned.value ->> 'repeat'
		   or threads is not planned.value ->> 'threads' or nodes is not planned.value ->> 'nodes'
		   or json(params) is not planned.value -> 'params' or labels ->> 'setup' is not planned.value ->> 'setup'
		   or labels ->> 'purpose' is not 'test' or workload || '@' || workload_version is not planned.value ->> 'workload'
		   or setup ->> '$.options.placement' is not iif(labels ->> 'setup' = 'processes', 'processes', 'embedded')) as differ
		from runs join experiments on experiments.id = experiment
		join json_each(plan, '$.runs') as planned on planned.value ->> 'position' = runs.position`); got != "1,0" {
		s.t.Errorf("whether all runs are of the plan, and those that differ from it: %s", got)
	}
	if got := s.ask("select id from (select id, position, lag(position) over (order by id) as before from runs) where position < before"); got != "" {
		s.t.Errorf("runs out of the plan's order: %s", got)
	}
	s.expectSums()
	s.verify()
	s.noneLeft()
}

var resumeHint = regexp.MustCompile(`(?m)^to run what is missing: (benchctl run --resume 1 --archive '.*')$`)

func TestResumeAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	s := startedExperiment(t)
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	hint := resumeHint.FindStringSubmatch(s.stderr.String())
	if hint == nil {
		t.Fatalf("no command to resume in\n%s", s.stderr.String())
	}
	before := s.completeRuns()
	cmd := exec.Command("sh", "-c", hint[1])
	cmd.Env = append(os.Environ(), "PATH="+s.bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", hint[1], err, out)
	}
	for _, want := range []string{
		fmt.Sprintf("experiment 1: cut-short, %d of %d runs, ", planned-len(strings.Split(before, "\n")), planned),
		"raftembed      1        2  embedded ", "raftembed      3        2  processes ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if rows := regexp.MustCompile(`(?m)^raftembed .* 3$`).FindAll(out, -1); len(rows) != 2 {
		t.Errorf("the table has not three runs of each setup:\n%s", out)
	}
	s.resumed(before)
}

func TestResumeAfterBenchctlWasKilled(t *testing.T) {
	t.Parallel()
	s := startedExperiment(t)
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.wait()
	before := s.completeRuns()
	again := start(t, s.archive, "run", "--resume", "1")
	if code := again.wait(); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, again.stderr.String())
	}
	s.resumed(before)
	if code := start(t, s.archive, "run", "--resume", "1").wait(); code != exitDone {
		t.Errorf("resumed once more: exit code %d", code)
	}
	s.resumed(before)
}

func TestAnExperimentUnderWayIsNotResumed(t *testing.T) {
	t.Parallel()
	s := startedExperiment(t)
	other := start(t, s.archive, "run", "--resume", "1")
	if code := other.wait(); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	want := fmt.Sprintf("benchctl: experiment 1 is being run by process %d: wait for its end or interrupt it, then resume what is missing\n", s.cmd.Process.Pid)
	if got := other.stderr.String(); got != want {
		t.Errorf("standard error: %q, want %q", got, want)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.wait()
	s.noneLeft()
}

func TestAFailedRunIsRunAgain(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--store", "memory", "--nodes", "1", "--threads", "1", "--duration", "5s", "--warmup", "50ms", "--repeat", "2")
	s.measuring()
	if err := syscall.Kill(s.pidOf("benchctl-plugin-memory"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitPlugin {
		t.Errorf("exit code %d, want %d", code, exitPlugin)
	}
	if want := "to run what is missing: benchctl run --resume 1 --archive " + s.archive + "\n"; !strings.Contains(s.stderr.String(), want) {
		t.Errorf("no %q in\n%s", want, s.stderr.String())
	}
	if got := s.ask("select group_concat(position || state) from runs"); got != `"0failed,1complete"` {
		t.Errorf("archived: %s", got)
	}
	again := start(t, s.archive, "run", "--resume", "1")
	if code := again.wait(); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, again.stderr.String())
	}
	if got := s.ask("select group_concat(position || state) from runs"); got != `"0failed,1complete,0complete"` {
		t.Errorf("archived: %s", got)
	}
	if got := s.ask("select count(distinct seed) from runs where position = 0"); got != "1" {
		t.Errorf("the run was repeated with another seed")
	}
	s.verify()
	s.noneLeft()
}
