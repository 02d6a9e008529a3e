package experiment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// world is all that an executor deals with, made up: plugins, clusters, an
// archive, a machine. Everything that it is asked for is noted as a call, and
// every call can be made to do something, or to fail.
type world struct {
	Executor
	t *testing.T

	mu       sync.Mutex
	calls    []string
	on       map[string]func() error // by call: what happens there
	clusters []*fakeCluster
	runs     []*fakeRun
	open     map[string]bool // plugins and clusters that have not been closed

	// What plugins say and do; a test may set it before it executes anything.
	description protocol.Description
	sha256      string
	load        func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error
	machine     record.Environment
	// What the machine does in every phase, and how it counts what is written.
	surroundings *record.Surroundings
	foldsWrites  bool
	external     bool // its nodes are not ours to start
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, on: map[string]func() error{}, open: map[string]bool{}, sha256: "0123456789abcdef", load: steady,
		machine: record.Environment{CPU: "Able", Cores: 2, MemoryBytes: 4 << 30, Filesystem: "ext4"},
		description: protocol.Description{
			Ops:          []sample.Op{sample.OpCreate, sample.OpSet, sample.OpDelete},
			Capabilities: []driver.Capability{driver.CapabilityProvision},
		},
	}
	w.Executor = Executor{
		Launcher: w, Archive: fakeArchive{w}, Observer: fakeObserver{w}, Command: "benchctl run",
		Machine: func(ctx context.Context, _ string) (record.Environment, error) {
			return w.machine, w.call(ctx, "machine")
		},
		Fsync:  func(string) (time.Duration, error) { return time.Millisecond, nil },
		Deploy: w.deploy,
		Watch: func() func() *record.Surroundings {
			return func() *record.Surroundings { return w.surroundings }
		},
		CountsWrites: func(string) bool { return !w.foldsWrites },
		Sample: func(ctx context.Context, _ time.Time, _ Cluster, _ int, _ func(record.NodeSecond)) {
			<-ctx.Done()
		},
	}
	t.Cleanup(func() {
		if len(w.open) > 0 {
			t.Errorf("left open: %v", slices.Collect(maps.Keys(w.open)))
		}
	})
	return w
}

