package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/engine/internal/history"
	"github.com/benchctl/benchctl/core/engine/internal/ledger"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// unavailablePause is how long a thread waits after an operation that no node
// could serve, so that a dead store is not hammered with failing requests.
const unavailablePause = 10 * time.Millisecond

// worker is one thread: a session, the operations it will execute and the
// samples of those it has executed.
type worker struct {
	store   driver.Store
	setup   driver.Setup
	thread  int
	session driver.Session
	able    abilities

	operations *load.Generator
	samples    *ring
	zero       time.Time // of the run
	alarm      *alarm    // nil where no thread ever waits
	meeting    *meeting  // with the other threads

	acks *acks // what watchers are told; nil: there are none

	// Of the phase under way.
	worked uint64 // operations that have succeeded, a bit for each
	failed failures

	// What is remembered for the time after the phase.
	remembers bool // in this phase
	written   *ledger.Ledger
	tally     tally
	history   *history.Recorder // nil: operations are not checked as a history
	read      history.Value     // what the operation under way has found, if there is a history
}

// abilities are a session's optional interfaces; nil: it lacks one.
type abilities struct {
	putter              driver.Putter
	ephemeral           driver.EphemeralCreator
	sequential          driver.SequentialCreator
	ephemeralSequential driver.EphemeralSequentialCreator
	compareAndSetter    driver.CompareAndSetter
	transactor          driver.Transactor
	awaiter             driver.Awaiter
	watcher             driver.Watcher
	abandoner           driver.Abandoner
}

func abilitiesOf(s driver.Session) (a abilities) {
	a.putter, _ = s.(driver.Putter)
	a.ephemeral, _ = s.(driver.EphemeralCreator)
	a.sequential, _ = s.(driver.SequentialCreator)
	a.ephemeralSequential, _ = s.(driver.EphemeralSequentialCreator)
	a.compareAndSetter, _ = s.(driver.CompareAndSetter)
	a.transactor, _ = s.(driver.Transactor)
	a.awaiter, _ = s.(driver.Awaiter)
	a.watcher, _ = s.(driver.Watcher)
	a.abandoner, _ = s.(driver.Abandoner)
	return a
}

// check finds the first operation that a session cannot execute.
func check(s driver.Session, ops []sample.Op) error {
	for _, op := range ops {
		if !driver.Can(s, op) {
			return fmt.Errorf("the driver's sessions lack the operation %s", op)
		}
	}
	return nil
}

// close ends the thread's session, and a sleep that it may be in.
func (w *worker) close() error {
	if w.alarm != nil {
		w.alarm.close()
	}
	return w.session.Close()
}

// bounds is what ends a phase for a thread.
type bounds struct {
	ops      int64         // operations of the thread; 0: any number
	deadline time.Duration // from the run's zero; 0: none
	fill     bool
	meets    bool // the threads wait for each other in every operation
	think    time.Duration
	quantum  time.Duration // that the thread sleeps to the end of
	stop     *atomic.Bool  // set when the phase ends for all threads
}

// run executes one phase in a closed loop. Between two operations it allocates
// nothing, takes no lock and makes no system call; it returns when the phase
// has ended for this thread.
func (w *worker) run(ctx context.Context, b bounds) {
	for n := int64(0); n != b.ops || b.ops == 0; n++ {
		if b.stop.Load() {
			return
		}
		op, ok := w.next(b)
		if !ok {
			return
		}
		start := time.Since(w.zero)
		end, status, ok := w.execute(ctx, op, start, start)
		over := b.deadline > 0 && end >= b.deadline
		if b.meets {
			over = w.meeting.lastRoundDone(n+1, over)
		}
		if !ok || over {
			return
		}
		if status == sample.Unavailable {
			time.Sleep(unavailablePause)
		}
		if b.think > 0 && !w.sleepUntil(ctx, end+b.think, b) {
			return
		}
	}
}

// next chooses the next operation, and ends the phase if there is none.
func (w *worker) next(b bounds) (sample.Op, bool) {
	op, ok := w.operations.Next()
	if !ok && !b.fill {
		// Without this thread the others would be measured at a lower
		// concurrency, so the phase ends for all.
		b.stop.Store(true)
	}
	return op, ok
}

// execute does one operation and records it. It returns false if the operation
// was cut short because the run is being stopped.
func (w *worker) execute(ctx context.Context, op sample.Op, intended, start time.Duration) (end time.Duration, status sample.Status, ok bool) {
	if recipes[op] != nil {
		return w.compose(ctx, op, intended, start)
	}
	err := w.call(ctx, op)
	end = time.Since(w.zero)
	status, ok = w.record(ctx, op, intended, start, end, err)
	w.note(op, status, start, end)
	return end, status, ok
}

