package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

// running is one run on its way.
type running struct {
	*execution
	run Run
	*deployment
	writer  Writer
	failure error

	stages     []workload.Stage // of its load
	violations []error          // of what the store promises

	mu      sync.Mutex
	zero    time.Time // set once the load has started
	early   []node.Event
	used    usage
	trend   trend // of the phase under way
	sampled sync.WaitGroup
	resting context.CancelFunc // ends the sampling
	stop    context.CancelFunc // ends the load; nil: it has not begun
}

// execute takes the run from launch to archive. Its error is one after which
// no other run can succeed; the run's own failure is kept in r.
func (r *running) execute(ctx context.Context, experiment int64) (state record.State, err error) {
	began := time.Now()
	r.stages = r.run.load.Stages()
	r.Observer.Doing("launching the plugin")
	if r.deployment, err = r.execution.deployment(ctx, r.run); err != nil {
		return record.Failed, err
	}
	r.serve(r.nodeEvent)
	planned, ports, err := r.prepare(ctx)
	if err == nil {
		r.writer, err = r.Archive.BeginRun(ctx, experiment, planned)
	}
	if err != nil {
		return record.Failed, errors.Join(err, r.release(r.deployment, r.run, true))
	}
	r.failure = r.deployAndLoad(ctx, planned, ports)
	released := r.release(r.deployment, r.run, r.failure != nil || ctx.Err() != nil)
	if r.failure == nil {
		r.failure = released
	}
	failure := error(nil)
	switch {
	case ctx.Err() != nil:
		state = record.Interrupted
	case r.failure != nil:
		state, failure = record.Failed, r.failure
		r.archiveLogs(began)
	default:
		state = record.Complete
	}
	// What was measured is archived even though ctx may have ended.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	return state, r.writer.End(ending, state, failure)
}

// prepare asks the plugin for all that is archived before the load starts.
func (r *running) prepare(ctx context.Context) (planned Record, ports int, err error) {
	planned = Record{Run: r.run, Labels: r.run.labels(r.plan.Labels), Identity: r.plugin.Identity()}
	changed, err := r.earlier.CheckPlugin(r.run.Store, planned.Identity)
	if err != nil {
		return planned, 0, err
	}
	for _, warning := range []string{changed, r.earlier.machineWarning(r.environment)} {
		if warning != "" {
			planned.Warnings = append(planned.Warnings, warning)
		}
	}
	if planned.Description, err = r.plugin.Describe(ctx); err != nil {
		return planned, 0, err
	}
	if planned.Setup, err = r.plan.DriverSetup(planned.Description, r.run); err != nil {
		return planned, 0, err
	}
	if planned.Guarantees, ports, err = r.plugin.Prepare(ctx, planned.Setup); err != nil {
		return planned, 0, err
	}
	if planned.Deployed() && machine.KeptInMemory(r.environment.Filesystem) {
		planned.Warnings = append(planned.Warnings, fmt.Sprintf(
			"the nodes' data is in %s, which is a %s: fsync costs nothing there, so writes are faster than on a disk",
			r.dataDir, r.environment.Filesystem))
	}
	return planned, ports, nil
}

// deployAndLoad starts the nodes and runs the load.
func (r *running) deployAndLoad(ctx context.Context, planned Record, ports int) error {
	if planned.Deployed() {
		r.Observer.Doing("starting " + count(planned.Setup.Nodes, "node"))
		if err := r.deploy(ctx, r.execution, fmt.Sprintf("benchctl-run-%d", r.writer.ID()), planned.Setup, ports); err != nil {
			return err
		}
		planned.Setup.Endpoints = r.cluster.Endpoints()
	}
	r.Observer.Doing("opening sessions")
	loading, stop := context.WithCancel(ctx)
	defer stop()
	r.mu.Lock()
	r.stop = stop
	r.mu.Unlock()
	err := r.plugin.Run(loading, protocol.RunRequest{
		Setup:        planned.Setup,
		Load:         r.run.load,
		Threads:      r.run.Threads,
		Seed:         r.run.Seed,
		KeyPrefix:    keyPrefix(r.writer.ID(), planned.Setup.External),
		SpillDir:     os.TempDir(),
		StartTimeout: startTimeout,
		Verify:       cmp.Or(r.plan.Verify, load.VerifyReadBack),
	}, r)
	if r.resting != nil {
		r.resting()
		r.sampled.Wait()
	}
	if warning := r.used.warning(r.environment.Cores); warning != "" {
		r.writer.Warn(warning)
	}
	if errors.Is(err, context.Canceled) && loading.Err() != nil && ctx.Err() == nil {
		err = nil // the load ended because it was told to
	}
	if err == nil {
		err = violated(r.violations)
	}
	if err == nil && r.noneRuns() {
		return errors.New("all nodes have ended during the run: what they said last is in their logs, which `benchctl show` prints")
	}
	return err
}

// keyPrefix is the folder of a run's keys. A cluster that runs already may have
// what a run of the same number has left that another archive holds.
func keyPrefix(run int64, external bool) string {
	if external {
		return fmt.Sprintf("/benchctl/%d-%x", run, time.Now().Unix())
	}
	return fmt.Sprintf("/benchctl/%d", run)
}

