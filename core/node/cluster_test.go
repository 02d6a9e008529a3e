package node

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/record"
)

// TestMain lets the test's own binary be a server, which listens at an address
// and answers "ping" with "pong", and a controller, which runs such servers.
func TestMain(m *testing.M) {
	if address := os.Getenv("NODE_TEST_ADDRESS"); address != "" {
		serve(address)
	}
	if dir := os.Getenv("NODE_TEST_CONTROLLER"); dir != "" {
		control(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func serve(address string) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		os.Stderr.WriteString("cannot listen: " + err.Error() + "\n")
		os.Exit(1)
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		b := make([]byte, 4)
		if n, _ := conn.Read(b); string(b[:n]) == "ping" {
			conn.Write([]byte("pong"))
		}
		conn.Close()
	}
}

// events collects what a cluster reports.
type events struct {
	mu  sync.Mutex
	all []string
}

func (e *events) report(event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, string(event.Kind)+" "+event.Node)
}

func (e *events) wait(t *testing.T, want string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		e.mu.Lock()
		got := strings.Join(e.all, ", ")
		e.mu.Unlock()
		if strings.Contains(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("events: %s; want %s", got, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// one makes a cluster of one node of the test's own binary, unless a command
// is given.
func one(t *testing.T, command ...string) (*Cluster, *events, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cluster")
	places, err := Places(dir, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort(Host, strconv.Itoa(places[0].Ports[0]))
	spec := driver.Node{
		Name: "a", Endpoint: address, Command: command, Files: map[string]string{"conf/x": "content"},
		Ready: driver.Probe{Address: address, Send: "ping", Expect: "pong"},
	}
	if command == nil {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		spec.Command, spec.Env = []string{self}, []string{"NODE_TEST_ADDRESS=" + address}
	}
	seen := &events{}
	c, err := NewCluster(dir, []driver.Node{spec}, places, nil, seen.report)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(false); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the cluster's folder is left: %v", err)
		}
	})
	return c, seen, dir
}

// logOf returns what the node of a cluster has written.
func logOf(dir string) string {
	content, _ := os.ReadFile(filepath.Join(dir, "node-1", logFile)) // not there until it is started
	return string(content)
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestANodeIsStartedStoppedAndKilled(t *testing.T) {
	c, seen, dir := one(t)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(dir, "node-1", "conf", "x")); string(content) != "content" || err != nil {
		t.Errorf("file: %q, %v", content, err)
	}
	first := c.processes()["a"].pid
	if err := c.StopNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if !gone(first) || len(c.Running()) != 0 {
		t.Errorf("runs after stop: %v", c.Running())
	}
	if err := c.StopNode(t.Context(), "a"); err == nil {
		t.Error("a node that does not run was stopped")
	}
	if err := c.StartNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	second := c.processes()["a"].pid
	if err := c.KillNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if !gone(second) {
		t.Error("lives after kill")
	}
	if err := c.StartNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(c.processes()["a"].pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	seen.wait(t, "node-started a, node-ready a, node-stopped a, node-started a, node-ready a, node-killed a, node-started a, node-ready a, node-exited a")
	if err := c.StartNode(t.Context(), "b"); err == nil || !strings.Contains(err.Error(), "there is no node b; there are a") {
		t.Errorf("unknown node: %v", err)
	}
}

func TestANodeThatDoesNotServe(t *testing.T) {
	cases := map[string]struct {
		command []string
		want    string
	}{
		"ends at once": {[]string{"/bin/sh", "-c", "echo reading config; echo no disk >&2; exit 3"}, "node a ended before it served (exit status 3); its log ends:\nreading config\nno disk"},
		"never serves": {[]string{"/bin/sh", "-c", "echo waiting for friends; exec sleep 60"}, "give a slow one longer; its log ends:\nwaiting for friends"},
		"no program":   {[]string{"/nowhere/server"}, "start node a: fork/exec /nowhere/server: no such file or directory"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c, _, dir := one(t, test.command...)
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			if name == "never serves" {
				go func() { // once it has said what it does instead
					for !strings.Contains(logOf(dir), "waiting for friends\n") && ctx.Err() == nil {
						time.Sleep(5 * time.Millisecond)
					}
					giveUp()
				}()
			}
			err := c.Start(ctx)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestAPortThatIsTaken(t *testing.T) {
	c, _, _ := one(t)
	l, err := net.Listen("tcp", c.Endpoints()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = c.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
}

func TestSampleSeesWhatProcessesUse(t *testing.T) {
	c, _, _ := one(t)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seconds []record.NodeSecond
	first, done := make(chan struct{}), make(chan struct{})
	zero, before := time.Now(), processorSeconds()
	go func() {
		defer close(done)
		Sample(ctx, zero, c, os.Getpid(), func(s record.NodeSecond) {
			if seconds = append(seconds, s); len(seconds) == 2 { // one of each process
				close(first)
			}
		})
	}()
	<-first
	const work = 0.2 // seconds that the client computes, in the second that is cut short
	from := processorSeconds()
	for n := 0; processorSeconds() < from+work; n++ {
		_ = strings.Repeat("x", n%1000)
	}
	cancel()
	<-done
	most, cpu := processorSeconds()-before, 0.0
	next, rows := map[string]int{}, map[string]int{}
	for _, s := range seconds {
		if s.Second < next[s.Node] || s.RSSBytes <= 0 { // a look that comes late leaves a second out
			t.Errorf("%+v", s)
		}
		next[s.Node] = s.Second + 1
		rows[s.Node]++
		if s.Node == record.ClientNode {
			cpu += s.CPUSeconds
		}
	}
	const ticks = 0.03 // the system counts in hundredths
	if rows["a"] < 2 || rows["a"] != rows[record.ClientNode] || cpu < work-ticks || cpu > most+ticks {
		t.Errorf("%d seconds of the node, %d of the client, which used %.2f s, and not %.2f to %.2f s", rows["a"], rows[record.ClientNode], cpu, work, most)
	}
}

// processorSeconds is what this process has computed since it began.
func processorSeconds() float64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // cannot fail for itself
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}