// note keeps what an operation has done, for those who will ask.
func (w *worker) note(op sample.Op, status sample.Status, start, end time.Duration) {
	if w.remembers {
		w.remember(op, status, start, end)
		if w.history != nil {
			w.noteAnswer(op, status, start, end)
		}
	}
	if w.acks != nil {
		w.acks.tell(op, w.operations, status, end)
	}
}

// record takes down one executed operation. It returns false if it was cut
// short.
func (w *worker) record(ctx context.Context, op sample.Op, intended, start, end time.Duration, err error) (sample.Status, bool) {
	status := driver.Classify(err)
	if err != nil {
		if ctx.Err() != nil {
			return status, false // cut short by us: it was not executed to its end
		}
		w.samples.failures.Add(1)
		w.failed.note(op, status, end, err)
	} else {
		w.worked |= 1 << op
	}
	w.samples.push(sample.Sample{
		Intended: int64(intended),
		Start:    int64(start),
		Latency:  int64(end - start),
		Op:       op,
		Status:   status,
	})
	return status, true
}

// call makes the one request of an operation.
func (w *worker) call(ctx context.Context, op sample.Op) error {
	return requests[op](w, ctx, w.operations.Key())
}

// requests are the operations that are one request each.
var requests = [sample.OpCount]func(w *worker, ctx context.Context, key []byte) error{
	sample.OpCreate: func(w *worker, ctx context.Context, key []byte) error {
		return w.session.Create(ctx, key, w.operations.Value())
	},
	sample.OpSet: func(w *worker, ctx context.Context, key []byte) error {
		return w.session.Set(ctx, key, w.operations.Value())
	},
	sample.OpPut: func(w *worker, ctx context.Context, key []byte) error {
		return w.able.putter.Put(ctx, key, w.operations.Value())
	},
	sample.OpGet: func(w *worker, ctx context.Context, key []byte) error {
		value, err := w.session.Get(ctx, key)
		w.noteRead(value, err)
		return err
	},
	sample.OpDelete: func(w *worker, ctx context.Context, key []byte) error { return w.session.Delete(ctx, key) },
	sample.OpList: func(w *worker, ctx context.Context, key []byte) error {
		_, err := w.session.List(ctx, key)
		return err
	},
	sample.OpCreateEphemeral: func(w *worker, ctx context.Context, key []byte) error {
		return w.able.ephemeral.CreateEphemeral(ctx, key, w.operations.Value())
	},
	sample.OpCreateSequential: func(w *worker, ctx context.Context, key []byte) (err error) {
		w.tally.numbered, err = w.able.sequential.CreateSequential(ctx, key, w.operations.Value())
		return err
	},
	sample.OpReadModifyWrite: (*worker).readModifyWrite,
	sample.OpTransaction: func(w *worker, ctx context.Context, _ []byte) error {
		return w.able.transactor.SetAll(ctx, w.operations.Keys(), w.operations.Values())
	},
}

// readModifyWrite reads a key with its version and writes if it still has it,
// and begins again when another writer was first, as long as an operation may
// take.
func (w *worker) readModifyWrite(ctx context.Context, key []byte) error {
	give := time.Since(w.zero) + w.setup.Timeout
	for {
		value, version, err := w.able.compareAndSetter.GetVersion(ctx, key)
		w.noteRead(value, err)
		if err != nil {
			return err
		}
		_, err = w.able.compareAndSetter.CompareAndSet(ctx, key, w.operations.Value(), version)
		if !errors.Is(err, driver.ErrConflict) || time.Since(w.zero) > give {
			return err
		}
	}
}

// naps are how long a thread sleeps at most before it looks whether the phase
// was ended meanwhile.
const naps = 50 * time.Millisecond

// sleepUntil waits for a moment, counted from the run's zero. It returns false
// if the phase ended before.
func (w *worker) sleepUntil(ctx context.Context, at time.Duration, b bounds) bool {
	for {
		left := at - time.Since(w.zero)
		if left <= 0 {
			return true
		}
		if b.stop.Load() || ctx.Err() != nil {
			return false
		}
		if b.deadline > 0 && at >= b.deadline {
			left = min(left, b.deadline-time.Since(w.zero))
			if left <= 0 {
				return false
			}
		}
		w.alarm.sleepUntil(roundUp(time.Since(w.zero)+min(left, naps), b.quantum))
	}
}
