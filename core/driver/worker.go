package driver

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

// unavailablePause is how long a thread waits after an operation that no node
// could serve, so that a dead store is not hammered with failing requests.
const unavailablePause = 10 * time.Millisecond

// worker is one thread: a session, the operations it will execute and the
// samples of those it has executed.
type worker struct {
	session    Session
	putter     Putter
	ephemeral  EphemeralCreator
	sequential SequentialCreator

	operations *workload.Generator
	samples    *ring
	zero       time.Time // of the run
}

// newWorker checks that the session can execute every operation that the
// workload asks for.
func newWorker(session Session, operations *workload.Generator, ops []sample.Op, threads int) (*worker, error) {
	w := &worker{session: session, operations: operations, samples: newRing(threads)}
	w.putter, _ = session.(Putter)
	w.ephemeral, _ = session.(EphemeralCreator)
	w.sequential, _ = session.(SequentialCreator)
	able := map[sample.Op]bool{
		sample.OpPut:              w.putter != nil,
		sample.OpCreateEphemeral:  w.ephemeral != nil,
		sample.OpCreateSequential: w.sequential != nil,
	}
	for _, op := range ops {
		if can, optional := able[op]; optional && !can {
			return nil, fmt.Errorf("the driver's sessions lack the operation %s", op)
		}
	}
	return w, nil
}

// bounds is what ends a phase for a thread.
type bounds struct {
	ops      int64         // operations of the thread; 0: any number
	deadline time.Duration // from the run's zero; 0: none
	fill     bool
	stop     *atomic.Bool // set when the phase ends for all threads
}

// run executes one phase. Between two operations it allocates nothing, takes
// no lock and makes no system call; it returns when the phase has ended for
// this thread.
func (w *worker) run(ctx context.Context, b bounds) {
	for n := int64(0); n != b.ops || b.ops == 0; n++ {
		if b.stop.Load() {
			return
		}
		op, ok := w.operations.Next()
		if !ok {
			if !b.fill {
				// Without this thread the others would be measured at a lower
				// concurrency, so the phase ends for all.
				b.stop.Store(true)
			}
			return
		}
		start := time.Since(w.zero)
		err := w.execute(ctx, op)
		end := time.Since(w.zero)
		status := Classify(err)
		if err != nil {
			if ctx.Err() != nil {
				return // cut short by us: it was not executed to its end
			}
			w.samples.failures.Add(1)
		}
		w.samples.push(sample.Sample{
			Intended: int64(start),
			Start:    int64(start),
			Latency:  int64(end - start),
			Op:       op,
			Status:   status,
		})
		if b.deadline > 0 && end >= b.deadline {
			return
		}
		if status == sample.Unavailable {
			time.Sleep(unavailablePause)
		}
	}
}

func (w *worker) execute(ctx context.Context, op sample.Op) error {
	key := w.operations.Key()
	var err error
	switch op {
	case sample.OpCreate:
		err = w.session.Create(ctx, key, w.operations.Value())
	case sample.OpSet:
		err = w.session.Set(ctx, key, w.operations.Value())
	case sample.OpGet:
		_, err = w.session.Get(ctx, key)
	case sample.OpDelete:
		err = w.session.Delete(ctx, key)
	case sample.OpPut:
		err = w.putter.Put(ctx, key, w.operations.Value())
	case sample.OpList:
		_, err = w.session.List(ctx, key)
	case sample.OpCreateEphemeral:
		err = w.ephemeral.CreateEphemeral(ctx, key, w.operations.Value())
	case sample.OpCreateSequential:
		_, err = w.sequential.CreateSequential(ctx, key, w.operations.Value())
	default:
		panic(fmt.Sprintf("driver: operation %s was not refused", op))
	}
	return err
}
