// Package ledger remembers what each thread has written under a choice of its
// keys, so that the store can be asked for it when a phase is over. It bounds
// its memory and allocates nothing while a run goes on. It is pure: it asks no
// store.
package ledger

import (
	"bytes"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/engine/internal/choice"
)

// Ledger keeps the last write of one thread to each key that it has chosen. It
// is not safe for concurrent use.
type Ledger struct {
	choice choice.Choice
	slots  []slot // by hash, with open addressing
	kept   int
	stride int // room for a key
	keys   []byte
	spare  []slot // for when the choice is narrowed
	saved  []byte

	scratch []byte
}

type slot struct {
	hash  uint64
	used  bool
	state state
	size  int // of the key
	write Write
}

type state uint8

const (
	wrote state = iota
	deleted
	doubtful
)

// New returns a ledger with room for a number of keys of at most stride bytes.
// Longer keys are not remembered. Ledgers that are to be put together need the
// same salt.
func New(salt uint64, room, stride int) *Ledger {
	size := 2
	for size < 2*room {
		size *= 2
	}
	return &Ledger{
		choice: choice.New(salt), stride: stride,
		slots: make([]slot, size), keys: make([]byte, size*stride),
		spare: make([]slot, size), saved: make([]byte, size*stride),
	}
}

// Wrote notes that a value was acknowledged under a key.
func (l *Ledger) Wrote(key []byte, w Write) { l.note(key, wrote, w) }

// Deleted notes that the deletion of a key was acknowledged.
func (l *Ledger) Deleted(key []byte) { l.note(key, deleted, Write{}) }

// Doubt notes that it is not known whether a write or deletion took effect, or
// when it will. Nothing can be said of the key from then on.
func (l *Ledger) Doubt(key []byte) { l.note(key, doubtful, Write{}) }

// Add notes a key that nobody should write again. It returns false if it was
// there already.
func (l *Ledger) Add(key string) bool {
	l.scratch = append(l.scratch[:0], key...)
	hash := l.choice.Hash(l.scratch)
	if !l.choice.Has(hash) || len(key) > l.stride {
		return true
	}
	if i := l.find(hash, l.scratch); l.slots[i].used {
		return false
	}
	l.note(l.scratch, wrote, Write{})
	return true
}

func (l *Ledger) note(key []byte, now state, w Write) {
	hash := l.choice.Hash(key)
	if !l.choice.Has(hash) || len(key) > l.stride {
		return
	}
	i := l.find(hash, key)
	s := &l.slots[i]
	if !s.used {
		if l.kept >= len(l.slots)/2 {
			l.narrow()
			l.note(key, now, w)
			return
		}
		l.kept++
		*s = slot{hash: hash, used: true, state: now, size: copy(l.keys[i*l.stride:], key), write: w}
		return
	}
	if s.state != doubtful {
		s.state, s.write = now, w
	}
}

// find returns the slot of a key, or the free one where it belongs.
func (l *Ledger) find(hash uint64, key []byte) int {
	mask := len(l.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		if s := &l.slots[i]; !s.used || s.hash == hash && bytes.Equal(l.key(i), key) {
			return i
		}
	}
}

func (l *Ledger) key(i int) []byte {
	begin := i * l.stride
	return l.keys[begin : begin+l.slots[i].size]
}

// narrow halves the choice until there is room.
func (l *Ledger) narrow() {
	for l.kept >= len(l.slots)/2 {
		l.choice = l.choice.Half()
		l.slots, l.spare = l.spare, l.slots
		l.keys, l.saved = l.saved, l.keys
		clear(l.slots)
		l.kept = 0
		for i, s := range l.spare {
			if !s.used || !l.choice.Has(s.hash) {
				continue
			}
			key := l.saved[i*l.stride : i*l.stride+s.size]
			at := l.find(s.hash, key)
			copy(l.keys[at*l.stride:], key)
			l.slots[at] = s
			l.kept++
		}
	}
}

// Expectation is what the store may have under a key, as the ledgers of all
// threads know it: the value of one of the writes, each the last of its thread
// and none over before another began, or nothing if Absent.
type Expectation struct {
	Writes []Write
	Absent bool // a deletion may have been last
}

// Write is one write of one thread. Times count from the run's zero.
type Write struct {
	Thread   int
	Number   int64         // among all that the thread has made
	From, To time.Duration // when it was issued, and when acknowledged
}

// Expect puts the ledgers of threads together: what is to be found under each
// key that all of them would have chosen. Keys of which nothing can be said are
// left out.
func Expect(ledgers []*Ledger) map[string]Expectation {
	chosen := common(ledgers)
	expected := map[string]Expectation{}
	doubted := map[string]bool{}
	for thread, l := range ledgers {
		for i, s := range l.slots {
			if !s.used || !chosen.Has(s.hash) {
				continue
			}
			key := string(l.key(i))
			e := expected[key]
			switch s.state {
			case wrote:
				s.write.Thread = thread
				e.Writes = append(e.Writes, s.write)
			case deleted:
				e.Absent = true
			case doubtful:
				doubted[key] = true
			}
			expected[key] = e
		}
	}
	for key := range doubted {
		delete(expected, key)
	}
	for key, e := range expected {
		all := slices.Clone(e.Writes)
		e.Writes = slices.DeleteFunc(e.Writes, func(w Write) bool {
			return slices.ContainsFunc(all, func(later Write) bool { return later.From > w.To })
		})
		expected[key] = e
	}
	return expected
}

// Share returns which share of all keys the ledgers' choice covers.
func Share(ledgers []*Ledger) float64 { return common(ledgers).Share() }

func common(ledgers []*Ledger) choice.Choice {
	chosen := ledgers[0].choice
	for _, l := range ledgers {
		chosen = chosen.Common(l.choice)
	}
	return chosen
}
