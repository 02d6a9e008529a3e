package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// meeting is what the threads of a phase know of each other where they wait for
// each other: in elections and at barriers.
type meeting struct {
	threads   int          // that take part
	resigned  atomic.Int64 // when the last leader began to resign, in nanoseconds from the run's zero
	lastRound atomic.Int64 // of the barrier, after which all threads end the phase; 0: not known
}

// lastRoundDone notes that a thread has been through a round of the barrier,
// counted from 1, at a time at which the phase was over or not, and reports
// whether it was the last. A thread that comes late cannot end the phase at
// once: others may wait for it in the next round, though in none beyond.
func (m *meeting) lastRoundDone(round int64, over bool) bool {
	if over {
		m.lastRound.CompareAndSwap(0, round+1)
	}
	last := m.lastRound.Load()
	return last != 0 && round >= last
}

// recipeTimeouts is how many times the timeout of an operation a recipe may
// take, as it waits for other sessions.
const recipeTimeouts = 12

// meets reports whether the threads of a phase wait for each other in every
// operation.
func meets(p load.Phase) bool {
	return slices.ContainsFunc(p.Mix, func(s load.Share) bool { return s.Op.Target() == sample.TargetBarrier })
}

// recipes are the operations that are made of several requests, of which each
// has its part: they record their samples themselves.
var recipes = [sample.OpCount]func(r *recipe, ctx context.Context, key []byte){
	sample.OpCompareAndSet: (*recipe).compareAndSet,
	sample.OpOpenSession:   (*recipe).openAndClose,
	sample.OpExpire:        (*recipe).expire,
	sample.OpLock:          (*recipe).lockAndUnlock,
	sample.OpElection:      (*recipe).elect,
	sample.OpBarrierEnter:  (*recipe).enterAndLeave,
}

// compose executes a recipe. It ends with its last sample.
func (w *worker) compose(ctx context.Context, op sample.Op, intended, start time.Duration) (end time.Duration, status sample.Status, ok bool) {
	r := &recipe{worker: w, run: ctx, intended: intended, start: start}
	within, cancel := context.WithTimeout(ctx, recipeTimeouts*w.setup.Timeout)
	defer cancel()
	recipes[op](r, within, bytes.Clone(w.operations.Key()))
	return r.end, r.status, !r.cut
}

// recipe is an operation of several requests under way.
type recipe struct {
	*worker
	run             context.Context
	intended, start time.Duration
	end             time.Duration
	status          sample.Status
	cut             bool
}

