// Package engine executes a run beside a driver: it opens the store and the
// sessions, runs the threads phase by phase, encodes what they measure, and asks
// the store afterwards for what it has acknowledged.
//
// It promises that between two operations a thread allocates nothing, takes no
// lock, makes no system call and sends on no channel, and that no sample is
// dropped: a thread that has no room for one waits, and the run says for how long.
package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

// StopGrace is the time that operations in flight have when a run is stopped.
const StopGrace = time.Second

const (
	progressEvery  = 250 * time.Millisecond
	openAtOnce     = 32 // sessions
	worthStallWarn = 0.001
)

// Plan is all that the engine needs to execute one run.
type Plan struct {
	protocol.RunRequest
	Driver driver.Driver
}

// engine executes one run: it opens the store and the sessions, runs the
// threads phase by phase and puts what they measure into the outbox.
type engine struct {
	Plan
	outbox   *Outbox
	workers  []*worker
	reads    driver.Consistency // that the driver declares
	watchers []*watcher
	version  string // of the store's servers, as they say
	zero     time.Time
	began    time.Duration      // when the last phase did
	cancel   context.CancelFunc // ends the run
	hung     []int              // threads that did not come back when they were stopped

	missed int64    // changes that watchers say they have missed
	doubts []string // warnings

	incidents incidents
}

// Run executes a plan. It returns nil when the run came to its end or ctx
// stopped it; what was measured is in the outbox in either case.
func Run(ctx context.Context, p Plan, outbox *Outbox) error {
	// One context serves all phases, so that a driver may bind a connection to it.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := &engine{Plan: p, outbox: outbox, cancel: cancel}
	store, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer e.close(store)
	e.askEach(ctx)

	e.zero = time.Now()
	for _, w := range e.workers {
		w.zero = e.zero
		if w.alarm != nil {
			w.alarm.begin(e.zero)
		}
	}
	busy := cpuTime()
	if err := outbox.Put(protocol.Started(e.zero, e.version)); err != nil {
		return err
	}
	e.incidents.begin(e.zero, outbox)
	total, err := e.stages(ctx)
	if err != nil {
		return err
	}
	finished := e.finished(ctx, cpuTime()-busy)
	finished.Samples = total
	return outbox.Put(protocol.End(finished))
}

// open connects, and opens a session for every thread.
func (e *engine) open(ctx context.Context) (driver.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, e.StartTimeout)
	defer cancel()
	store, err := e.Driver.Open(ctx, e.Setup)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	guarantees, err := e.Driver.Guarantees(ctx, e.Setup)
	if err != nil {
		e.close(store)
		return nil, err
	}
	e.reads = guarantees.Reads
	if v, ok := store.(driver.Versioner); ok {
		if e.version, err = v.Version(ctx); err != nil {
			e.close(store)
			return nil, fmt.Errorf("ask the store for its version: %w", err)
		}
	}
	if n, ok := store.(driver.Notifier); ok {
		n.Notify(e.incidents.tell)
	}
	e.workers = make([]*worker, e.Threads)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(openAtOnce)
	for thread := range e.workers {
		group.Go(func() error {
			session, err := store.Session(ctx, thread)
			if err != nil {
				return fmt.Errorf("open the session of thread %d: %w", thread, err)
			}
			e.workers[thread], err = e.newWorker(store, thread, session)
			return err
		})
	}
	e.watchers = make([]*watcher, e.Load.Watchers())
	for i := range e.watchers {
		group.Go(func() error {
			session, err := store.Session(ctx, e.Threads+i)
			if err != nil {
				return fmt.Errorf("open the session of watcher %d: %w", i, err)
			}
			e.watchers[i] = &watcher{engine: e, number: i, session: session, able: abilitiesOf(session), samples: newRing(e.Threads + len(e.watchers))}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		e.close(store)
		return nil, err
	}
	if e.Verify != load.VerifyNone || len(e.watchers) > 0 {
		e.remembering()
	}
	return store, nil
}

// newWorker makes a thread, once its session can execute all that the workload
// asks for.
func (e *engine) newWorker(store driver.Store, thread int, session driver.Session) (*worker, error) {
	w := &worker{
		store: store, setup: e.Setup, thread: thread, session: session, able: abilitiesOf(session),
		operations: load.NewGenerator(e.Load, e.Seed, thread, e.Threads, e.KeyPrefix),
		samples:    newRing(e.Threads + e.Load.Watchers()),
	}
	if err := check(session, e.Load.Ops()); err != nil || !paced(e.Load) {
		return w, err
	}
	var err error
	w.alarm, err = newAlarm()
	return w, err
}

// close ends the sessions and the store, but waits no longer for them than for
// an operation: a driver that hangs must not hold what was measured.
func (e *engine) close(store driver.Store) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var group errgroup.Group
		group.SetLimit(openAtOnce)
		for _, w := range e.workers {
			if w != nil {
				group.Go(w.close)
			}
		}
		for _, w := range e.watchers {
			if w != nil {
				group.Go(w.session.Close)
			}
		}
		_ = group.Wait() // the store is going away, there is nobody to tell
		_ = store.Close()
	}()
	select {
	case <-done:
	case <-time.After(StopGrace + e.Setup.Timeout):
	}
}

// ending is how a phase ended.
type ending struct {
	at                 time.Duration // from the run's zero
	samples, unstarted int64
}

