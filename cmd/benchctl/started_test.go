package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// bin is the folder that built has made.
var bin string

// built is the folder with benchctl and the plugins, built once.
var built = sync.OnceValues(func() (_ string, err error) {
	if bin, err = os.MkdirTemp("", "benchctl-bin-*"); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", bin+"/", "../../cmd/...", "../../plugins/...").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// suite is all tests, and removes what they have built.
type suite struct{ *testing.M }

func (s suite) Run() int {
	defer func() { os.RemoveAll(bin) }()
	return s.M.Run()
}

// started is a benchctl on its way.
type started struct {
	t         *testing.T
	cmd       *exec.Cmd
	bin       string
	temporary string // its temporary folder
	archive   string
	stderr    bytes.Buffer
	stdout    bytes.Buffer
}

// start runs benchctl on an archive, in the background.
func start(t *testing.T, archive string, args ...string) *started {
	t.Helper()
	return startIn(t, "", nil, archive, args...)
}

// startIn runs it in a folder, with more in its environment.
func startIn(t *testing.T, dir string, env []string, archive string, args ...string) *started {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &started{t: t, bin: bin, temporary: t.TempDir(), archive: archive}
	s.cmd = exec.Command(filepath.Join(bin, "benchctl"), append(args, "--archive", archive)...)
	s.cmd.Dir = dir
	s.cmd.Env = append(append(os.Environ(), "TMPDIR="+s.temporary), env...)
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
	return s.waitWithin(5 * time.Minute)
}

func (s *started) waitWithin(patience time.Duration) int {
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
	case <-time.After(patience):
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

// expect runs a query on the archive and compares its answer.
func (s *started) expect(query, want string) {
	s.t.Helper()
	if got := s.ask(query); got != want {
		s.t.Errorf("%s\ngot  %s\nwant %s", query, got, want)
	}
}

// eventually waits until a question has the answer.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
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

// processes returns those that benchctl and its children have started, by the
// name of their program and their first argument.
func (s *started) processes() map[int]string { return processes(s.temporary) }

// processes returns those that know of a temporary folder from their
// environment or their arguments.
func processes(temporary string) map[int]string {
	found := map[int]string{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		environment, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		words := arguments(pid)
		if !slices.Contains(strings.Split(string(environment), "\x00"), "TMPDIR="+temporary) && !strings.Contains(strings.Join(words, " "), temporary) {
			continue
		}
		program, err := os.Readlink(filepath.Join("/proc", entry.Name(), "exe"))
		if err != nil {
			continue // it has just ended
		}
		found[pid] = strings.Join(append([]string{filepath.Base(program)}, words[1:min(2, len(words))]...), " ")
	}
	return found
}

// arguments returns the command line of a process.
func arguments(pid int) []string {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
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

// noneLeft expects that soon no process of ours runs and the temporary folder
// is empty.
func (s *started) noneLeft() {
	s.t.Helper()
	if left := remains(s.temporary); left != "" {
		s.t.Errorf("left behind: %s", left)
	}
}

// remains waits until nothing is left of a benchctl with a temporary folder, and
// says what stays.
func remains(temporary string) string {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		running := processes(temporary)
		files, err := os.ReadDir(temporary)
		switch {
		case err != nil:
			return err.Error()
		case len(running) == 0 && len(files) == 0:
			return ""
		case time.Now().After(deadline):
			return fmt.Sprintf("processes %v, files %v", running, files)
		}
	}
}

// noneLeft does the same for a story.
func noneLeft(ts *testscript.TestScript, _ bool, _ []string) {
	if left := remains(ts.Getenv("TMPDIR")); left != "" {
		ts.Fatalf("left behind: %s", left)
	}
}

func (s *started) verify() {
	s.t.Helper()
	out, err := exec.CommandContext(context.Background(), filepath.Join(s.bin, "benchctl"), "archive", "verify", "--archive", s.archive).CombinedOutput()
	if err != nil {
		s.t.Errorf("archive verify: %v\n%s", err, out)
	}
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
