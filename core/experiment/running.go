package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

const (
	startTimeout = 30 * time.Second // to open the store and the sessions
	endTimeout   = 30 * time.Second // to archive a run's end after an interrupt
)

// ended is how a run came to its end.
type ended struct {
	state   record.State
	failure error // why it failed, or nil
}

// running is one run on its way.
type running struct {
	execution  *execution
	run        Run
	deployment *deployment
	writer     RunWriter
	journal    journal
	losses     losses

	mu   sync.Mutex
	stop context.CancelFunc // ends the load; nil: it has not begun
}

// executeRun takes a run from launch to archive. Its error is one after which no
// other run can succeed; the run's own failure is part of how it ended.
func (e *execution) executeRun(ctx context.Context, experiment int64, run Run) (ended, error) {
	observer := e.executor.Observer
	observer.RunStarted(run)
	began := time.Now()
	r := &running{execution: e, run: run}
	p, err := r.begin(ctx, experiment)
	if err != nil {
		return ended{}, err
	}
	end, err := r.end(ctx, began, r.load(ctx, p))
	observer.RunEnded(run, r.writer.ID(), end.state, time.Since(began), end.failure)
	return end, err
}

// begin gives the run its plugin, and archives that it starts.
func (r *running) begin(ctx context.Context, experiment int64) (p prepared, err error) {
	r.execution.executor.Observer.Doing("launching the plugin")
	d, replaced, err := r.execution.deployments.take(ctx, r.run)
	if err != nil {
		return p, err
	}
	r.deployment = d
	d.serve(r.nodeEvent)
	p, err = r.execution.prepare(ctx, r.run, d.plugin)
	p.warn(replaced)
	if err == nil {
		r.writer, err = r.execution.beginRun(ctx, experiment, p, d.plugin.Identity)
	}
	if err != nil {
		return p, errors.Join(err, r.execution.deployments.release(d, r.run, true))
	}
	return p, nil
}

// load starts the nodes and executes the run's load.
func (r *running) load(ctx context.Context, p prepared) error {
	x := r.execution.executor
	if p.deployed() {
		x.Observer.Doing("starting " + count(p.setup.Nodes, "node"))
		name := fmt.Sprintf("run-%d", r.writer.ID())
		if err := r.execution.deployments.start(ctx, r.deployment, name, p.setup, p.ports); err != nil {
			return err
		}
		p.setup.Endpoints = r.deployment.cluster.Endpoints()
	}
	x.Observer.Doing("opening sessions")
	loading, stop := context.WithCancel(ctx)
	defer stop()
	r.mu.Lock()
	r.stop = stop
	r.mu.Unlock()
	s := &sink{
		run: r.run, stages: r.run.load.Stages(), writer: r.writer, observer: x.Observer, journal: &r.journal, losses: &r.losses,
		asked: time.Now(), around: around{environment: r.execution.environment, watch: x.Watch, external: p.setup.External},
		sample: func(ctx context.Context, zero time.Time, report func(record.NodeSecond)) {
			x.Sample(ctx, zero, r.deployment.cluster, r.deployment.plugin.Identity.PID, r.execution.known(report))
		},
	}
	r.losses.load(true)
	err := r.deployment.plugin.Loads.Run(loading, r.request(p), s)
	r.losses.load(false)
	r.nodesLost(ctx, err)
	if warning := s.sampling.end(r.execution.environment); warning != "" {
		_ = r.writer.Warn(warning) // see RunWriter
	}
	if errors.Is(err, context.Canceled) && loading.Err() != nil && ctx.Err() == nil {
		err = nil // the load ended because it was told to
	}
	if err == nil && len(s.violations) == 0 && r.noneRuns() {
		return fmt.Errorf("all nodes have ended during the run: what they said last is in their logs, which `benchctl show %d` prints", r.writer.ID())
	}
	if err == nil {
		err = s.failure()
	}
	return err
}

// nodesLost archives, and warns of, nodes that were lost while the load was on.
func (r *running) nodesLost(ctx context.Context, failure error) {
	if failure == nil && r.deployment.cluster != nil {
		if silent := r.deployment.cluster.Lost(ctx); ctx.Err() == nil {
			if n, counts := r.losses.silent(silent); counts {
				_ = r.writer.LostNodes(n) // see RunWriter
			}
		}
	}
	for _, warning := range r.losses.warnings() {
		_ = r.writer.Warn(fmt.Sprintf("%s: %s", r.run, warning))
	}
}

// request is what the plugin is to execute.
func (r *running) request(p prepared) protocol.RunRequest {
	return protocol.RunRequest{
		Setup:        p.setup,
		Load:         r.run.load,
		Threads:      r.run.Threads,
		Seed:         r.run.Seed,
		KeyPrefix:    keyPrefix(r.writer.ID(), p.setup.External),
		SpillDir:     os.TempDir(),
		StartTimeout: startTimeout,
		Verify:       cmp.Or(r.execution.plan.Verify, load.VerifyReadBack),
	}
}

// keyPrefix is the folder of a run's keys. A cluster that runs already may have
// what a run of the same number has left that another archive holds.
func keyPrefix(run int64, external bool) string {
	if external {
		return fmt.Sprintf("/benchctl/%d-%x", run, time.Now().Unix())
	}
	return fmt.Sprintf("/benchctl/%d", run)
}

// end releases the deployment and archives how the run has ended, which began
// at a moment.
func (r *running) end(ctx context.Context, began time.Time, failure error) (ended, error) {
	released := r.execution.deployments.release(r.deployment, r.run, failure != nil || ctx.Err() != nil)
	r.journal.begin(began, r.writer) // unless the load has begun
	end := ended{state: record.Complete}
	text := ""
	switch {
	case ctx.Err() != nil:
		end.state = record.Interrupted
	case failure != nil || released != nil:
		end = ended{record.Failed, cmp.Or(failure, released)}
		text = end.failure.Error()
		r.keepLogs()
	}
	r.deployment.rest()
	// What was measured is archived even though ctx may have ended.
	ending, cancel := lingering(ctx, endTimeout)
	defer cancel()
	if err := r.writer.Finish(ending, end.state, text); err != nil {
		end.state = record.Failed
		return end, err
	}
	return end, nil
}

// lingering returns a context that ends a while after another.
func lingering(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(while):
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// keepLogs archives what the nodes of a failed run have said last.
func (r *running) keepLogs() {
	if r.deployment.cluster == nil {
		return
	}
	for name, log := range r.deployment.cluster.Logs() {
		r.journal.add(logKept(name, log))
	}
}

// lastFailures is how long a run goes on when its last node has ended by itself:
// the operations on their way fail, and are counted, but nothing more is learnt.
const lastFailures = time.Second

// nodeEvent hears of the nodes.
func (r *running) nodeEvent(e node.Event) {
	r.journal.add(e)
	if e.Kind == node.Exited {
		if n, counts := r.losses.add(e); counts {
			_ = r.writer.LostNodes(n)
		}
	}
	r.mu.Lock()
	stop := r.stop
	r.mu.Unlock()
	if e.Kind == node.Exited && stop != nil && r.noneRuns() {
		time.AfterFunc(lastFailures, func() {
			if r.noneRuns() {
				stop()
			}
		})
	}
}

// noneRuns reports whether all nodes that were started have ended.
func (r *running) noneRuns() bool {
	return r.deployment.cluster != nil && len(r.deployment.cluster.Running()) == 0
}
