package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/record"
)

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// ended reports whether a process has ended, also if nobody has reaped it: who
// does that for an orphan is the machine's business.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return gone(pid)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}

// control runs a cluster of one server, says which process it is and lives
// until it is killed.
func control(dir string) {
	c, err := Deploy(context.Background(), Deployment{
		Dir: dir, Name: "cluster", Setup: driver.Setup{Nodes: 1}, Ports: 1, Report: func(Event) {},
		Provision: func(_ context.Context, _ driver.Setup, places []driver.Place) ([]driver.Node, error) {
			address := Host + ":" + strconv.Itoa(places[0].Ports[0])
			return []driver.Node{{
				Name: "a", Command: []string{os.Args[0]}, Env: []string{"NODE_TEST_ADDRESS=" + address},
				Ready: driver.Probe{Address: address, Send: "ping", Expect: "pong"},
			}}, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.processes()["a"].pid)
	time.Sleep(time.Hour)
}

// script is a node that does what first says, writes a line with its number and
// that of its child, and then does what the rest says. What must hold once the
// line is there belongs into first.
func script(first, rest string) []string {
	return []string{"/bin/sh", "-c", first + " sleep 60 & echo $$ $!; " + rest}
}

func childOf(t *testing.T, dir string) (pid int) {
	t.Helper()
	eventually(t, "the node has written its line", func() bool {
		fields := strings.Fields(logOf(dir))
		if len(fields) < 2 {
			return false
		}
		pid, _ = strconv.Atoi(fields[1])
		return pid > 0
	})
	return pid
}

func TestWhatANodeStartedEndsWithIt(t *testing.T) {
	cases := map[string]struct {
		command []string
		end     func(*Cluster) error
	}{
		"killed":       {script("", "wait"), func(c *Cluster) error { return c.KillNode(context.Background(), "a") }},
		"stopped":      {script("", "wait"), func(c *Cluster) error { return c.StopNode(context.Background(), "a") }},
		"closed":       {script("", "wait"), func(c *Cluster) error { return c.Close(false) }},
		"ends itself":  {script("", "exit 0"), func(*Cluster) error { return nil }},
		"is stubborn":  {script("trap '' TERM;", "while :; do wait; done"), func(c *Cluster) error { return c.StopNode(context.Background(), "a") }},
		"daemon-style": {script("", "(sleep 60 &); wait"), func(c *Cluster) error { return c.StopNode(context.Background(), "a") }},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _, dir := one(t, test.command...)
			c.nodes[0].Ready = driver.Probe{}
			if err := c.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			child := childOf(t, dir)
			if err := test.end(c); err != nil {
				t.Error(err)
			}
			eventually(t, "the child has ended", func() bool { return ended(child) })
		})
	}
}

// insider controls nodes inside the plugin, as a driver does.
type insider struct {
	mu    sync.Mutex
	calls []string
	dir   string
	fail  error
}

func (n *insider) note(call string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := os.Stat(n.dir); err != nil {
		call += " (its folder has gone)"
	}
	n.calls = append(n.calls, call)
	return n.fail
}

func (n *insider) StartNode(_ context.Context, node string) error { return n.note("start " + node) }
func (n *insider) StopNode(_ context.Context, node string) error  { return n.note("stop " + node) }
func (n *insider) KillNode(_ context.Context, node string) error  { return n.note("kill " + node) }

