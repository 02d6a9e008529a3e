package experiment

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

// Plugin is what an experiment needs of a launched plugin.
type Plugin interface {
	node.Controller
	Describe(ctx context.Context) (protocol.Description, error)
	Prepare(ctx context.Context, setup driver.Setup) (guarantees driver.Guarantees, portsPerNode int, err error)
	Provision(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error)
	// Run executes one run and hands what happens to the sink.
	Run(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error
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

// Archive keeps runs.
type Archive interface {
	// Begin archives that an experiment starts, and returns its id.
	Begin(ctx context.Context, plan *Plan, environment record.Environment) (int64, error)
	// Resume prepares for more runs of an experiment that was begun before.
	Resume(ctx context.Context, experiment int64, environment record.Environment) error
	// BeginRun archives that a run starts.
	BeginRun(ctx context.Context, experiment int64, planned Record) (Writer, error)
}

// Record is what is known of a run before its load starts.
type Record struct {
	Run
	Labels      map[string]string
	Setup       driver.Setup
	Guarantees  driver.Guarantees
	Description protocol.Description
	Identity    Identity
	Warnings    []string
}

// Deployed reports whether the run's nodes are ours to start.
func (r Record) Deployed() bool {
	return !r.Setup.External && r.Description.Has(driver.CapabilityProvision)
}

// Writer keeps one run.
type Writer interface {
	ID() int64
	Started(zero time.Time, storeVersion string) error
	PhaseStarted(phase int, at time.Duration) error
	Chunk(header sample.Header, data []byte) error
	PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error
	Event(at time.Duration, kind, node, detail string) error
	Verdict(phase int, v record.Verdict) error
	NodeSecond(second record.NodeSecond) error
	Client(client record.Client) error
	Warn(text string)
	// End archives how the run ended; failure is nil unless it failed.
	End(ctx context.Context, state record.State, failure error) error
}

// Observer is told what happens, to show it.
type Observer interface {
	ExperimentStarted(experiment int64, runs []Run) // those that are to be executed
	RunStarted(run Run)
	Doing(what string)
	PhaseStarted(phase workload.Phase)
	Progress(phase workload.Phase, at time.Duration, ops, failures int64)
	RunEnded(run Run, id int64, state record.State, took time.Duration, failure error)
}

// Executor executes plans.
type Executor struct {
	Plugins  Plugins
	Archive  Archive
	Observer Observer
}

// Outcome counts how the runs of an experiment ended.
type Outcome struct {
	Experiment int64 // 0 if it could not be begun
	Complete   int   // those that were complete before included
	Failed     int
	// Failure is the first failed run's error.
	Failure error
}

const (
	startTimeout = 30 * time.Second // to open the store and the sessions
	endTimeout   = 30 * time.Second // to archive a run's end, also after an interrupt
)

// Execute executes a plan as a new experiment. A run that fails is archived as
// failed and the next one goes on; only an archive that takes nothing more, a
// plugin that cannot be launched, a setup that it refuses or ctx ends the
// experiment early.
func (x *Executor) Execute(ctx context.Context, plan *Plan) (Outcome, error) {
	e := &execution{Executor: x, plan: plan}
	return e.execute(ctx, func() (int64, error) { return x.Archive.Begin(ctx, plan, e.environment) })
}

// Resume executes those runs of an experiment that are not complete, as
// Execute does.
func (x *Executor) Resume(ctx context.Context, plan *Plan, earlier Earlier) (Outcome, error) {
	e := &execution{Executor: x, plan: plan, earlier: earlier}
	return e.execute(ctx, func() (int64, error) {
		return earlier.Experiment, x.Archive.Resume(ctx, earlier.Experiment, e.environment)
	})
}

// execution is an experiment on its way.
type execution struct {
	*Executor
	plan        *Plan
	earlier     Earlier
	environment record.Environment
	dataDir     string
	kept        map[string]*deployment // for later runs, by Run.Deployment
}

func (e *execution) execute(ctx context.Context, begin func() (int64, error)) (outcome Outcome, err error) {
	if e.dataDir = e.plan.DataDir; e.dataDir == "" {
		e.dataDir = os.TempDir()
	}
	if e.environment, err = machine.Read(ctx, e.dataDir); err != nil {
		return outcome, err
	}
	defer func() { err = errors.Join(err, e.releaseAll()) }()
	if outcome.Experiment, err = begin(); err != nil {
		return Outcome{}, err
	}
	missing := e.earlier.Missing(e.plan)
	outcome.Complete = len(e.plan.Runs) - len(missing)
	e.Observer.ExperimentStarted(outcome.Experiment, missing)
	for _, planned := range missing {
		if ctx.Err() != nil {
			return outcome, ctx.Err()
		}
		e.Observer.RunStarted(planned)
		began := time.Now()
		r := &running{execution: e, run: planned}
		state, err := r.execute(ctx, outcome.Experiment)
		if r.writer != nil {
			e.Observer.RunEnded(planned, r.writer.ID(), state, time.Since(began), r.failure)
		}
		if err != nil {
			return outcome, err
		}
		switch state {
		case record.Complete:
			outcome.Complete++
		case record.Failed:
			outcome.Failed++
			if outcome.Failure == nil {
				outcome.Failure = r.failure
			}
		case record.Interrupted:
			return outcome, ctx.Err()
		}
	}
	return outcome, nil
}
