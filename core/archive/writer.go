package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// heldBytes is what may wait to be committed.
var heldBytes = 64 << 20 // tests make it less

const (
	batchBytes = 4 << 20 // what is committed at once, about
	entryBytes = 256     // what an entry counts for beside its chunk
)

// RunWriter archives one run. Its methods but Finish put what they are given
// into a queue and return; they wait only while the queue is full. An error of
// theirs means that the archive takes no more: Finish then archives what was
// committed. While another program has locked the archive, the queue waits for
// it; if the queue is full by then no more is taken, and what is in it is kept.
// It is safe for concurrent use.
type RunWriter struct {
	archive *Archive
	id      int64
	wake    chan struct{}
	stop    chan struct{}
	done    chan struct{}
	waiting context.Context // ends when the queue shall wait no longer
	giveUp  context.CancelFunc

	// The worker's until it is done.
	totals   *aggregate
	executed map[int]int64 // samples that each phase is said to have had

	mu       sync.Mutex
	room     *sync.Cond
	queue    []entry
	held     int // bytes in the queue and in the worker's batch
	closed   bool
	locked   bool      // another program has the archive
	full     bool      // it was locked until there was no room: no more is taken
	lost     int64     // samples that were taken and not committed
	began    time.Time // by the monotonic clock too, where that is known
	err      error
	warnings []string
}

// entry is something to archive: a chunk, the end of a phase, or any change.
type entry struct {
	header sample.Header
	data   []byte
	ended  bool                                 // the phase of the header
	change func(context.Context, *sql.Tx) error // nil for a chunk
}

func (e entry) size() int { return entryBytes + len(e.data) }

func (a *Archive) newRunWriter(r record.Run, phases []record.Phase) *RunWriter {
	w := &RunWriter{
		archive:  a,
		id:       r.ID,
		totals:   newAggregate(r, phases),
		wake:     make(chan struct{}, 1),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
		warnings: slices.Clone(r.Warnings),
		executed: map[int]int64{},
		began:    r.StartedAt,
	}
	w.room = sync.NewCond(&w.mu)
	w.waiting, w.giveUp = context.WithCancel(context.Background())
	a.mu.Lock()
	a.open[w] = struct{}{}
	a.mu.Unlock()
	go w.work()
	return w
}

// ID returns the run's number.
func (w *RunWriter) ID() int64 { return w.id }

// Started archives the run's zero, from which every other time of it counts.
func (w *RunWriter) Started(zero time.Time, storeVersion string) error {
	w.mu.Lock()
	w.began = zero
	w.mu.Unlock()
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			update runs set started_at = ?, zero_unix_ns = ?, store_version = coalesce(nullif(?, ''), store_version) where id = ?`,
			stamp(zero), zero.UnixNano(), storeVersion, w.id)
		return err
	}})
}

// PhaseStarted archives that a phase began.
func (w *RunWriter) PhaseStarted(phase int, at time.Duration) error {
	if err := w.checkPhase(phase); err != nil {
		return err
	}
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		p := w.totals.phases[phase]
		p.Begun, p.Started = true, at
		_, err := tx.ExecContext(ctx, "update phases set started_ns = ? where run_id = ? and phase = ?", at.Nanoseconds(), w.id, phase)
		return err
	}})
}

// Offered archives what is to arrive in a phase.
func (w *RunWriter) Offered(phase int, o record.Offered) error {
	if err := w.checkPhase(phase); err != nil {
		return err
	}
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update phases set offered_rate = ?, bound = nullif(?, '') where run_id = ? and phase = ?", o.Rate, o.Bound, w.id, phase)
		return err
	}})
}

// Chunk archives a chunk. The archive keeps data; it must not be changed.
func (w *RunWriter) Chunk(h sample.Header, data []byte) error {
	return w.put(entry{header: h, data: data})
}

// PhaseEnded archives that a phase ended, after its last chunk. samples is how
// many operations were executed in it, unstarted how many arrivals were due and
// were not started.
func (w *RunWriter) PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error {
	if err := w.checkPhase(phase); err != nil {
		return err
	}
	return w.put(entry{header: sample.Header{Phase: phase}, ended: true, change: func(ctx context.Context, tx *sql.Tx) error {
		w.executed[phase] = samples
		_, err := tx.ExecContext(ctx, "update phases set ended_ns = ?, unstarted = ? where run_id = ? and phase = ?", at.Nanoseconds(), unstarted, w.id, phase)
		return err
	}})
}

// Surroundings archives what the machine did while a phase was on.
func (w *RunWriter) Surroundings(phase int, s record.Surroundings) error {
	if err := w.checkPhase(phase); err != nil {
		return err
	}
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			update phases set foreign_cpu_seconds = ?, stolen_cpu_seconds = ?, throttled_ns = ?, pressure_ns = ?
			where run_id = ? and phase = ?`,
			s.ForeignCPUSeconds, s.StolenCPUSeconds, s.Throttled.Nanoseconds(), s.Pressure.Nanoseconds(), w.id, phase)
		return err
	}})
}