func TestNodesInsideThePlugin(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	places, err := Places(dir, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	inside, seen := &insider{dir: dir}, &events{}
	nodes := []driver.Node{{Name: "a"}, {Name: "b"}}
	if _, err := NewCluster(dir, nodes, places, nil, seen.report); err == nil || !strings.Contains(err.Error(), "node a has no command") {
		t.Errorf("NewCluster: %v", err)
	}
	c, err := NewCluster(dir, nodes, places, inside, seen.report)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, call := range []func(context.Context, string) error{c.StopNode, c.StartNode, c.KillNode} {
		if err := call(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	seen.wait(t, "node-stopped a, node-started a, node-ready a, node-killed a")
	inside.fail = errors.New("plugin has gone")
	if err := c.StopNode(t.Context(), "b"); err == nil || err.Error() != "end node b: plugin has gone" {
		t.Errorf("StopNode: %v", err)
	}
	if running := c.Running(); len(running) != 1 || running[0] != "b" {
		t.Errorf("running: %v", running)
	}
	if err := c.Close(false); err != nil { // b lives: its files go only after it
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the cluster's folder is left: %v", err)
	}
	calls := strings.Join(inside.calls, ", ")
	if want := "stop a, start a, kill a, stop b, kill b"; !strings.HasSuffix(calls, want) {
		t.Errorf("calls: %s; want %s", calls, want)
	}
}

func TestCloseEndsAStart(t *testing.T) {
	c, _, _ := one(t, "/bin/sh", "-c", "exec sleep 60")
	started := make(chan error, 1)
	go func() { started <- c.Start(context.Background()) }()
	eventually(t, "the node runs", func() bool { return len(c.Running()) == 1 })
	if err := c.Close(false); err != nil {
		t.Error(err)
	}
	if err := <-started; err == nil || !strings.Contains(err.Error(), "node a ended before it served (signal: killed)") {
		t.Errorf("Start: %v", err)
	}
	if err := c.StartNode(t.Context(), "a"); !errors.Is(err, errClosed) {
		t.Errorf("StartNode: %v", err)
	}
}

func TestSamplingGoesOnWhileANodeIsStopped(t *testing.T) {
	c, _, dir := one(t, script("trap '' TERM;", "while :; do wait; done")...)
	c.nodes[0].Ready = driver.Probe{}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	childOf(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sampled := make(chan record.NodeSecond, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		Sample(ctx, time.Now(), c, os.Getpid(), func(s record.NodeSecond) { sampled <- s })
	}()
	stopped := make(chan error, 1)
	go func() { stopped <- c.StopNode(context.Background(), "a") }() // takes all of the grace
	p, _ := c.nodes[0].state()
	eventually(t, "the node has been told to end", p.told.Load)
	for len(sampled) > 0 { // before it was
		<-sampled
	}
	seen := map[string]bool{}
	for len(seen) < 2 {
		select {
		case s := <-sampled:
			seen[s.Node] = true
		case err := <-stopped:
			t.Fatalf("while the node was stopped only %v were sampled: %v", seen, err)
		}
	}
	p.signal(syscall.SIGKILL) // the rest of the grace tells no more
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	cancel()
	<-done
}

func TestANodeThatIsStartedAgainIsSampledFromItsStart(t *testing.T) {
	busy := "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo busy; exec sleep 60"
	c, _, dir := one(t, "/bin/sh", "-c", busy)
	c.nodes[0].Ready = driver.Probe{}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node has worked", func() bool { return strings.Count(logOf(dir), "busy") == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	var seconds []record.NodeSecond
	done := make(chan struct{})
	looked := make(chan struct{}, 100)
	zero := time.Now()
	go func() {
		defer close(done)
		Sample(ctx, zero, c, os.Getpid(), func(s record.NodeSecond) {
			if s.Node == "a" {
				seconds = append(seconds, s)
				looked <- struct{}{}
			}
		})
	}()
	<-looked
	if err := c.KillNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := c.StartNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node has worked again", func() bool { return strings.Count(logOf(dir), "busy") == 2 })
	cancel()
	<-done
	if seconds[0].CPUSeconds > 0.05 {
		t.Errorf("what it used before the run is counted: %+v", seconds[0])
	}
	used := 0.0
	for _, s := range seconds[1:] {
		used += s.CPUSeconds
	}
	if used < 0.05 {
		t.Errorf("%.2f s of work after its second start: %+v", used, seconds)
	}
}

func TestAnErrorShowsTheLogOfThisStartOnly(t *testing.T) {
	c, _, dir := one(t, "/bin/sh", "-c", "test -e again && exit 4; touch again; echo first start; exec sleep 60")
	c.nodes[0].Ready = driver.Probe{}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node has begun", func() bool { _, err := os.Stat(filepath.Join(dir, "node-1", "again")); return err == nil })
	if err := c.KillNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	c.nodes[0].Ready = driver.Probe{Address: c.Endpoints()[0]}
	if err := c.StartNode(t.Context(), "a"); err == nil || err.Error() != "node a ended before it served (exit status 4); its log is empty" {
		t.Errorf("StartNode: %v", err)
	}
}

func TestFilesStayBelowTheFolder(t *testing.T) {
	for _, name := range []string{"../x", "/tmp/x", ""} {
		c, _, _ := one(t)
		c.nodes[0].Files = map[string]string{name: "x"}
		if err := c.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "not below the node's folder") {
			t.Errorf("file %q: %v", name, err)
		}
	}
}

func TestPortsAreFreeAndNotForOutgoingConnections(t *testing.T) {
	ports, err := Ports(50)
	if err != nil {
		t.Fatal(err)
	}
	defer Release(ports...)
	seen := map[int]bool{}
	for _, port := range ports {
		if give(port) {
			t.Errorf("port %d is given to somebody else too", port)
		}
		if claimed, err := claim(port); err == nil && runtime.GOOS == "linux" {
			claimed.Close()
			t.Errorf("another process may give port %d too", port)
		}
		if seen[port] || port < firstPort || port >= firstOutgoing() {
			t.Errorf("port %d among %v", port, ports)
		}
		seen[port] = true
	}
	if err := checkFree(ports); err != nil {
		t.Error(err)
	}
	l, err := listen(ports[0])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := checkFree(ports); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("its port %d has been taken by another process", ports[0])) {
		t.Errorf("checkFree: %v", err)
	}
	Release(ports...)
	if !give(ports[0]) {
		t.Errorf("port %d was released and is not to be had", ports[0])
	}
}
