package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWhatStoodStillIsSaid stops a process of a run for some seconds: the plugin,
// or the only node.
func TestWhatStoodStillIsSaid(t *testing.T) {
	const stopped = 4 * time.Second
	for name, c := range map[string]struct{ placement, process, want string }{
		"the load generator": {"embedded", "benchctl-plugin-raftembed", "the load generator stood still for"},
		"the store":          {"processes", "benchctl-plugin-raftembed node", "no operation ended for"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			load := filepath.Join(t.TempDir(), "load.yaml")
			err := os.WriteFile(load, []byte("{name: load, version: 1, summary: Creates, source: this test, keys: {space: thread}, values: {size: 10}, phases: [{name: create, mix: {create: 1}, for: 8s}]}"), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", load, "--option", "raftembed.placement="+c.placement,
				"--nodes", "1", "--threads", "2", "--timeout", "20s")
			s.measuring()
			time.Sleep(time.Second) // of the measured phase
			pid := s.pidOf(c.process)
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			time.Sleep(stopped)
			if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			if code := s.wait(); code != exitDone {
				t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
			}
			warnings := s.ask("select warnings from runs")
			if !strings.Contains(warnings, c.want) {
				t.Errorf("warnings %s, want %q", warnings, c.want)
			}
			if !strings.Contains(s.stdout.String(), c.want) {
				t.Errorf("standard output:\n%s", s.stdout.String())
			}
			s.verify()
			s.noneLeft()
		})
	}
}

// TestWhatTheMachineDidIsArchived runs on a machine whose kernel tells.
func TestWhatTheMachineDidIsArchived(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--nodes", "1", "--threads", "1", "--duration", "1200ms", "--warmup", "100ms")
	if code := s.wait(); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
	}
	s.expect("select count(*) > 0, count(*) = count(foreign_cpu_seconds), count(*) = count(stolen_cpu_seconds), count(*) = count(throttled_ns), min(foreign_cpu_seconds) >= 0 from phases", "1,1,1,1,1")
	s.expect("select count(*) > 0, count(*) = count(handed_bytes), sum(handed_bytes) > 0 from node_seconds", "1,1,1")
	s.expect("select max(second) < 60, min(second) from node_seconds", "1,0")
}
