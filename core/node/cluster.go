// Package node starts, watches, stops and kills the server processes of a
// store that is deployed for a run, and samples what they use. It knows nothing
// of stores: the plugin says what to start and how to see that it serves.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/owned"
)

// stopGrace is the time between asking a process to end and killing it.
const stopGrace = 5 * time.Second

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
	inside Controller // for the nodes inside the plugin
	report func(Event)
	dir    string
	nodes  []*member
	folder *owned.Folder // at dir
	// janitor removes the folder if benchctl cannot; nil: it is to stay.
	janitor *janitor

	closing sync.Once
	logs    map[string]string
}

// member is one node and its process, if it has one of its own.
type member struct {
	driver.Node
	place driver.Place

	control sync.Mutex // held while the node is being started or ended

	mu      sync.Mutex // guards what follows, for moments only
	process *process
	running bool
	closed  bool // it is not to be started any more
}

// set notes what runs. It returns false, and notes nothing, once the cluster
// is closed.
func (m *member) set(p *process, running bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.process, m.running = p, running
	return true
}

func (m *member) state() (p *process, running bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process, m.running
}

// Controller starts, stops and kills nodes that live inside the plugin.
type Controller interface {
	StartNode(ctx context.Context, node string) error // returns when it runs, ready or not
	StopNode(ctx context.Context, node string) error  // flushes and ends in order
	KillNode(ctx context.Context, node string) error  // ends as SIGKILL would
}

// NewCluster describes a cluster whose folders lie in dir. inside controls the
// nodes that have no command of their own; report is called for every event,
// from any goroutine.
func NewCluster(dir string, nodes []driver.Node, places []driver.Place, inside Controller, report func(Event)) (*Cluster, error) {
	if len(nodes) != len(places) {
		return nil, fmt.Errorf("%d nodes for %d places", len(nodes), len(places))
	}
	c := &Cluster{inside: inside, report: report, dir: dir, folder: &owned.Folder{Path: dir}}
	for i, n := range nodes {
		if len(n.Command) == 0 && inside == nil {
			return nil, fmt.Errorf("node %s has no command, and nothing controls nodes inside the plugin: report this to the plugin's author", n.Name)
		}
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
	p, err := c.launch(ctx, m)
	if err != nil {
		return fmt.Errorf("start node %s: %w", m.Name, err)
	}
	return c.awaitReady(ctx, m, p)
}

var errClosed = errors.New("the cluster is closed")

// launch starts a node and returns its process, nil for one inside the plugin.
func (c *Cluster) launch(ctx context.Context, m *member) (*process, error) {
	m.control.Lock()
	defer m.control.Unlock()
	m.mu.Lock()
	running, closed := m.running, m.closed
	m.mu.Unlock()
	switch {
	case closed:
		return nil, errClosed
	case running:
		return nil, errors.New("it runs already")
	}
	if err := checkFree(m.place.Ports); err != nil {
		return nil, err
	}
	if len(m.Command) == 0 {
		if err := c.inside.StartNode(ctx, m.Name); err != nil {
			return nil, err
		}
		if !m.set(nil, true) {
			return nil, errors.Join(errClosed, c.inside.KillNode(ctx, m.Name))
		}
		c.event(Started, m.Name, "inside the plugin")
		return nil, nil
	}
	p, err := startProcess(m.Command, m.Env, m.place.Dir)
	if err != nil {
		return nil, err
	}
	if !m.set(p, true) {
		p.kill()
		return nil, errClosed
	}
	c.event(Started, m.Name, fmt.Sprintf("process %d", p.pid()))
	go c.watch(m, p)
	return p, nil
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
	m.control.Lock()
	defer m.control.Unlock()
	p, running := m.state()
	if !running {
		return fmt.Errorf("node %s does not run", name)
	}
	switch {
	case p == nil && kind == Killed:
		err = c.inside.KillNode(ctx, name)
	case p == nil:
		err = c.inside.StopNode(ctx, name)
	case kind == Killed:
		p.kill()
	default:
		p.stop(stopGrace)
	}
	if err != nil {
		return fmt.Errorf("end node %s: %w", name, err)
	}
	m.set(p, false)
	c.event(kind, name, "")
	return nil
}

// Running returns the names of the nodes that run.
func (c *Cluster) Running() []string {
	var names []string
	for _, m := range c.nodes {
		if _, running := m.state(); running {
			names = append(names, m.Name)
		}
	}
	return names
}

// Close ends every node by force, as its data is of no more use, and removes
// the cluster's folder unless keep is set. It may be called at any time, also
// while nodes are being started.
func (c *Cluster) Close(keep bool) error {
	var err error
	c.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
		defer cancel()
		for _, m := range c.nodes {
			m.mu.Lock()
			p, running := m.process, m.running
			m.closed, m.running = true, false
			m.mu.Unlock()
			switch {
			case p != nil:
				p.kill()
			case running:
				_ = c.inside.KillNode(ctx, m.Name) // fails if it has gone with the plugin
			}
		}
		c.logs = c.readLogs()
		c.release()
		if c.janitor != nil {
			defer c.janitor.dismiss()
		}
		if keep {
			return
		}
		if err = c.folder.Remove(); err != nil {
			err = fmt.Errorf("remove the nodes' folder: %w: remove it by hand", err)
		}
	})
	return err
}

// release gives the ports back.
func (c *Cluster) release() {
	for _, m := range c.nodes {
		Release(m.place.Ports...)
	}
}

// Logs returns the end of every node's log, by name, once the cluster is closed.
func (c *Cluster) Logs() map[string]string { return c.logs }

func (c *Cluster) readLogs() map[string]string {
	logs := map[string]string{}
	for _, m := range c.nodes {
		// A log that cannot be read is none.
		if text, err := readEnd(filepath.Join(m.place.Dir, logFile), 0); err == nil && text != "" {
			logs[m.Name] = text
		}
	}
	return logs
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

// started is a process and when it was started.
type started struct {
	pid int
	at  time.Time
}

// processes returns the process of every node that has one of its own and runs.
func (c *Cluster) processes() map[string]started {
	processes := map[string]started{}
	for _, m := range c.nodes {
		if p, running := m.state(); running && p != nil {
			processes[m.Name] = started{p.pid(), p.at}
		}
	}
	return processes
}
