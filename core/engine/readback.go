package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/engine/internal/history"
	"github.com/benchctl/benchctl/core/engine/internal/ledger"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// Bounds of what is read back after a phase, so that it takes a moment and no
// more.
const (
	readBackKeys   = 1000             // whose values are looked at, at most
	readBackListed = 200_000          // keys that are counted in one list, at most
	readBackWithin = 10 * time.Second // for all of it
	readBackLate   = 2 * time.Second  // for a read that may be late
	// Keys that all threads remember together, at most: more would make the
	// threads wait for memory, and only readBackKeys of them are looked at.
	ledgerRoom      = 8 << 10
	numbersRoom     = 64 << 10 // keys that the store has numbered, likewise
	ledgerRoomLeast = 64       // keys that a thread remembers at least
	keyRoom         = 96       // bytes of a key that is remembered, at most
)

// The properties that are checked after a phase.
const (
	propertyReadBack     = "read-back"    // what was acknowledged is there
	propertySequence     = "sequence"     // numbers are unique and growing
	propertyLinearizable = "linearizable" // an order of the operations explains all answers
)

// verifier checks, between the phases, that the store has done what it
// acknowledged: it counts keys, and reads a choice of them through other
// sessions than those that wrote them.
type verifier struct {
	*engine
	filled bool // all keys that threads share were created
}

// remembering gives every thread what it needs to remember its writes.
func (e *engine) remembering() {
	room := func(all int) int { return max(all/e.Threads, ledgerRoomLeast) }
	for _, w := range e.workers {
		w.written, w.tally.lastNumber = ledger.New(e.Seed, room(ledgerRoom), keyRoom), none
		if slices.ContainsFunc(e.Load.Ops(), sample.Op.Numbered) {
			w.tally.numbers = ledger.New(e.Seed, room(numbersRoom), keyRoom)
		}
		if e.recordsHistories() {
			w.history = history.New(e.Seed, max(historyRoom/e.Threads, historyRoomLeast), keyRoom)
		}
	}
}

// remembers reports whether what threads write in a phase is remembered. A
// warm-up on keys of the threads' own leaves nothing for later phases.
func (e *engine) remembers(phase load.Phase) bool {
	return (e.Verify != load.VerifyNone || phase.Watchers > 0) && (!phase.Warmup || e.Load.Keys.Space == load.SpaceShared)
}

