package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/benchctl/benchctl/core/conformance"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/plugins/etcd"
	"github.com/benchctl/benchctl/plugins/memory"
	"github.com/benchctl/benchctl/plugins/raftembed"
	"github.com/benchctl/benchctl/plugins/zookeeper"
)

func TestMain(m *testing.M) {
	drivertest.Commands(etcd.Driver())
	testscript.Main(suite{m}, map[string]func(){
		"benchctl":                  main,
		"benchctl-plugin-etcd":      func() { plugin.Serve(onTakenPorts(etcd.Driver())) },
		"benchctl-plugin-memory":    func() { plugin.Serve(memory.Driver()) },
		"benchctl-plugin-raftembed": func() { plugin.Serve(raftembed.Driver()) },
		"benchctl-plugin-zookeeper": func() { plugin.Serve(onTakenPorts(zookeeper.Driver())) },

		// as docs/plugins.md calls the plugin of an author
		"benchctl-plugin-mystore": func() { plugin.Serve(newFaulty("mystore", func(*faultySession) {})) },

		"benchctl-plugin-steering":  func() { plugin.Serve(newSteering()) },
		"benchctl-plugin-lossy":     func() { plugin.Serve(newFaulty("lossy", lossy)) },
		"benchctl-plugin-stale":     func() { plugin.Serve(newFaulty("stale", stale)) },
		"benchctl-plugin-repeating": func() { plugin.Serve(newFaulty("repeating", repeating)) },
		"benchctl-plugin-deaf":      func() { plugin.Serve(newFaulty("deaf", deaf)) },

		bareLoopCommand: runBareLoopCommand,
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
			bin, _, _ := strings.Cut(e.Getenv("PATH"), string(filepath.ListSeparator))
			e.Setenv("BIN", bin) // benchctl and the plugins
			archives, err := filepath.Abs("../../core/archive/testdata")
			if err != nil {
				return err
			}
			e.Setenv("ARCHIVES", archives) // that older benchctls have written
			return os.Mkdir(filepath.Join(e.WorkDir, "tmp"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"mountfull": mountFull,
			"noneleft":  noneLeft,
			"readonly":  mountReadOnly,
			"sqlite":    change,
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "zookeeper": // is installed, as it has to be in CI
				err := conformance.Missing(context.Background(), zookeeper.Driver())
				if os.Getenv("CI") == "" {
					return err == nil, nil
				}
				return true, err
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

func TestPluginKilledMidRun(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "2", "--duration", "20s", "--warmup", "100ms")
	s.measuring()
	if running := s.processes(); len(running) != 6 { // benchctl, the plugin, three nodes and the janitor of their folder
		t.Errorf("processes: %v", running)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.wait()
	s.noneLeft()
	archived := "select state, (select count(*) from samples where run_id = runs.id) > 0, (select sum(ops) from summaries) > 0 from runs"
	if got := s.ask(archived); got != "running,1," { // to read changes nothing
		t.Errorf("archived: %s", got)
	}
	if out, err := exec.Command(filepath.Join(s.bin, "benchctl"), "archive", "upgrade", "--archive", s.archive).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if got := s.ask(archived); got != "interrupted,1,1" {
		t.Errorf("archived: %s", got)
	}
	s.verify()
}

func TestNodeKilledMidRun(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "3", "--duration", "8s", "--warmup", "100ms")
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
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "3", "--duration", "20s", "--warmup", "100ms", "--timeout", "500ms")
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

// skipHere skips a test of what this machine does not have. In CI it fails.
func skipHere(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func TestInterruptKeepsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	if signal.Ignored(syscall.SIGHUP) { // as by nohup: what is started would ignore it too
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	for name, signal := range map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP} {
		t.Run(name, func(t *testing.T) {
			s := start(t, filepath.Join(t.TempDir(), "the archive.db"), "run", "--nodes", "3", "--threads", "2", "--duration", "20s", "--warmup", "100ms", "--repeat", "3")
			s.measuring()
			if err := s.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if code := s.wait(); code != exitInterrupted {
				t.Errorf("exit code %d, want %d:\n%s", code, exitInterrupted, s.stderr.String())
			}
			for _, want := range []string{"interrupted: 0 of 3 runs are complete", "to run what is missing: benchctl run --resume 1 --archive '" + s.archive + "'\n"} {
				if !strings.Contains(s.stderr.String(), want) {
					t.Errorf("standard error lacks %q:\n%s", want, s.stderr.String())
				}
			}
			if got := s.ask("select state, (select sum(ops) from summaries) = (select count(*) from samples) from runs"); got != "interrupted,1" {
				t.Errorf("archived: %s", got)
			}
			s.verify()
			s.noneLeft()
		})
	}
}

// TestAnIgnoredHangUpStaysIgnored runs benchctl as nohup does.
func TestAnIgnoredHangUpStaysIgnored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := shell{dir, append(os.Environ(), "BENCHCTL_ARCHIVE=a.db", "TMPDIR="+dir)}
	s.must(t, `trap '' HUP
		benchctl run --store memory --nodes 1 --threads 1 --duration 1s --warmup 100ms & pid=$!
		until benchctl sql --format csv "select state from runs" 2>/dev/null | grep -q running; do sleep 0.1; done
		kill -HUP $pid; wait $pid`)
	if out := s.must(t, `benchctl sql --format csv "select state from runs"`); out != "state\ncomplete\n" {
		t.Errorf("archived: %s", out)
	}
}

func TestTwoControllersOnOneArchive(t *testing.T) {
	t.Parallel()
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

func TestEveryOperationIsCountedOnceEverywhere(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
