package engine

import (
	"strconv"
	"time"

	"github.com/benchctl/benchctl/core/engine/internal/ledger"
	"github.com/benchctl/benchctl/core/sample"
)

// tally counts what a thread has written outside of warm-up, for the time when
// the store is asked for it.
type tally struct {
	created  int64 // keys of its own that it has created
	deleted  int64 // of which it has deleted
	unfilled int64 // keys that all threads share which it should have created, and of which it is not known that they are there
	doubtful int64 // creations and deletions of which it is not known whether they took effect

	numbered   string // the key that create-sequential returned last
	lastNumber int64
	numbers    *ledger.Ledger // keys that the store has numbered
	twice      string         // one that it gave a second time
	backwards  string         // one whose number is not above that of the one before
}

// remember notes what an operation has done to the thread's keys.
func (w *worker) remember(op sample.Op, status sample.Status, start, end time.Duration) {
	effect, key := op.Effect(), w.operations.Key()
	switch {
	case effect == sample.EffectNone:
	case op.Several():
		w.rememberTransaction(status, start, end)
	case status == sample.OK && op.Numbered():
		w.rememberNumber()
		w.tally.created++
	case status == sample.OK && effect == sample.EffectDelete:
		w.tally.deleted++
		w.written.Deleted(key)
	case status == sample.OK:
		if w.operations.Adds() {
			w.tally.created++
		}
		w.written.Wrote(key, ledger.Write{Number: w.operations.LastWrite(), From: start, To: end})
	case op == sample.OpCreate && !w.operations.Adds() && status != sample.Exists:
		w.tally.unfilled++
		w.written.Doubt(key)
	case uncertain(status):
		if effect == sample.EffectDelete || op.Numbered() || w.operations.Adds() {
			w.tally.doubtful++
		}
		w.written.Doubt(key)
	}
}

// uncertain reports whether an operation that ended so may have taken effect,
// or may still do so.
func uncertain(status sample.Status) bool {
	return status == sample.Timeout || status == sample.Unavailable || status == sample.Other
}

func (w *worker) rememberTransaction(status sample.Status, start, end time.Duration) {
	keys := w.operations.Keys()
	first := w.operations.LastWrite() - int64(len(keys)) + 1
	for i, key := range keys {
		switch {
		case status == sample.OK:
			w.written.Wrote(key, ledger.Write{Number: first + int64(i), From: start, To: end})
		case uncertain(status):
			w.written.Doubt(key)
		}
	}
}

// rememberNumber notes a key that the store has numbered: no number may be
// given twice, and a session's numbers grow.
func (w *worker) rememberNumber() {
	t := &w.tally
	key := t.numbered
	prefix := len(w.operations.Key())
	if n, err := strconv.ParseInt(key[min(prefix, len(key)):], 10, 64); err != nil || n <= t.lastNumber && t.lastNumber != none {
		t.backwards = key
	} else {
		t.lastNumber = n
	}
	if !t.numbers.Add(key) {
		t.twice = key
	}
}

// none is no number: the store may begin with any from 0 on.
const none = -1
