package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/memory"
	"github.com/benchctl/benchctl/plugins/raftembed"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"benchctl":                  main,
		"benchctl-plugin-memory":    func() { driver.Serve(memory.Driver()) },
		"benchctl-plugin-raftembed": func() { driver.Serve(raftembed.Driver()) },
	})
}

func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			// A temporary folder of the story's own shows what is left in it.
			e.Setenv("TMPDIR", filepath.Join(e.WorkDir, "tmp"))
			return os.Mkdir(filepath.Join(e.WorkDir, "tmp"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"mountfull": mountFull,
			"readonly":  mountReadOnly,
			"sqlite":    change,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
	})
}

// exits CODE COMMAND… runs a command and expects its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// mountFull DIR KIB mounts a tmpfs of a size at a folder.
func mountFull(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]+"k"))
	ts.Defer(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
}

// readonly DIR makes a folder one that nobody, root included, can write to.
func mountReadOnly(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(unix.Mount(dir, dir, "", unix.MS_BIND, ""))
	ts.Defer(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	ts.Check(unix.Mount("", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
}

// sqlite FILE STATEMENT changes a database behind benchctl's back.
func change(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

// built is the folder with benchctl and the plugins, built once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "benchctl-bin-*")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", dir+"/", "../../cmd/...", "../../plugins/...").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

// started is a benchctl on its way.
type started struct {
	t       *testing.T
	cmd     *exec.Cmd
	bin     string
	archive string
	stderr  bytes.Buffer
	stdout  bytes.Buffer
}

// start runs benchctl on an archive, in the background.
func start(t *testing.T, archive string, args ...string) *started {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &started{t: t, bin: bin, archive: archive}
	s.cmd = exec.Command(filepath.Join(bin, "benchctl"), append(args, "--archive", archive)...)
	s.cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	return s
}

// wait returns the exit code.
func (s *started) wait() int {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			s.t.Fatal(err)
		}
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(60 * time.Second):
		s.t.Fatalf("benchctl does not end:\n%s", s.stderr.String())
		return 0
	}
}

// ask runs a query on the archive and returns its answer as CSV without header.
func (s *started) ask(query string) string {
	s.t.Helper()
	out, err := exec.Command(filepath.Join(s.bin, "benchctl"), "sql", "--format", "csv", "--archive", s.archive, query).CombinedOutput()
	if err != nil {
		return string(out)
	}
	_, rows, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(rows)
}

// eventually waits until a question has the answer.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// measuring waits until samples of a measured phase are in the archive.
func (s *started) measuring() {
	s.t.Helper()
	eventually(s.t, "samples in the archive", func() bool {
		return s.ask("select count(*) > 0 from chunks join phases using (run_id, phase) where not warmup") == "1"
	})
}

// processes returns those of ours that run, by the name of their program and
// their first argument.
func (s *started) processes() map[int]string {
	found := map[int]string{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		program, err := os.Readlink(filepath.Join("/proc", entry.Name(), "exe"))
		if err != nil || filepath.Dir(program) != s.bin {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		words := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
		found[pid] = strings.Join(append([]string{filepath.Base(program)}, words[1:min(2, len(words))]...), " ")
	}
	return found
}

// pidOf returns a process of ours by what processes calls it.
func (s *started) pidOf(name string) int {
	s.t.Helper()
	for pid, called := range s.processes() {
		if called == name {
			return pid
		}
	}
	s.t.Fatalf("no process %q among %v", name, s.processes())
	return 0
}

func (s *started) noneLeft() {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("no process left of %v", s.processes()), func() bool { return len(s.processes()) == 0 })
}

func (s *started) verify() {
	s.t.Helper()
	out, err := exec.CommandContext(context.Background(), filepath.Join(s.bin, "benchctl"), "archive", "verify", "--archive", s.archive).CombinedOutput()
	if err != nil {
		s.t.Errorf("archive verify: %v\n%s", err, out)
	}
}

func TestPluginKilledMidRun(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--store", "memory", "--nodes", "1", "--threads", "2", "--duration", "20s", "--warmup", "100ms")
	s.measuring()
	if err := syscall.Kill(s.pidOf("benchctl-plugin-memory"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitPlugin {
		t.Errorf("exit code %d, want %d", code, exitPlugin)
	}
	if !strings.Contains(s.stderr.String(), "plugin memory ended during the run (signal: killed)") {
		t.Errorf("standard error:\n%s", s.stderr.String())
	}
	if got := s.ask("select state, error like '%signal: killed%', (select count(*) from samples where run_id = runs.id) > 0, (select sum(ops) from summaries) > 0 from runs"); got != "failed,1,1,1" {
		t.Errorf("archived: %s", got)
	}
	s.verify()
	s.noneLeft()
}

func TestControllerKilledMidRun(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "2", "--duration", "20s", "--warmup", "100ms")
	s.measuring()
	if n := len(s.processes()); n != 5 {
		t.Errorf("%d processes: %v", n, s.processes())
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.wait()
	s.noneLeft()
	if got := s.ask("select state, (select count(*) from samples where run_id = runs.id) > 0, (select sum(ops) from summaries) > 0 from runs"); got != "interrupted,1,1" {
		t.Errorf("archived: %s", got)
	}
	s.verify()
}

func TestNodeKilledMidRun(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "3", "--duration", "2s", "--warmup", "100ms")
	s.measuring()
	if err := syscall.Kill(s.pidOf("benchctl-plugin-raftembed node"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitDone {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	if got := s.ask("select state, (select count(*) from events where kind = 'node-exited' and detail = 'signal: killed') from runs"); got != "complete,1" {
		t.Errorf("archived: %s", got)
	}
	if got := s.ask("select sum(errors) > 0 from summaries"); got != "1" {
		t.Errorf("no operation failed though a node did: %s", s.ask("select op, ops, errors from summaries"))
	}
	s.verify()
	s.noneLeft()
}

func TestAllNodesKilledMidRun(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "3", "--duration", "1500ms", "--warmup", "100ms", "--timeout", "500ms")
	s.measuring()
	for pid, name := range s.processes() {
		if name == "benchctl-plugin-raftembed node" {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if code := s.wait(); code != exitFailed {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	if got := s.ask("select state, (select sum(ops) from summaries) > 0 from runs"); got != "failed,1" {
		t.Errorf("archived: %s", got)
	}
	s.verify()
	s.noneLeft()
}

func TestInterruptKeepsWhatWasMeasured(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--nodes", "3", "--threads", "2", "--duration", "20s", "--warmup", "100ms", "--repeat", "3")
	s.measuring()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d:\n%s", code, exitInterrupted, s.stderr.String())
	}
	if !strings.Contains(s.stderr.String(), "interrupted: 0 of 3 runs are complete") {
		t.Errorf("standard error:\n%s", s.stderr.String())
	}
	if got := s.ask("select state, (select sum(ops) from summaries) = (select count(*) from samples) from runs"); got != "interrupted,1" {
		t.Errorf("archived: %s", got)
	}
	s.verify()
	s.noneLeft()
}

func TestTwoControllersOnOneArchive(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "a.db")
	args := []string{"run", "--store", "memory", "--nodes", "1", "--threads", "2", "--duration", "400ms", "--warmup", "100ms", "--repeat", "3"}
	a, b := start(t, archive, args...), start(t, archive, args...)
	for _, s := range []*started{a, b} {
		if code := s.wait(); code != exitDone {
			t.Errorf("exit code %d:\n%s", code, s.stderr.String())
		}
	}
	if got := a.ask("select count(*), count(distinct experiment), sum(state = 'complete') from runs"); got != "6,2,6" {
		t.Errorf("archived: %s", got)
	}
	a.expectSums()
	a.verify()
}

// expectSums compares the three places in which operations are counted.
func (s *started) expectSums() {
	s.t.Helper()
	wrong := s.ask(`
		with a as (select run_id, sum(ops + errors) n from summaries group by run_id),
		     b as (select run_id, sum(ops + errors) n from thread_seconds group by run_id),
		     c as (select run_id, count(*) n from samples group by run_id)
		select a.run_id, a.n, b.n, c.n from a left join b using (run_id) left join c using (run_id)
		where a.n is not b.n or b.n is not c.n`)
	if wrong != "" {
		s.t.Errorf("run, summaries, thread_seconds, samples: %s", wrong)
	}
}

func TestEveryOperationIsCountedOnceEverywhere(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--nodes", "1,3", "--threads", "1,4", "--duration", "300ms", "--warmup", "100ms")
	if code := s.wait(); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
	}
	if got := s.ask("select count(*) from runs where state = 'complete'"); got != "4" {
		t.Errorf("%s complete runs", got)
	}
	s.expectSums()
	if got := s.ask("select count(*) from runs join summaries on run_id = runs.id where not warmup and throughput_per_thread > 0 and p99_ns > 0"); got != "12" {
		t.Errorf("%s rows in the demo's table, want 12", got)
	}
	s.verify()
	s.noneLeft()
}

func TestDataInMemoryIsWarnedOf(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "benchctl-test-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--nodes", "1", "--threads", "1", "--duration", "100ms", "--warmup", "100ms", "--data-dir", dir)
	if code := s.wait(); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
	}
	want := "the nodes' data is in " + dir + ", which is a tmpfs: fsync costs nothing there, so writes are faster than on a disk"
	if !strings.Contains(s.stdout.String(), "! "+want) {
		t.Errorf("standard output:\n%s", s.stdout.String())
	}
	if got := s.ask("select warnings ->> 0, filesystem from runs join environments on environments.id = environment"); got != fmt.Sprintf("\"%s\",tmpfs", want) {
		t.Errorf("archived: %s", got)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the data folder: %v, %v", left, err)
	}
}
