// Package node starts, watches, stops and kills the server processes of a
// store that is deployed for a run, and samples what they use. It knows nothing
// of stores: the plugin says what to start and how to see that it serves.
package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/driver"
)

const (
	readyEvery = 20 * time.Millisecond
	readyDial  = 500 * time.Millisecond
	stopGrace  = 5 * time.Second // between asking a process to end and killing it
	logLines   = 15              // of a node's log, in the error when it fails
)

// Host is the name of the loopback interface on which nodes listen.
const Host = "127.0.0.1"

// Event is something that happened to a node.
type Event struct {
	At     time.Time
	Kind   EventKind
	Node   string
	Detail string
}

// EventKind is the kind of an event.
type EventKind string

// The kinds of events.
const (
	Started EventKind = "node-started"
	Serving EventKind = "node-ready"
	Stopped EventKind = "node-stopped"
	Killed  EventKind = "node-killed"
	Exited  EventKind = "node-exited" // by itself
)

// Cluster is the nodes of one deployed store.
type Cluster struct {
	inside driver.NodeController // for the nodes inside the plugin
	report func(Event)
	dir    string
	nodes  []*member

	closing sync.Once
}

// member is one node and its process, if it has one of its own.
type member struct {
	driver.Node
	place driver.Place

	mu      sync.Mutex
	process *process
	running bool
}

// Places makes a folder below dir for each of n nodes, and reserves free ports.
func Places(dir string, n, ports int) ([]driver.Place, error) {
	free, err := Ports(n * ports)
	if err != nil {
		return nil, err
	}
	places := make([]driver.Place, n)
	for i := range places {
		places[i] = driver.Place{Dir: filepath.Join(dir, fmt.Sprintf("node-%d", i+1)), Ports: free[i*ports : (i+1)*ports]}
		if err := os.MkdirAll(places[i].Dir, 0o700); err != nil {
			return nil, fmt.Errorf("make a folder for node %d: %w: name another with --data-dir", i+1, err)
		}
	}
	return places, nil
}