// violated sums up what the store did not keep.
func violated(violations []error) error {
	if len(violations) < 2 {
		return errors.Join(violations...)
	}
	return fmt.Errorf("%w; and %s: `benchctl show` has all of them", violations[0], count(len(violations)-1, "other violation"))
}

// archiveLogs keeps what the nodes of a failed run have said last. If the load
// had not started, times count from the run's beginning.
func (r *running) archiveLogs(began time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.zero.IsZero() {
		r.zero = began
		for _, e := range r.early {
			r.archiveEvent(e)
		}
	}
	if r.cluster == nil {
		return
	}
	for name, log := range r.cluster.Logs() {
		r.archiveEvent(node.Event{At: time.Now(), Kind: LogKept, Node: name, Detail: log})
	}
}

// LogKept is the kind of event whose detail is the end of a failed node's log.
const LogKept node.EventKind = "node-log"

// nodeEvent archives what happens to a node. What happens before the run's
// zero is archived with a negative time, once the zero is known.
func (r *running) nodeEvent(e node.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.zero.IsZero() {
		r.early = append(r.early, e)
		return
	}
	r.archiveEvent(e)
	if e.Kind == node.Exited && r.stop != nil && r.noneRuns() {
		time.AfterFunc(lastFailures, func() {
			if r.noneRuns() {
				r.stop()
			}
		})
	}
}

// lastFailures is how long a run goes on when its last node has ended by itself:
// the operations on their way fail, and are counted, but nothing more is learnt.
const lastFailures = time.Second

// noneRuns reports whether all nodes that were started have ended.
func (r *running) noneRuns() bool { return r.cluster != nil && len(r.cluster.Running()) == 0 }

func (r *running) archiveEvent(e node.Event) {
	// An archive that takes no event takes no chunk either, and says so there.
	_ = r.writer.Event(e.At.Sub(r.zero), string(e.Kind), e.Node, e.Detail)
}

// Started, and the methods below, make running the sink of its load.
func (r *running) Started(zero time.Time, storeVersion string) error {
	if err := r.writer.Started(zero, storeVersion); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.zero = zero
	for _, e := range r.early {
		r.archiveEvent(e)
	}
	r.early = nil

	ctx, cancel := context.WithCancel(context.Background())
	r.resting = cancel
	r.sampled.Go(func() {
		node.Sample(ctx, zero, r.cluster, r.plugin.Identity().PID, func(s record.NodeSecond) {
			r.mu.Lock()
			r.used.add(s)
			r.mu.Unlock()
			_ = r.writer.NodeSecond(s) // see archiveEvent
		})
	})
	return nil
}

// PhaseStarted archives the start of a phase.
func (r *running) PhaseStarted(phase int, at time.Duration) error {
	r.Observer.PhaseStarted(r.stages[phase].Phase)
	r.mu.Lock()
	r.used.phase(r.stages[phase].Warmup)
	r.mu.Unlock()
	r.trend.start(at)
	return r.writer.PhaseStarted(phase, at)
}

// Chunk archives samples.
func (r *running) Chunk(header sample.Header, data []byte) error { return r.writer.Chunk(header, data) }

// PhaseEnded archives the end of a phase.
func (r *running) PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error {
	p := r.stages[phase]
	if unstarted > 0 && !p.Warmup {
		r.writer.Warn(fmt.Sprintf("%s on %s: %d arrivals were due and could not be started before the phase ended, %d were: the threads did not keep up with the rate, and latencies count from when each should have started",
			p.Name, r.run, unstarted, samples))
	}
	closed := p.Rate == 0 && p.Active == 0 // else how fast it is was decided beforehand
	if !p.Warmup && closed && r.trend.rising(at, samples) {
		r.writer.Warn(fmt.Sprintf("%s on %s, %s: still getting faster while it was measured; a longer --warmup shows what it comes to", p.Name, r.run.Store, count(r.run.Nodes, "node")))
	}
	return r.writer.PhaseEnded(phase, at, samples, unstarted)
}

// Verdict archives what came of checking the store. A violation fails the run:
// what does not do what it says is not worth comparing.
func (r *running) Verdict(phase int, v record.Verdict) error {
	name := r.stages[phase].Name
	switch v.Result {
	case record.Violated:
		r.violations = append(r.violations, fmt.Errorf("%s, phase %s: %s violated: %s", r.run, name, v.Property, v.Detail))
	case record.Undecided:
		r.writer.Warn(fmt.Sprintf("%s, phase %s: %s could not be decided: %s", r.run, name, v.Property, v.Detail))
	}
	return r.writer.Verdict(phase, v)
}

// Incident archives what befell a session.
func (r *running) Incident(at time.Duration, i driver.Incident) error {
	return r.writer.Event(at, string(i.Kind), i.Node, i.Detail)
}

// Finished archives what the plugin says at the end.
func (r *running) Finished(f protocol.Finished) error {
	for _, warning := range f.Warnings {
		r.writer.Warn(fmt.Sprintf("%s: %s", r.run, warning))
	}
	return r.writer.Client(f.Client)
}

// Progress shows how far the run is.
func (r *running) Progress(phase int, at time.Duration, ops, failures int64) {
	r.trend.add(at, ops)
	r.Observer.Progress(r.stages[phase].Phase, at, ops, failures)
}
