package experiment

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/record"
)

// Executor executes plans.
type Executor struct {
	Launcher Launcher
	Archive  Archive
	Observer Observer
	Decider  Decider // of plans that run until they are decided
	Command  string  // the command line, to be archived

	// What follows is this machine's if it is nil.
	Machine func(ctx context.Context, dataDir string) (record.Environment, error)
	Fsync   func(dataDir string) (time.Duration, error)             // as machine.Fsync
	Deploy  func(context.Context, node.Deployment) (Cluster, error) // as node.Deploy
	Watch   func() func() *record.Surroundings                      // as machine.Watch
	// CountsWrites is as machine.CountsWrites.
	CountsWrites func(dataDir string) bool
	// Sample reports every second what the processes of a cluster (nil: none)
	// and the client use, until ctx ends.
	Sample func(ctx context.Context, zero time.Time, c Cluster, client int, report func(record.NodeSecond))
}

// Outcome counts how the runs of an experiment ended.
type Outcome struct {
	Experiment int64 // 0 if it could not be begun
	Complete   int   // those that were complete before included
	Failed     int
	Spared     int // not complete, and not needed: what they are compared with is decided
	// Failure is the first failed run's error.
	Failure error
}

// Execute executes a plan as a new experiment. A run that fails is archived as
// failed and the next one goes on; only an archive that takes nothing more, a
// plugin that cannot be launched, a setup that it refuses or ctx ends the
// experiment early.
func (x *Executor) Execute(ctx context.Context, plan *Plan) (Outcome, error) {
	return x.execute(ctx, plan, Earlier{})
}

// Resume executes those runs of an experiment that are not complete, as
// Execute does.
func (x *Executor) Resume(ctx context.Context, plan *Plan, earlier Earlier) (Outcome, error) {
	return x.execute(ctx, plan, earlier)
}

func (x *Executor) execute(ctx context.Context, plan *Plan, earlier Earlier) (outcome Outcome, err error) {
	e := x.execution(plan, earlier)
	defer func() { err = errors.Join(err, e.deployments.close()) }()
	if outcome.Experiment, err = e.begin(ctx); err != nil {
		return Outcome{}, err
	}
	left := remaining{runs: earlier.Missing(plan)}
	outcome.Complete = len(plan.Runs) - len(left.runs)
	if plan.UntilDecided > 0 && outcome.Complete > 0 {
		if err := e.look(ctx, &outcome, &left); err != nil {
			return outcome, err
		}
	}
	x.Observer.ExperimentStarted(outcome.Experiment, left.runs)
	for len(left.runs) > 0 {
		if ctx.Err() != nil {
			return outcome, ctx.Err()
		}
		planned := left.runs[0]
		left.runs = left.runs[1:]
		ended, err := e.executeRun(ctx, outcome.Experiment, planned)
		if err != nil {
			return outcome, err
		}
		switch ended.state {
		case record.Complete:
			outcome.Complete++
		case record.Failed:
			outcome.Failed++
			left.failed = append(left.failed, planned)
			if outcome.Failure == nil {
				outcome.Failure = ended.failure
			}
		case record.Interrupted:
			return outcome, ctx.Err()
		}
		if blockEnds := len(left.runs) == 0 || left.runs[0].Repeat != planned.Repeat; blockEnds && plan.UntilDecided > 0 {
			if err := e.look(ctx, &outcome, &left); err != nil {
				return outcome, err
			}
			x.Observer.Looked(left.runs)
		}
	}
	return outcome, nil
}

// execution is an experiment on its way.
type execution struct {
	executor    *Executor
	plan        *Plan
	earlier     Earlier
	dataDir     string
	environment record.Environment
	truly       bool // what processes write to storage is counted
	deployments *deployments
}

func (x *Executor) execution(plan *Plan, earlier Earlier) *execution {
	here := *x
	if here.Machine == nil {
		here.Machine = machine.Read
	}
	if here.Fsync == nil {
		here.Fsync = machine.Fsync
	}
	if here.Deploy == nil {
		here.Deploy = deployHere
	}
	if here.Watch == nil {
		here.Watch = machine.Watch
	}
	if here.CountsWrites == nil {
		here.CountsWrites = machine.CountsWrites
	}
	if here.Sample == nil {
		here.Sample = sampleHere
	}
	dataDir := cmp.Or(plan.DataDir, os.TempDir())
	return &execution{
		executor: &here, plan: plan, earlier: earlier, dataDir: dataDir,
		deployments: &deployments{
			launcher: here.Launcher, deploy: here.Deploy, dataDir: dataDir, terms: plan.Terms, kept: map[string]*deployment{},
		},
	}
}

// begin archives all that the runs refer to, and returns the experiment's id.
func (e *execution) begin(ctx context.Context) (int64, error) {
	var err error
	if e.environment, err = e.executor.Machine(ctx, e.dataDir); err != nil {
		return 0, err
	}
	if e.environment.ID, err = e.executor.Archive.Environment(ctx, e.environment); err != nil {
		return 0, err
	}
	e.truly = e.executor.CountsWrites(e.dataDir)
	if e.earlier.Experiment != 0 {
		return e.earlier.Experiment, nil // the rest is there
	}
	for _, d := range e.plan.Definitions() {
		err := e.executor.Archive.Workload(ctx, record.Workload{
			Name: d.Name, Version: d.Version, SHA256: d.SHA256(), Definition: d.Canonical(), Source: string(d.Text()),
		})
		if err != nil {
			return 0, err
		}
	}
	document, err := e.plan.Document()
	if err != nil {
		return 0, err
	}
	return e.executor.Archive.BeginExperiment(ctx, record.Experiment{Seed: e.plan.Seed, Plan: document, Command: e.executor.Command})
}

// known lets pass of what was sampled what is known: written bytes only where the
// system counts them truly.
func (e *execution) known(report func(record.NodeSecond)) func(record.NodeSecond) {
	return func(s record.NodeSecond) {
		if !e.truly {
			s.WrittenBytes = nil
		}
		report(s)
	}
}
