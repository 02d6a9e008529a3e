package engine

import (
	"context"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// phaseLoop is how one thread goes through a phase.
type phaseLoop struct {
	bounds
	began        time.Duration // from the run's zero
	active       bool          // the thread ever is
	begins, ends time.Duration // of its activity, from the phase's beginning
	arrivals     *load.Arrivals
	unstarted    int64 // arrivals that were due and were not started
}

// begin fixes the times of a phase that begins now.
func (l *phaseLoop) begin(now time.Duration, phase load.Phase) {
	l.began = now
	if phase.For > 0 {
		l.deadline = now + min(l.ends, phase.For)
	}
}

// paced reports whether threads of a workload wait for moments.
func paced(w *load.Load) bool {
	return slices.ContainsFunc(w.Phases, func(p load.Phase) bool { return p.Think > 0 || p.Rate > 0 || p.Active > 0 })
}

// What the moments at which threads are woken are rounded up to: the kernel
// wakes together all that are due at the same one, and an open loop costs
// little more than its wake-ups. Where arrivals are few they are not rounded to
// speak of.
const (
	quantumMost = 80 * time.Microsecond
	quantumRate = 50_000 // arrivals a second for which it takes as long
)

// quantum is that of a phase. What a thread thinks is not measured.
func quantum(p load.Phase, threads int) time.Duration {
	if p.Rate == 0 {
		return quantumMost
	}
	rate := max(p.Rate, p.RateTo)
	if p.Per == load.PerThread {
		rate *= float64(threads)
	}
	return time.Duration(float64(quantumMost)*min(rate/quantumRate, 1)) + 1
}

func roundUp(d, to time.Duration) time.Duration { return (d + to - 1) / to * to }

// through executes a phase in the way that it asks for.
func (w *worker) through(ctx context.Context, l *phaseLoop) {
	switch {
	case !l.active || l.begins > 0 && !w.sleepUntil(ctx, l.began+l.begins, l.bounds):
	case l.arrivals != nil:
		w.runOpen(ctx, l)
	default:
		w.run(ctx, l.bounds)
	}
}

// runOpen executes a phase in an open loop: operations start when they arrive,
// or as soon as the thread is free after that. Latencies count from the
// arrival, so that a store that stalls is charged for all that it holds up.
func (w *worker) runOpen(ctx context.Context, l *phaseLoop) {
	for n := int64(0); n != l.ops || l.ops == 0; n++ {
		arrival, ok := l.arrivals.Next()
		if !ok {
			return
		}
		intended := l.began + arrival
		if l.deadline > 0 && time.Since(w.zero) >= l.deadline {
			l.unstarted = 1 + remaining(l.arrivals)
			return
		}
		if !w.sleepUntil(ctx, intended, l.bounds) || l.stop.Load() {
			return
		}
		op, ok := w.next(l.bounds)
		if !ok {
			return
		}
		_, status, ok := w.execute(ctx, op, intended, time.Since(w.zero))
		if !ok {
			return
		}
		if status == sample.Unavailable {
			time.Sleep(unavailablePause)
		}
	}
}

// remaining counts the arrivals that are left until the phase's end.
func remaining(arrivals *load.Arrivals) (n int64) {
	for {
		if _, ok := arrivals.Next(); !ok {
			return n
		}
		n++
	}
}