// Ports returns n different TCP ports that are free on Host.
func Ports(n int) ([]int, error) {
	var listeners []net.Listener
	defer func() {
		for _, l := range listeners {
			l.Close()
		}
	}()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", net.JoinHostPort(Host, "0"))
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		listeners = append(listeners, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// NewCluster describes a cluster whose folders lie in dir. inside controls the
// nodes that have no command of their own; report is called for every event,
// from any goroutine.
func NewCluster(dir string, nodes []driver.Node, places []driver.Place, inside driver.NodeController, report func(Event)) (*Cluster, error) {
	if len(nodes) != len(places) {
		return nil, fmt.Errorf("%d nodes for %d places", len(nodes), len(places))
	}
	c := &Cluster{inside: inside, report: report, dir: dir}
	for i, n := range nodes {
		c.nodes = append(c.nodes, &member{Node: n, place: places[i]})
	}
	return c, nil
}

// Endpoints returns where clients reach the nodes.
func (c *Cluster) Endpoints() []string {
	var endpoints []string
	for _, m := range c.nodes {
		endpoints = append(endpoints, m.Endpoint)
	}
	return endpoints
}

// Names returns the names of the nodes.
func (c *Cluster) Names() []string {
	var names []string
	for _, m := range c.nodes {
		names = append(names, m.Name)
	}
	return names
}

// Start starts all nodes and returns once every one serves, or ctx ends.
func (c *Cluster) Start(ctx context.Context) error {
	for _, m := range c.nodes {
		if err := m.writeFiles(); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range c.nodes {
		group.Go(func() error { return c.start(ctx, m) })
	}
	return group.Wait()
}

func (m *member) writeFiles() error {
	for name, content := range m.Files {
		path := filepath.Join(m.place.Dir, name)
		if !filepath.IsLocal(name) {
			return fmt.Errorf("node %s: the plugin wants to write %s, which is not below the node's folder", m.Name, name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("node %s: %w", m.Name, err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return fmt.Errorf("node %s: %w", m.Name, err)
		}
	}
	return nil
}

// StartNode starts a node again, in the same place, and waits until it serves.
func (c *Cluster) StartNode(ctx context.Context, name string) error {
	m, err := c.member(name)
	if err != nil {
		return err
	}
	return c.start(ctx, m)
}

func (c *Cluster) start(ctx context.Context, m *member) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running {
		return fmt.Errorf("node %s runs already", m.Name)
	}
	if len(m.Command) == 0 {
		if err := c.inside.StartNode(ctx, m.Name); err != nil {
			return fmt.Errorf("start node %s: %w", m.Name, err)
		}
		m.running = true
		c.event(Started, m.Name, "inside the plugin")
		return m.awaitReady(ctx, c)
	}
	p, err := startProcess(m.Command, m.Env, m.place.Dir)
	if err != nil {
		return fmt.Errorf("start node %s: %w", m.Name, err)
	}
	m.process, m.running = p, true
	c.event(Started, m.Name, fmt.Sprintf("process %d", p.pid()))
	go c.watch(m, p)
	return m.awaitReady(ctx, c)
}

// watch reports a process that ends without having been told to.
func (c *Cluster) watch(m *member, p *process) {
	<-p.ended
	if p.told.Load() {
		return
	}
	m.mu.Lock()
	if m.process == p {
		m.running = false
	}
	m.mu.Unlock()
	c.event(Exited, m.Name, p.how())
}

// awaitReady polls until the node serves.
func (m *member) awaitReady(ctx context.Context, c *Cluster) error {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	var ended <-chan struct{}
	if m.process != nil {
		ended = m.process.ended
	}
	for {
		err := probe(ctx, m.Ready)
		if err == nil {
			c.event(Serving, m.Name, "")
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("node %s ended before it served (%s)%s", m.Name, m.process.how(), m.log())
		case <-ctx.Done():
			return fmt.Errorf("node %s did not serve in time (%w; last try: %w)%s", m.Name, context.Cause(ctx), err, m.log())
		case <-tick.C:
		}
	}
}

// log returns the last lines of the node's log, as the end of an error.
func (m *member) log() string {
	if m.process == nil {
		return ""
	}
	lines, err := m.process.lastLines(logLines)
	if err != nil || len(lines) == 0 {
		return "; its log is empty"
	}
	return "; its log ends:\n" + strings.Join(lines, "\n")
}

// probe asks once whether a node serves.
func probe(ctx context.Context, ready driver.Ready) error {
	if ready.Address == "" {
		return nil
	}
	dialer := net.Dialer{Timeout: readyDial}
	conn, err := dialer.DialContext(ctx, "tcp", ready.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if ready.Expect == "" {
		return nil
	}
	if err := conn.SetDeadline(time.Now().Add(readyDial)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte(ready.Send)); err != nil {
		return err
	}
	var answer []byte
	buffer := make([]byte, 4096)
	for len(answer) < 1<<20 {
		n, err := conn.Read(buffer)
		if answer = append(answer, buffer[:n]...); strings.Contains(string(answer), ready.Expect) {
			return nil
		}
		if err != nil {
			break
		}
	}
	return fmt.Errorf("it answered %.60q", answer)
}

// StopNode ends a node in order, or by force when it does not obey.
func (c *Cluster) StopNode(ctx context.Context, name string) error {
	return c.end(ctx, name, Stopped)
}

// KillNode ends a node as SIGKILL does.
func (c *Cluster) KillNode(ctx context.Context, name string) error {
	return c.end(ctx, name, Killed)
}

func (c *Cluster) end(ctx context.Context, name string, kind EventKind) error {
	m, err := c.member(name)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running {
		return fmt.Errorf("node %s does not run", name)
	}
	m.running = false
	switch {
	case m.process == nil && kind == Killed:
		err = c.inside.KillNode(ctx, name)
	case m.process == nil:
		err = c.inside.StopNode(ctx, name)
	case kind == Killed:
		m.process.kill()
	default:
		m.process.stop(stopGrace)
	}
	if err != nil {
		return fmt.Errorf("end node %s: %w", name, err)
	}
	c.event(kind, name, "")
	return nil
}

// Running returns the names of the nodes that run.
func (c *Cluster) Running() []string {
	var names []string
	for _, m := range c.nodes {
		m.mu.Lock()
		if m.running {
			names = append(names, m.Name)
		}
		m.mu.Unlock()
	}
	return names
}

// Close ends every process by force, as their data is of no more use, and
// removes the cluster's folder unless keep is set.
func (c *Cluster) Close(keep bool) error {
	var err error
	c.closing.Do(func() {
		for _, m := range c.nodes {
			m.mu.Lock()
			if m.process != nil {
				m.process.kill()
			}
			m.running = false
			m.mu.Unlock()
		}
		if !keep {
			err = os.RemoveAll(c.dir)
		}
	})
	return err
}

func (c *Cluster) member(name string) (*member, error) {
	i := slices.IndexFunc(c.nodes, func(m *member) bool { return m.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no node %s; there are %s", name, strings.Join(c.Names(), ", "))
	}
	return c.nodes[i], nil
}

func (c *Cluster) event(kind EventKind, node, detail string) {
	c.report(Event{At: time.Now(), Kind: kind, Node: node, Detail: detail})
}

// pids returns the process of every node that has one of its own and runs.
func (c *Cluster) pids() map[string]int {
	pids := map[string]int{}
	for _, m := range c.nodes {
		m.mu.Lock()
		if m.running && m.process != nil {
			pids[m.Name] = m.process.pid()
		}
		m.mu.Unlock()
	}
	return pids
}