// verified checks the store after a phase.
func (v *verifier) verified(ctx context.Context, index int, phase load.Phase) error {
	if phase.Fill {
		v.filled = true
		if n := v.unfilled(); n > 0 {
			v.doubts = append(v.doubts, fmt.Sprintf("%s: of %d keys that all threads share %d could not be created, so operations on them may find nothing", phase.Name, v.Load.Keys.Count, n))
		}
	}
	if v.Verify == load.VerifyNone || ctx.Err() != nil || len(v.hung) > 0 || phase.Warmup && !phase.Fill {
		return nil
	}
	if verdict := v.readBack(ctx); verdict.Checked > 0 || verdict.Result != record.Held {
		if err := v.outbox.Put(protocol.Verdict(index, verdict)); err != nil {
			return err
		}
	}
	if !phase.Fill && slices.ContainsFunc(phase.Mix, func(s load.Share) bool { return s.Op.Numbered() }) {
		if err := v.outbox.Put(protocol.Verdict(index, v.sequence())); err != nil {
			return err
		}
	}
	if v.Verify != load.VerifyLinearizable || phase.Warmup {
		return nil
	}
	verdict := v.linearizable(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return v.outbox.Put(protocol.Verdict(index, verdict))
}

// unfilled counts the keys that all threads share of which it is not known that
// they were created.
func (v *verifier) unfilled() (n int64) {
	for _, w := range v.workers {
		n += w.tally.unfilled
	}
	return n
}

// finding is what a check of one key or folder came to.
type finding struct {
	violation string
	undecided string
}

// readBack looks for what was acknowledged.
func (v *verifier) readBack(ctx context.Context) record.Verdict {
	ctx, cancel := context.WithTimeout(ctx, readBackWithin)
	defer cancel()
	verdict := record.Verdict{Property: propertyReadBack, Result: record.Held}
	if v.keysExpired() {
		verdict.Result, verdict.Detail = record.Undecided, keysHaveExpired
		return verdict
	}
	unsynced := v.sync(ctx)
	var ledgers []*ledger.Ledger
	for _, w := range v.workers {
		ledgers = append(ledgers, w.written)
	}
	expected := ledger.Expect(ledgers)
	keys := spread(slices.Sorted(maps.Keys(expected)), readBackKeys)
	values := v.inParallel(len(keys), func(i int) int { return reader(expected[keys[i]]) }, func(session int, i int) finding {
		return v.readKey(ctx, session, keys[i], expected[keys[i]])
	})
	folders := v.countable()
	counts := v.inParallel(len(folders), func(i int) int { return i + 1 }, func(session int, i int) finding {
		return v.count(ctx, session, folders[i])
	})
	if len(keys) == 0 && v.nothing() {
		return verdict // there is nothing that could have been lost
	}
	verdict.Checked = int64(len(keys) + len(folders))
	// A count tells how much was lost; a key may or may not be one that was chosen.
	violated, undecided := first(append(counts, values...))
	switch {
	case violated != "" && unsynced != nil:
		verdict.Result, verdict.Detail = record.Undecided, fmt.Sprintf("%s; reads may be late, as not all sessions could catch up: %v", violated, unsynced)
	case violated != "":
		verdict.Result, verdict.Detail = record.Violated, violated
	case undecided != "":
		verdict.Result, verdict.Detail = record.Undecided, undecided
	default:
		verdict.Detail = fmt.Sprintf("%s the value that was acknowledged last (chosen from %.3g %% of all), and %s right",
			counted(len(keys), "key has", "keys have"), 100*ledger.Share(ledgers), counted(len(folders), "count of keys is", "counts of keys are"))
	}
	return verdict
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// nothing reports whether no creation was acknowledged.
func (v *verifier) nothing() bool {
	return !v.filled && !slices.ContainsFunc(v.workers, func(w *worker) bool { return w.tally.created > 0 })
}

const keysHaveExpired = "sessions have expired, and ephemeral keys with them"

// keysExpired reports whether the store may have deleted keys of its own accord.
func (v *verifier) keysExpired() bool {
	return v.incidents.expired() && slices.ContainsFunc(v.Load.Ops(), sample.Op.Ephemeral)
}

// first returns the first violation and the first thing undecided, with how
// many others there are.
func first(findings []finding) (violated, undecided string) {
	pick := func(text func(finding) string) string {
		found, more := "", 0
		for _, f := range findings {
			switch {
			case text(f) == "":
			case found == "":
				found = text(f)
			default:
				more++
			}
		}
		if more > 0 {
			found += fmt.Sprintf(" (and %d more of %d that were checked)", more, len(findings))
		}
		return found
	}
	return pick(func(f finding) string { return f.violation }), pick(func(f finding) string { return f.undecided })
}

// spread takes n of the keys, evenly.
func spread(keys []string, n int) []string {
	if len(keys) <= n {
		return keys
	}
	chosen := make([]string, n)
	for i := range chosen {
		chosen[i] = keys[i*len(keys)/n]
	}
	return chosen
}

// reader is a thread whose session did not write the key last.
func reader(e ledger.Expectation) int {
	if len(e.Writes) == 0 {
		return 0
	}
	return e.Writes[0].Thread + 1
}

// inParallel does n things with the sessions of the threads, each by the one
// that it belongs to, and returns what was found.
func (v *verifier) inParallel(n int, belongs func(i int) int, do func(session int, i int) finding) []finding {
	found := make([]finding, n)
	bySession := map[int][]int{}
	for i := range n {
		session := belongs(i) % len(v.workers)
		bySession[session] = append(bySession[session], i)
	}
	var group errgroup.Group
	group.SetLimit(openAtOnce)
	for session, mine := range bySession {
		group.Go(func() error {
			for _, i := range mine {
				found[i] = do(session, i)
			}
			return nil
		})
	}
	_ = group.Wait()
	return found
}

// sync lets sessions whose reads may be late catch up with what was
// acknowledged. Where that fails, their answers prove nothing.
func (v *verifier) sync(ctx context.Context) error {
	if v.reads == driver.Linearizable {
		return nil
	}
	var group errgroup.Group
	for _, w := range v.workers {
		if s, ok := w.session.(driver.Syncer); ok {
			group.Go(func() error { return s.Sync(ctx) })
		}
	}
	return group.Wait()
}

// settled asks again while an answer that is not right may just be late.
func (v *verifier) settled(ctx context.Context, ask func() finding) finding {
	found := ask()
	if v.reads == driver.Linearizable {
		return found
	}
	for late := time.Now().Add(readBackLate); found.violation != "" && time.Now().Before(late) && ctx.Err() == nil; found = ask() {
		time.Sleep(readBackLate / 100)
	}
	return found
}

// readKey compares a key's value with what may be there.
func (v *verifier) readKey(ctx context.Context, session int, key string, e ledger.Expectation) finding {
	return v.settled(ctx, func() finding {
		value, err := v.workers[session].session.Get(ctx, []byte(key))
		switch {
		case errors.Is(err, driver.ErrNotFound):
			if e.Absent {
				return finding{}
			}
			return finding{violation: fmt.Sprintf("%s is not there, though its creation was acknowledged", key)}
		case err != nil:
			return finding{undecided: fmt.Sprintf("%s could not be read: %v", key, err)}
		}
		for _, w := range e.Writes {
			if bytes.Equal(value, v.workers[session].operations.ValueOf(w.Thread, w.Number)) {
				return finding{}
			}
		}
		if len(e.Writes) == 0 {
			return finding{violation: fmt.Sprintf("%s is there, though its deletion was acknowledged", key)}
		}
		return finding{violation: fmt.Sprintf("%s has %s, though %s was acknowledged after it", key, nameValue(value), nameWrites(e.Writes))}
	})
}

func nameValue(value []byte) string {
	thread, write, ok := load.ReadStamp(value)
	if !ok {
		return fmt.Sprintf("a value of %d bytes that was not written last", len(value))
	}
	return fmt.Sprintf("the value of thread %d's write %d", thread, write)
}

func nameWrites(writes []ledger.Write) string {
	var names []string
	for _, w := range writes {
		names = append(names, fmt.Sprintf("thread %d's write %d", w.Thread, w.Number))
	}
	return strings.Join(names, " or ")
}

// countable is a folder whose keys can be counted, with how many there should be.
type countable struct {
	folder      string
	least, most int64
}

// countable returns the folders to count: each thread's own, or the one that
// all share.
func (v *verifier) countable() []countable {
	var folders []countable
	if v.Load.Keys.Space == load.SpaceShared {
		if !v.filled {
			return nil // who has created which keys is not known
		}
		c := countable{folder: string(v.workers[0].operations.Folder()), least: int64(v.Load.Keys.Count) - v.unfilled(), most: int64(v.Load.Keys.Count)}
		for _, w := range v.workers {
			c.add(w.tally)
		}
		folders = append(folders, c)
	} else {
		for _, w := range v.workers {
			c := countable{folder: string(w.operations.Folder())}
			c.add(w.tally)
			folders = append(folders, c)
		}
	}
	return slices.DeleteFunc(folders, func(c countable) bool { return c.most > readBackListed })
}

func (c *countable) add(t tally) {
	live := t.created - t.deleted
	c.least, c.most = c.least+live-t.doubtful, c.most+live+t.doubtful
}

func (v *verifier) count(ctx context.Context, session int, c countable) finding {
	return v.settled(ctx, func() finding {
		keys, err := v.workers[session].session.List(ctx, []byte(c.folder))
		if err != nil {
			return finding{undecided: fmt.Sprintf("%s could not be listed: %v", c.folder, err)}
		}
		if n := int64(len(keys)); n < c.least || n > c.most {
			should := fmt.Sprint(c.least)
			if c.most > c.least {
				should = fmt.Sprintf("%d to %d", c.least, c.most)
			}
			return finding{violation: fmt.Sprintf("%s has %d keys, and from what was acknowledged there should be %s", c.folder, n, should)}
		}
		return finding{}
	})
}

// sequence looks for numbers that were given twice, or not in order.
func (v *verifier) sequence() record.Verdict {
	verdict := record.Verdict{Property: propertySequence, Result: record.Held}
	var ledgers []*ledger.Ledger
	for _, w := range v.workers {
		ledgers = append(ledgers, w.tally.numbers)
		switch {
		case w.tally.twice != "":
			verdict.Result, verdict.Detail = record.Violated, fmt.Sprintf("%s was given to thread %d twice", w.tally.twice, w.thread)
		case w.tally.backwards != "" && verdict.Result == record.Held:
			verdict.Result, verdict.Detail = record.Violated, fmt.Sprintf("thread %d was given %s after one with a greater number", w.thread, w.tally.backwards)
		}
	}
	given := ledger.Expect(ledgers)
	verdict.Checked = int64(len(given))
	for key, e := range given {
		if len(e.Writes) > 1 {
			verdict.Result, verdict.Detail = record.Violated, fmt.Sprintf("%s was given to %d threads", key, len(e.Writes))
		}
	}
	if verdict.Result == record.Held {
		verdict.Detail = fmt.Sprintf("of %d numbers (chosen from %.3g %% of all) none was given twice, and each session's grow", len(given), 100*ledger.Share(ledgers))
	}
	return verdict
}
