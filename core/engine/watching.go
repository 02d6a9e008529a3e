package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/engine/internal/ledger"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

const (
	acksTotal      = 1 << 20         // writes of all threads together whose time is kept, at most
	acksMost       = 1 << 14         // of one thread
	acksLeast      = 1 << 8          // of one thread; a watcher that is further behind finds no time for its event
	watchGrace     = 5 * time.Second // for events that are still on their way when the threads have ended
	watchPoll      = time.Millisecond
	watchLastKeys  = 1 << 20 // keys whose last value all watchers together remember
	propertyWatch  = "watch"
	unacknowledged = -1
)

// acks is what a thread tells the watchers of its writes: when each was
// acknowledged. The thread alone writes, any number of watchers read.
type acks struct {
	slots    []ack
	changes  int64 // that were acknowledged in the phase
	doubtful int64 // that may have taken effect
}

type ack struct {
	write atomic.Int64 // its number + 1
	at    atomic.Int64 // from the run's zero; unacknowledged: it failed
}

func newAcks(threads int) *acks {
	size := acksMost
	for size > acksLeast && size*threads > acksTotal {
		size /= 2
	}
	return &acks{slots: make([]ack, size)}
}

// slot is where a write of the thread is told.
func (a *acks) slot(write int64) *ack { return &a.slots[write&int64(len(a.slots)-1)] }

// tell publishes what became of the thread's last write, or of several.
func (a *acks) tell(op sample.Op, g *load.Generator, status sample.Status, end time.Duration) {
	if op.Effect() == sample.EffectNone {
		return
	}
	writes := int64(1)
	if op.Several() {
		writes = int64(len(g.Keys()))
	}
	at := int64(end)
	switch {
	case status == sample.OK:
		a.changes += writes
	case uncertain(status):
		a.doubtful += writes
		at = unacknowledged
	default:
		at = unacknowledged
	}
	if !op.TakesValue() {
		return
	}
	for last := g.LastWrite(); writes > 0; writes-- {
		number := last - writes + 1
		slot := a.slot(number)
		slot.at.Store(at)
		slot.write.Store(number + 1)
	}
}

// find returns when a write was acknowledged. known is false while it has not
// been; at is unacknowledged if it never was, or if it is too long ago.
func (a *acks) find(write int64) (at int64, known bool) {
	slot := a.slot(write)
	switch number := slot.write.Load(); {
	case number < write+1:
		return 0, false
	case number > write+1:
		return unacknowledged, true
	}
	at = slot.at.Load()
	if slot.write.Load() != write+1 {
		return unacknowledged, true
	}
	return at, true
}

// watcher is a session that watches the keys that threads share.
type watcher struct {
	engine  *engine
	number  int
	session driver.Session
	able    abilities
	samples *ring

	events       <-chan driver.WatchEvent
	cancel       context.CancelFunc
	over         chan struct{} // closed when no more events are wanted
	told, missed atomic.Int64
	waiting      []told           // whose write has not been acknowledged yet
	last         map[string]stamp // nil: not remembered
	disorder     string
	broke        bool // the watch ended before it was to
}

// told is an event that has come.
type told struct {
	stamp
	at time.Duration
}

// stamp tells which write an event is of.
type stamp struct {
	thread int
	write  int64
}

// watch begins to watch, before the threads of a phase are let go.
func (w *watcher) watch(ctx context.Context, folder []byte) error {
	ctx, w.cancel = context.WithCancel(ctx)
	w.told.Store(0)
	w.missed.Store(0)
	w.waiting, w.disorder, w.broke, w.last, w.over = nil, "", false, nil, make(chan struct{})
	if e := w.engine; e.Load.Keys.Count*len(e.watchers) <= watchLastKeys {
		w.last = make(map[string]stamp, e.Load.Keys.Count)
	}
	var err error
	if w.events, err = w.able.watcher.Watch(ctx, folder); err != nil {
		w.cancel()
		return fmt.Errorf("watcher %d: watch %s: %w", w.number, folder, err)
	}
	return nil
}

// follow takes events until no more are wanted and all are accounted for.
func (w *watcher) follow() {
	defer w.cancel()
	tick := time.NewTicker(watchPoll)
	defer tick.Stop()
	for {
		var settling <-chan time.Time
		if len(w.waiting) > 0 {
			settling = tick.C
		}
		select {
		case e, ok := <-w.events:
			if !ok { // what has come is still accounted for
				w.broke, w.events = true, nil
				continue
			}
			w.take(e, time.Since(w.engine.zero))
		case <-settling:
		case <-w.over:
			w.settle(true)
			return
		}
		w.settle(false)
	}
}

func (w *watcher) take(e driver.WatchEvent, at time.Duration) {
	w.told.Add(1)
	w.missed.Add(int64(e.Missed))
	thread, write, ok := load.ReadStamp(e.Value)
	if !ok || thread >= len(w.engine.workers) {
		return // a deletion, or a value too small to tell its write
	}
	now := stamp{thread, write}
	w.waiting = append(w.waiting, told{now, at})
	if w.last == nil {
		return
	}
	if before, ok := w.last[e.Key]; ok && before.thread == thread && before.write >= write && w.disorder == "" {
		w.disorder = fmt.Sprintf("%s: thread %d's write %d was told after its write %d", e.Key, thread, write, before.write)
	}
	w.last[e.Key] = now
}