// call notes a call and lets happen what is to happen there.
func (w *world) call(ctx context.Context, format string, args ...any) error {
	name := fmt.Sprintf(format, args...)
	w.mu.Lock()
	w.calls = append(w.calls, name)
	happens := w.on[name]
	w.mu.Unlock()
	if happens != nil {
		if err := happens(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// fails lets a call fail.
func (w *world) fails(call string) error {
	err := errors.New("no " + call)
	w.on[call] = func() error { return err }
	return err
}

// asked returns the calls that begin with one of some words, in their order.
func (w *world) asked(words ...string) string {
	var calls []string
	for _, call := range w.calls {
		if len(words) == 0 || slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(call, word) }) {
			calls = append(calls, call)
		}
	}
	return strings.Join(calls, ", ")
}

// ended returns how the runs have ended, in their order.
func (w *world) ended() string {
	var states []string
	for _, r := range w.runs {
		states = append(states, string(r.state))
	}
	return strings.Join(states, ", ")
}

func (w *world) opened(name string) func() error {
	w.open[name] = true
	return func() error {
		w.mu.Lock()
		delete(w.open, name)
		w.mu.Unlock()
		return w.call(context.Background(), "close %s", name)
	}
}

// Launch launches a fake plugin.
func (w *world) Launch(ctx context.Context, store string, _ map[string]string) (Plugin, error) {
	if err := w.call(ctx, "launch %s", store); err != nil {
		return Plugin{}, err
	}
	p := fakePlugin{w, store}
	return Plugin{Identity: Identity{SHA256: w.sha256}, Setups: p, Nodes: p, Loads: p, Close: w.opened("plugin " + store)}, nil
}

type fakePlugin struct {
	*world
	store string
}

func (p fakePlugin) Describe(ctx context.Context) (protocol.Description, error) {
	description := p.description
	description.Name = p.store
	return description, p.call(ctx, "describe %s", p.store)
}

func (p fakePlugin) Prepare(ctx context.Context, _ driver.Setup) (driver.Guarantees, int, error) {
	return driver.Guarantees{}, 2, p.call(ctx, "prepare %s", p.store)
}

func (p fakePlugin) Provision(_ context.Context, _ driver.Setup, _ []driver.Place) ([]driver.Node, error) {
	return nil, nil
}
func (p fakePlugin) StartNode(context.Context, string) error { return nil }
func (p fakePlugin) StopNode(context.Context, string) error  { return nil }
func (p fakePlugin) KillNode(context.Context, string) error  { return nil }

func (p fakePlugin) Run(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
	if err := p.call(ctx, "load %s", p.store); err != nil {
		return err
	}
	return p.load(ctx, r, sink)
}

// steady is a load that is over at once: in every phase a chunk of ten samples.
func steady(_ context.Context, r protocol.RunRequest, sink protocol.Sink) error {
	if err := sink.Started(time.Now(), "1.2"); err != nil {
		return err
	}
	for phase := range r.Load.Stages() {
		at := time.Duration(phase) * time.Second
		err := errors.Join(
			sink.PhaseStarted(phase, at),
			sink.Chunk(sample.Header{Phase: phase, Count: 10}, nil),
			sink.PhaseEnded(phase, at+time.Second, 10, 0),
		)
		if err != nil {
			return err
		}
	}
	return sink.Finished(protocol.Finished{Client: record.Client{CPUSeconds: 1}})
}

// fakeCluster is a cluster whose nodes can be lost.
type fakeCluster struct {
	*world
	name    string
	nodes   []string
	report  func(node.Event)
	closing func() error

	mu      sync.Mutex
	running []string
}

func (w *world) deploy(ctx context.Context, d node.Deployment) (Cluster, error) {
	c := &fakeCluster{world: w, name: fmt.Sprintf("cluster %d", len(w.clusters)+1), report: d.Report, closing: func() error { return nil }}
	for i := range d.Setup.Nodes {
		c.nodes = append(c.nodes, fmt.Sprintf("node-%d", i+1))
		c.report(node.Event{At: time.Now(), Kind: node.Serving, Node: c.nodes[i]})
	}
	c.running = slices.Clone(c.nodes)
	w.clusters = append(w.clusters, c)
	if err := w.call(ctx, "deploy %s", c.name); err != nil {
		return c, err // closed, as node.Deploy does
	}
	c.closing = w.opened(c.name)
	return c, nil
}

// lose lets nodes end by themselves.
func (c *fakeCluster) lose(nodes ...string) {
	for _, name := range nodes {
		c.mu.Lock()
		c.running = slices.DeleteFunc(c.running, func(n string) bool { return n == name })
		c.mu.Unlock()
		c.report(node.Event{At: time.Now(), Kind: node.Exited, Node: name, Detail: "signal: killed"})
	}
}

// hang lets a node answer no more, of which there is no event.
func (c *fakeCluster) hang(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = slices.DeleteFunc(c.running, func(n string) bool { return n == node })
}

func (c *fakeCluster) Endpoints() []string { return []string{"127.0.0.1:1"} }

func (c *fakeCluster) Running() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.running)
}

func (c *fakeCluster) Lost(ctx context.Context) []string {
	_ = c.call(ctx, "ask %s", c.name)
	var lost []string
	for _, name := range c.nodes {
		if !slices.Contains(c.Running(), name) {
			lost = append(lost, name)
		}
	}
	return lost
}

func (c *fakeCluster) Close(bool) error { return c.closing() }

func (c *fakeCluster) Logs() map[string]string {
	return map[string]string{"node-1": "log of node-1 in " + c.name, "node-3": "log of node-3 in " + c.name}
}

// fakeArchive keeps runs in memory.
type fakeArchive struct{ *world }

func (a fakeArchive) Environment(ctx context.Context, _ record.Environment) (int64, error) {
	return 7, a.call(ctx, "archive environment")
}

func (a fakeArchive) Workload(ctx context.Context, w record.Workload) error {
	return a.call(ctx, "archive workload %s", w.Name)
}

func (a fakeArchive) BeginExperiment(ctx context.Context, e record.Experiment) (int64, error) {
	return 5, a.call(ctx, "begin experiment of %s", e.Command)
}

func (a fakeArchive) BeginRun(ctx context.Context, r record.Run, phases []record.Phase) (RunWriter, error) {
	if err := a.call(ctx, "begin run"); err != nil {
		return nil, err
	}
	r.ID = int64(len(a.runs) + 1)
	run := &fakeRun{world: a.world, Run: r, warnings: r.Warnings, phases: phases, state: record.Running}
	a.runs = append(a.runs, run)
	return run, nil
}