// step names the request of a recipe that has failed.
func step(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// part records a part that has ended just now; the next one begins there.
func (r *recipe) part(op sample.Op, err error) (ok bool) {
	r.end = time.Since(r.zero)
	status, whole := r.record(r.run, op, r.intended, r.start, r.end, err)
	r.status, r.cut = status, !whole
	r.intended, r.start = r.end, r.end
	return whole && err == nil
}

// compareAndSet reads a key's version, and writes on condition that it still
// has it.
func (r *recipe) compareAndSet(ctx context.Context, key []byte) {
	began := r.start
	value, version, err := r.able.compareAndSetter.GetVersion(ctx, key)
	r.noteRead(value, err)
	ok := r.part(sample.OpGet, err)
	r.note(sample.OpGet, r.status, began, r.end)
	if !ok {
		return
	}
	began = r.start
	_, err = r.able.compareAndSetter.CompareAndSet(ctx, key, r.operations.Value(), version)
	r.part(sample.OpCompareAndSet, err)
	r.note(sample.OpCompareAndSet, r.status, began, r.end)
}

// openAndClose opens a session beside the thread's own, and closes it.
func (r *recipe) openAndClose(ctx context.Context, _ []byte) {
	opened, err := r.store.Session(ctx, r.thread)
	if r.part(sample.OpOpenSession, err) {
		r.part(sample.OpCloseSession, opened.Close())
	}
}

// expire has a client die that holds an ephemeral key. What is measured begins
// with its death, and ends when another session sees that the key has gone.
func (r *recipe) expire(ctx context.Context, key []byte) {
	mortal, err := r.store.Session(ctx, r.thread)
	if err != nil {
		r.part(sample.OpExpire, step("open the session that is to die", err))
		return
	}
	defer mortal.Close()
	if err := mortal.(driver.EphemeralCreator).CreateEphemeral(ctx, key, r.operations.Value()); err != nil {
		r.part(sample.OpExpire, step("create the key that goes with the session", err))
		return
	}
	r.start = time.Since(r.zero)
	r.intended = r.start
	if err := mortal.(driver.Abandoner).Abandon(); err != nil {
		r.part(sample.OpExpire, step("abandon the session", err))
		return
	}
	r.part(sample.OpExpire, step("wait until the key has gone", r.able.awaiter.AwaitAbsent(ctx, key)))
}

// lockAndUnlock takes a place in the lock's queue, waits until all before it
// have given theirs up, and gives up its own: the recipe of Hunt et al. (2010),
// locks without herd effect. Each waits only for the one before it.
func (r *recipe) lockAndUnlock(ctx context.Context, lock []byte) {
	place, err := r.queue(ctx, string(lock)+"/")
	if r.part(sample.OpLock, err) {
		r.part(sample.OpUnlock, r.session.Delete(ctx, []byte(place)))
		return
	}
	r.leaveQueue(place)
}

// elect stands for election, and resigns once the thread leads, so that the
// next one does. What is measured is the hand-over: from the moment at which
// the leader before began to resign, if the thread stood for election by then.
func (r *recipe) elect(ctx context.Context, folder []byte) {
	place, err := r.queue(ctx, string(folder))
	if resigned := time.Duration(r.meeting.resigned.Load()); resigned > r.start {
		r.start, r.intended = resigned, resigned
	}
	if !r.part(sample.OpElection, err) {
		r.leaveQueue(place)
		return
	}
	r.meeting.resigned.Store(int64(time.Since(r.zero)))
	if err := r.session.Delete(ctx, []byte(place)); err != nil && r.run.Err() == nil {
		r.part(sample.OpDelete, err)
	}
}

// queue takes a place in a folder, and returns once it is the first.
func (r *recipe) queue(ctx context.Context, folder string) (place string, err error) {
	place, err = r.able.ephemeralSequential.CreateEphemeralSequential(ctx, []byte(folder+"n-"), nil)
	if err != nil {
		return place, step("take a place in the queue", err)
	}
	for {
		places, err := r.session.List(ctx, []byte(folder))
		if err != nil {
			return place, step("list the queue", err)
		}
		slices.SortFunc(places, func(a, b string) int { return strings.Compare(number(a), number(b)) })
		at := slices.Index(places, place)
		switch {
		case at == 0:
			return place, nil
		case at < 0:
			return place, driver.Classed(sample.Unavailable, fmt.Errorf("the place %s is gone: its session has expired", place))
		}
		if err := r.able.awaiter.AwaitAbsent(ctx, []byte(places[at-1])); err != nil {
			return place, step("wait for the one before", err)
		}
	}
}

// number is what the store has appended to a place.
func number(place string) string { return place[strings.LastIndexByte(place, '-')+1:] }

// leaveQueue gives a place up that was of no use, lest the others wait for it.
// They do if that fails, until the session ends, so it is recorded.
func (r *recipe) leaveQueue(place string) {
	if place == "" || r.run.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(r.run, r.setup.Timeout)
	defer cancel()
	err := r.session.Delete(ctx, []byte(place))
	if err != nil && driver.Classify(err) != sample.NotFound {
		r.part(sample.OpDelete, step("leave the queue", err))
	}
}

// enterAndLeave passes a double barrier: all threads enter before any goes on,
// and all leave before any goes on (Hunt et al., 2010).
func (r *recipe) enterAndLeave(ctx context.Context, key []byte) {
	folder := string(key)
	own := fmt.Appendf(nil, "%st%d", folder, r.thread)
	open := strings.TrimSuffix(folder, "/") + "-open"
	err := step("create its own key", r.able.ephemeral.CreateEphemeral(ctx, own, nil))
	if err == nil {
		err = r.awaitAll(ctx, folder, open)
	}
	if !r.part(sample.OpBarrierEnter, err) {
		return
	}
	if err = step("delete its own key", r.session.Delete(ctx, own)); err == nil {
		err = r.awaitNone(ctx, folder)
	}
	if r.part(sample.OpBarrierLeave, err) && r.thread == 0 {
		_ = r.session.Delete(ctx, []byte(open)) // a later round has one of its own
	}
}

// awaitAll returns once all threads have entered. The one that sees it opens
// the barrier for the others.
func (r *recipe) awaitAll(ctx context.Context, folder, open string) error {
	entered, err := r.session.List(ctx, []byte(folder))
	if err != nil {
		return step("list who has entered", err)
	}
	if len(entered) < r.meeting.threads {
		return step("wait for the others", r.able.awaiter.AwaitPresent(ctx, []byte(open)))
	}
	if err := r.session.Create(ctx, []byte(open), nil); err != nil && driver.Classify(err) != sample.Exists {
		return step("open the barrier", err)
	}
	return nil
}

// awaitNone returns once all threads have left.
func (r *recipe) awaitNone(ctx context.Context, folder string) error {
	for {
		left, err := r.session.List(ctx, []byte(folder))
		if err != nil || len(left) == 0 {
			return step("list who is still in", err)
		}
		if err := r.able.awaiter.AwaitAbsent(ctx, []byte(left[0])); err != nil {
			return step("wait for the others to leave", err)
		}
	}
}