// settle records the events whose write was acknowledged, in the order in which
// they came. A watcher may be told before the writer is: that took no time.
func (w *watcher) settle(all bool) {
	done := 0
	for _, t := range w.waiting {
		at, known := w.engine.workers[t.thread].acks.find(t.write)
		if !known && !all && time.Since(w.engine.zero)-t.at < w.engine.Setup.Timeout+StopGrace {
			break
		}
		done++
		if !known || at == unacknowledged {
			continue
		}
		start := min(time.Duration(at), t.at)
		w.samples.push(sample.Sample{Intended: int64(start), Start: int64(start), Latency: int64(t.at - start), Op: sample.OpWatch})
	}
	w.waiting = w.waiting[:copy(w.waiting, w.waiting[done:])]
}

// watching is the watchers of a phase at work.
type watching struct {
	watchers  []*watcher
	following sync.WaitGroup
}

// startWatching has the first n watchers watch. Nothing is missed from its
// return on.
func (e *engine) startWatching(ctx context.Context, n int) (*watching, error) {
	on := &watching{watchers: e.watchers[:n]}
	var group errgroup.Group
	group.SetLimit(openAtOnce)
	folder := e.workers[0].operations.Folder()
	for _, w := range on.watchers {
		group.Go(func() error { return w.watch(ctx, folder) })
	}
	if err := group.Wait(); err != nil {
		for _, w := range on.watchers {
			if w.cancel != nil {
				w.cancel()
			}
		}
		return nil, err
	}
	for _, w := range e.workers {
		w.acks = nil
		if n > 0 {
			w.acks = newAcks(e.Threads)
		}
	}
	for _, w := range on.watchers {
		on.following.Go(w.follow)
	}
	return on, nil
}

// stop waits for events that are on their way, and ends the watches.
func (on *watching) stop(ctx context.Context, changes int64) {
	deadline := time.Now().Add(watchGrace)
	for time.Now().Before(deadline) && ctx.Err() == nil && !on.complete(changes) {
		time.Sleep(watchPoll)
	}
	for _, w := range on.watchers {
		close(w.over)
	}
	on.following.Wait()
}

func (on *watching) complete(changes int64) bool {
	for _, w := range on.watchers {
		if w.told.Load()+w.missed.Load() < changes {
			return false
		}
	}
	return true
}

// changes returns how many changes the watchers are to be told of, at least and
// at most.
func (e *engine) changes() (least, most int64) {
	for _, w := range e.workers {
		least += w.acks.changes
		most += w.acks.changes + w.acks.doubtful
	}
	return least, most
}

// verdict says whether the watchers were told what they were promised: every
// change in order, or where the driver says that watches coalesce, the last
// one of every key.
func (on *watching) verdict(e *engine) record.Verdict {
	v := record.Verdict{Property: propertyWatch, Result: record.Held}
	least, most := e.changes()
	coalesces := e.Driver.Info().WatchCoalesces
	var toldAll, missedAll int64
	violate := func(format string, args ...any) {
		if v.Result == record.Held {
			v.Result, v.Detail = record.Violated, fmt.Sprintf(format, args...)
		}
	}
	var ledgers []*ledger.Ledger
	for _, w := range e.workers {
		ledgers = append(ledgers, w.written)
	}
	expected := ledger.Expect(ledgers)
	for _, w := range on.watchers {
		told, missed := w.told.Load(), w.missed.Load()
		toldAll, missedAll = toldAll+told, missedAll+missed
		switch {
		case w.disorder != "":
			violate("watcher %d: %s", w.number, w.disorder)
		case told+missed > most:
			violate("watcher %d was told of %d changes and %d that it missed, and there were %d", w.number, told, missed, most)
		case !coalesces && told+missed < least:
			violate("watcher %d was told of %d changes and %d that it missed, and %d were acknowledged%s", w.number, told, missed, least, w.why())
		}
		if key := w.behind(expected); key != "" {
			violate("watcher %d was not told of the last change of %s%s", w.number, key, w.why())
		}
	}
	v.Checked = toldAll
	e.missed += missedAll
	if v.Result == record.Held {
		v.Detail = fmt.Sprintf("%d watchers were told of %d changes in all, and missed %d; there were %d for each", len(on.watchers), toldAll, missedAll, least)
	}
	return v
}

// why says what is known of a watcher that has missed something.
func (w *watcher) why() string {
	if w.broke {
		return ": the store or its driver ended the watch"
	}
	return ""
}

// behind returns a key whose last write the watcher was not told of.
func (w *watcher) behind(expected map[string]ledger.Expectation) string {
	for key, e := range expected {
		seen, ok := w.last[key]
		if !ok || e.Absent {
			continue
		}
		found := false
		for _, write := range e.Writes {
			found = found || seen == stamp{write.Thread, write.Number}
		}
		if !found {
			return key
		}
	}
	return ""
}