// phase runs all threads through one phase, which is executed as a stage.
func (e *engine) phase(ctx context.Context, index int, stage load.Stage, phase load.Phase, encoder *encoder) (ending, error) {
	watching, err := e.startWatching(ctx, phase.Watchers)
	if err != nil {
		return ending{}, err
	}
	var stop atomic.Bool
	meeting := &meeting{threads: e.Threads}
	ready, release := new(sync.WaitGroup), make(chan struct{})
	returned := make(chan int, len(e.workers))
	loops := make([]*phaseLoop, len(e.workers))
	for thread, w := range e.workers {
		ready.Add(1)
		l := &phaseLoop{bounds: bounds{ops: phase.Ops, fill: phase.Fill, meets: meets(phase), think: phase.Think, quantum: quantum(phase, e.Threads), stop: &stop}}
		l.begins, l.ends, l.active = phase.Activity(thread, e.Threads)
		if phase.Rate > 0 {
			l.arrivals = load.NewArrivals(phase, e.Seed, stage.Of, thread, e.Threads)
		}
		loops[thread] = l
		go func() {
			w.operations.StartPhase(stage.Of)
			w.meeting, w.remembers = meeting, e.remembers(e.Load.Phases[stage.Of])
			ready.Done()
			<-release
			w.through(ctx, l)
			returned <- thread
		}()
	}
	ready.Wait()
	e.began = time.Since(e.zero)
	for _, l := range loops {
		l.begin(e.began, phase)
	}
	if err := e.outbox.Put(protocol.PhaseStarted(index, e.began)); err != nil {
		close(release)
		return ending{}, err
	}
	stopProgress := e.progress(index)
	defer stopProgress()
	close(release)

	over := make(chan struct{})
	var ended ending
	go func() {
		defer close(over)
		e.hung = await(ctx, len(e.workers), returned, &stop)
		ended.at = time.Since(e.zero)
		if phase.Watchers > 0 {
			least, _ := e.changes()
			watching.stop(ctx, least)
		}
	}()
	if ended.samples, err = encoder.run(index, over); err != nil {
		e.cancel()
		<-over
		return ending{}, err
	}
	if len(e.hung) == 0 {
		for _, l := range loops {
			ended.unstarted += l.unstarted
		}
	}
	if err := e.outbox.Put(protocol.PhaseEnded(index, ended.at, ended.samples, ended.unstarted)); err != nil {
		return ending{}, err
	}
	if phase.Watchers > 0 && len(e.hung) == 0 && ctx.Err() == nil {
		return ended, e.outbox.Put(protocol.Verdict(index, watching.verdict(e)))
	}
	return ended, nil
}

// await returns once every thread came back from the phase, or, after ctx
// ended, once the grace is over; the threads that still hang are returned.
func await(ctx context.Context, threads int, returned <-chan int, stop *atomic.Bool) (hung []int) {
	back := make([]bool, threads)
	stopped := ctx.Done()
	var grace <-chan time.Time
	for left := threads; left > 0; {
		select {
		case thread := <-returned:
			back[thread] = true
			left--
		case <-stopped:
			stop.Store(true)
			stopped, grace = nil, time.After(StopGrace)
		case <-grace:
			for thread, came := range back {
				if !came {
					hung = append(hung, thread)
				}
			}
			return hung
		}
	}
	return nil
}

// progress reports how far a phase is, whenever benchctl has taken all that
// was sent before. The function it returns ends that.
func (e *engine) progress(phase int) (stop func()) {
	ops, failed := e.counts()
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if !e.outbox.idle() {
				continue
			}
			nowOps, nowFailed := e.counts()
			// When it cannot be sent the encoder meets the same error.
			_ = e.outbox.Put(protocol.Progress(phase, time.Since(e.zero), nowOps-ops, nowFailed-failed))
		}
	}()
	return func() { close(done); <-ended }
}

// counts returns the operations executed so far, and how many of them failed.
func (e *engine) counts() (ops, failures int64) {
	for _, w := range e.workers {
		ops += int64(w.samples.head.Load())
		failures += w.samples.failures.Load()
	}
	for _, w := range e.watchers {
		ops += int64(w.samples.head.Load())
	}
	return ops, failures
}

// finished sums up the run, with a warning for whatever weakens its figures.
func (e *engine) finished(ctx context.Context, busy time.Duration) protocol.Finished {
	f := protocol.Finished{
		Stopped: ctx.Err() != nil,
		Client:  record.Client{CPUSeconds: busy.Seconds(), SpilledBytes: e.outbox.spilledBytes()},
	}
	hung := make(map[int]bool, len(e.hung))
	for _, thread := range e.hung {
		hung[thread] = true
	}
	for thread, w := range e.workers {
		if !hung[thread] { // a thread that hangs may still write these
			f.Client.Stalls += w.samples.stalls
			f.Client.Stalled += w.samples.stalled
		}
	}
	if e.missed > 0 {
		f.Warnings = append(f.Warnings, fmt.Sprintf("watchers missed %d changes, as the store told them", e.missed))
	}
	stalled := f.Client.Stalled
	if total := time.Since(e.zero) * time.Duration(e.Threads); float64(stalled) > worthStallWarn*float64(total) {
		f.Warnings = append(f.Warnings, fmt.Sprintf(
			"the threads waited %v in total (%.1f %% of their time) for their samples to be encoded: the machine was too busy, so throughput is understated",
			stalled.Round(time.Millisecond), 100*float64(stalled)/float64(total)))
	}
	f.Warnings = append(f.Warnings, e.doubts...)
	f.Warnings = append(f.Warnings, e.incidents.warnings()...)
	if len(e.hung) > 0 {
		f.Warnings = append(f.Warnings, fmt.Sprintf(
			"threads %v did not stop within %v: their last operation is not counted", e.hung, StopGrace))
	}
	return f
}