func (w *RunWriter) checkPhase(phase int) error {
	if phase < 0 || phase >= len(w.totals.phases) {
		return fmt.Errorf("archive run %d: there is no phase %d; the run has %d", w.id, phase, len(w.totals.phases))
	}
	return nil
}

// Event archives that something happened.
func (w *RunWriter) Event(e record.Event) error {
	e.RunID = w.id
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := eventTable.insert(ctx, tx, e)
		return err
	}})
}

// LostNodes archives how many nodes have ended by themselves so far.
func (w *RunWriter) LostNodes(n int) error {
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update runs set lost_nodes = ? where id = ?", n, w.id)
		return err
	}})
}

// NodeSecond archives what a process used within a second.
func (w *RunWriter) NodeSecond(s record.NodeSecond) error {
	s.RunID = w.id
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		return nodeSecondTable.insertAll(ctx, tx, []record.NodeSecond{s})
	}})
}

// Verdict archives what came of a check.
func (w *RunWriter) Verdict(v record.Verdict) error {
	v.RunID = w.id
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := verdictTable.insert(ctx, tx, v)
		return err
	}})
}

// Client archives what the load generator said of itself.
func (w *RunWriter) Client(c record.Client) error {
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update runs set client_cpu_seconds = ?, client_stalls = ?, client_stalled_ns = ?, client_spilled_bytes = ? where id = ?",
			c.CPUSeconds, c.Stalls, c.Stalled.Nanoseconds(), c.SpilledBytes, w.id)
		return err
	}})
}

// Warn archives a warning. The same one twice is one.
func (w *RunWriter) Warn(text string) error {
	w.mu.Lock()
	if slices.Contains(w.warnings, text) {
		w.mu.Unlock()
		return nil
	}
	w.warnings = append(w.warnings, text)
	document, err := json.Marshal(w.warnings)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update runs set warnings = ? where id = ?", string(document), w.id)
		return err
	}})
}

// Finish archives how the run ended and what its samples come to. failure says
// why it failed. If the archive had stopped taking samples, or fewer came than
// were executed, the run is archived as failed and the error returned. It waits
// for an archive that another program has locked until ctx ends. More calls do
// nothing.
func (w *RunWriter) Finish(ctx context.Context, state record.State, failure string) error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	w.mu.Unlock()
	w.room.Broadcast()
	defer w.giveUp()
	defer context.AfterFunc(ctx, w.giveUp)()
	close(w.stop)
	<-w.done
	defer w.archive.forget(w)

	err := w.failure()
	if err == nil {
		err = w.missing(state)
		if w.full {
			err = w.lockedTooLong()
		}
		if err != nil {
			state, failure = record.Failed, err.Error()
		}
		e := ending{state: state, at: w.now(), failure: failure}
		doing := fmt.Sprintf("finish run %d", w.id)
		written := w.archive.commitDurably(ctx, doing, func(tx *sql.Tx) error { return e.write(ctx, tx, w.totals) })
		if written == nil {
			return err
		}
		err = written
	}
	if w.lost > 0 {
		err = fmt.Errorf("%w; %d samples that were measured are lost", err, w.lost)
	}
	if failure == "" || state == record.Complete {
		state, failure = record.Failed, err.Error()
	}
	settled := w.archive.settle(ctx, w.id, ending{state: state, at: w.now(), failure: failure})
	if settled != nil {
		return fmt.Errorf("%w (run %d could not be finished: it will be shown as interrupted)", err, w.id)
	}
	return err
}

// now is what the wall clock would say if nobody had set it since the run began.
func (w *RunWriter) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.began.Add(time.Since(w.began))
}

// missing returns an error if a complete run lacks samples.
func (w *RunWriter) missing(state record.State) error {
	if state != record.Complete {
		return nil
	}
	for index, phase := range w.totals.phases {
		executed, ended := w.executed[index]
		switch {
		case !ended:
			return fmt.Errorf("run %d: phase %s has not ended, so the run is not complete", w.id, phase.Name)
		case executed != phase.Samples:
			return fmt.Errorf("run %d: %d operations were executed in phase %s, but %d samples arrived; the plugin lost some",
				w.id, executed, phase.Name, phase.Samples)
		}
	}
	return nil
}

func (a *Archive) forget(w *RunWriter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, w)
}