// fakeRun keeps what is archived of one run. As the archive does, it takes
// nothing more after a call of it has failed.
type fakeRun struct {
	*world
	record.Run
	phases []record.Phase

	mu       sync.Mutex
	full     error
	chunks   int
	events   []record.Event
	seconds  []record.NodeSecond
	verdicts []record.Verdict
	failures []record.Failure
	client   record.Client
	warnings []string
	state    record.State
	failure  string
}

func (r *fakeRun) put(call string, change func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full == nil {
		r.full = r.call(context.Background(), "archive %s", call)
	}
	if r.full == nil {
		change()
	}
	return r.full
}

func (r *fakeRun) ID() int64 { return r.Run.ID }

func (r *fakeRun) Started(zero time.Time, version string) error {
	return r.put("start", func() { r.Zero, r.StoreVersion = zero, version })
}

func (r *fakeRun) PhaseStarted(phase int, _ time.Duration) error {
	return r.put("phase", func() { r.phases[phase].Begun = true })
}

func (r *fakeRun) Chunk(sample.Header, []byte) error { return r.put("chunk", func() { r.chunks++ }) }

func (r *fakeRun) Offered(int, record.Offered) error { return nil }

func (r *fakeRun) PhaseEnded(phase int, at time.Duration, _, _ int64) error {
	return r.put("phase's end", func() { r.phases[phase].Ended = at })
}

func (r *fakeRun) Surroundings(phase int, s record.Surroundings) error {
	return r.put("surroundings", func() { r.phases[phase].Surroundings = &s })
}

func (r *fakeRun) Event(e record.Event) error {
	return r.put("event", func() { r.events = append(r.events, e) })
}

func (r *fakeRun) Verdict(v record.Verdict) error {
	return r.put("verdict", func() { r.verdicts = append(r.verdicts, v) })
}

func (r *fakeRun) Failure(phase int, f record.Failure) error {
	f.Phase = r.phases[phase].Name
	return r.put("failure", func() { r.failures = append(r.failures, f) })
}

func (r *fakeRun) LostNodes(n int) error { return r.put("lost", func() { r.Run.LostNodes = n }) }

func (r *fakeRun) NodeSecond(s record.NodeSecond) error {
	return r.put("second", func() { r.seconds = append(r.seconds, s) })
}

func (r *fakeRun) Client(c record.Client) error { return r.put("client", func() { r.client = c }) }

func (r *fakeRun) Warn(text string) error {
	return r.put("warning", func() { r.warnings = append(r.warnings, text) })
}

func (r *fakeRun) Finish(ctx context.Context, state record.State, failure string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.put("end", func() { r.state, r.failure = state, failure }); err != nil {
		r.state, r.failure = record.Failed, err.Error()
		return err
	}
	return nil
}

// history returns the run's events as they are archived, but those of a kind.
func (r *fakeRun) history(but ...node.EventKind) string {
	var events []string
	for _, e := range r.events {
		if !slices.Contains(but, node.EventKind(e.Kind)) {
			events = append(events, strings.TrimSpace(fmt.Sprintf("%v %s %s %s", e.At, e.Kind, e.Node, e.Detail)))
		}
	}
	slices.Sort(events)
	return strings.Join(events, "; ")
}

// fakeObserver notes what is shown.
type fakeObserver struct{ *world }

func (o fakeObserver) show(format string, args ...any) {
	_ = o.call(context.Background(), "show "+format, args...)
}

func (o fakeObserver) ExperimentStarted(id int64, runs []Run) {
	o.show("experiment %d, %s", id, count(len(runs), "run"))
}
func (o fakeObserver) RunStarted(run Run)            { o.show("run %d", run.Position) }
func (o fakeObserver) Doing(what string)             { o.show("%s", what) }
func (o fakeObserver) PhaseStarted(phase load.Phase) { o.show("%s", phase.Name) }
func (o fakeObserver) Progress(phase load.Phase, _ time.Duration, ops, failures int64) {
	o.show("%s %d %d", phase.Name, ops, failures)
}

func (o fakeObserver) Looked(runs []Run) { o.show("%s left", count(len(runs), "run")) }

func (o fakeObserver) RunEnded(run Run, id int64, state record.State, _ time.Duration, failure error) {
	o.show("run %d, archived as %d: %s (%v)", run.Position, id, state, failure)
}
