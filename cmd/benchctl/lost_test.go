package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/etcd"
)

// says runs benchctl on the archive and expects that it prints text that matches.
func (s *started) says(pattern string, code int, args ...string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "benchctl"), append(args, "--archive", s.archive)...)
	out, _ := cmd.CombinedOutput() // the code says how it went
	if got := cmd.ProcessState.ExitCode(); got != code || !regexp.MustCompile(pattern).Match(out) {
		s.t.Errorf("%v: exit code %d, want %d and %s:\n%s", args, got, code, pattern, out)
	}
}

// A run that lost a node is complete, says so, and is left out of what is
// compared unless it is asked for.
func TestARunThatLostANodeIsLeftOut(t *testing.T) {
	t.Parallel()
	const leftOut = "1 run lost a node while it lasted and is left out: the selection lost:1 has it"
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--option", "raftembed.placement=processes", "--nodes", "3", "--threads", "3", "--duration", "5s", "--warmup", "100ms")
	s.measuring()
	if err := syscall.Kill(s.pidOf("benchctl-plugin-raftembed node"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitDone {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	warning := `raftembed, 3 nodes, 3 threads(, [a-z ]+)?: node-\d ended by itself \(signal: killed\) \d+\.\d{3} s into phase create: what was measured from then on is of the nodes that were left`
	if out := s.stdout.String(); !strings.HasPrefix(out, "! "+leftOut+"\n") || !regexp.MustCompile(warning).MatchString(out) {
		t.Errorf("standard output:\n%s", out)
	}
	s.expect("select state, lost_nodes from runs", "complete,1")
	chart := filepath.Join(t.TempDir(), "t.svg")
	s.says(leftOut, exitFailed, "report")
	s.says(leftOut, exitFailed, "plot", "throughput", "-o", chart)
	s.says(warning, exitDone, "report", "lost:1")
	s.says("wrote", exitDone, "plot", "throughput", "lost:1", "-o", chart)
	s.says(warning, exitDone, "show", "1")
	s.verify()
	s.noneLeft()
}

func TestANodeThatHangsIsLost(t *testing.T) {
	t.Parallel()
	s := underLoad(t, etcdSubject, "3s")
	if err := syscall.Kill(s.pidOf(etcdSubject.node), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitDone {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	s.expect("select state, lost_nodes from runs", "complete,1")
	s.says(`node-\d did not answer when the load had ended`, exitDone, "show", "1")
	s.noneLeft()
}

// smallQuota is etcd with a database that a few values fill.
func smallQuota(d driver.Driver) driver.Driver {
	return drivertest.Provisioned{Driver: d, By: func(ctx context.Context, own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
		nodes, err := own.Provision(ctx, setup, places)
		for _, n := range nodes {
			n.Command[slices.Index(n.Command, "--quota-backend-bytes")+1] = "2097152"
		}
		return nodes, err
	}}
}

// filling has a warm-up that fills such a database, however slow the machine is.
const filling = `name: filling
version: 1
summary: creates more than there is room for
source: made up
keys: {space: thread, choose: sequential}
values: {size: 100000}
phases:
  - {name: warm-up, warmup: true, mix: {create: 1}, ops: 40}
  - {name: create, mix: {create: 1}, for: 300ms}
`

func TestADatabaseThatIsFull(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "filling.yaml")
	if err := os.WriteFile(file, []byte(filling), 0o600); err != nil {
		t.Fatal(err)
	}
	servers := drivertest.Deploy(t, smallQuota(etcd.Driver()), driver.Setup{})
	run := func() *started {
		s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", file, "--store", "etcd", "--endpoints", strings.Join(servers.Endpoints(), ","), "--threads", "2")
		if code := s.wait(); code != exitFailed {
			t.Errorf("exit code %d:\n%s", code, s.stderr.String())
		}
		return s
	}
	s := run()
	if lines := s.stderr.String(); !strings.Contains(lines, "phase create: of ") || !strings.Contains(lines, " not one succeeded; the first said other: etcdserver: mvcc: database space exceeded") {
		t.Errorf("standard error:\n%s", lines)
	}
	s.expect("select count(*) > 0, min(error like '%database space exceeded%') from failures where op = 'create'", "1,1")
	s.verify()
	if lines := run().stderr.String(); !strings.Contains(lines, ": its database is full: ") {
		t.Errorf("standard error:\n%s", lines)
	}
}

// The endpoint of a cluster that runs already, to which connections were lost, is
// named.
func TestAnEndpointThatGoesAway(t *testing.T) {
	t.Parallel()
	servers := drivertest.Deploy(t, etcd.Driver(), driver.Setup{Nodes: 3})
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--store", "etcd", "--endpoints", strings.Join(servers.Endpoints(), ","), "--threads", "3", "--duration", "4s", "--warmup", "100ms")
	s.measuring()
	if err := servers.KillNode(t.Context(), servers.Names()[1]); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitDone {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	want := "sessions lost their connection 1 times, to " + servers.Endpoints()[1] + " (1)"
	if !strings.Contains(s.stdout.String(), want) {
		t.Errorf("standard output:\n%s\nwant %s", s.stdout.String(), want)
	}
	s.noneLeft()
}
