// Package history records what threads did to a choice of keys and what they
// were answered, and checks whether it was linearizable: whether some order of
// the operations on a key, each at one moment between its call and its return,
// explains all answers (Herlihy and Wing, "Linearizability: A Correctness
// Condition for Concurrent Objects", TOPLAS 1990). Linearizability is local:
// a history is linearizable if that of every key is, so each is checked by
// itself. Of a transaction it checks what becomes of each key, not that all
// change at one moment.
//
// Recording bounds its memory and allocates nothing; checking bounds its memory
// and time. The package is pure: it asks no store.
package history

import (
	"fmt"
	"math"

	"github.com/benchctl/benchctl/core/engine/internal/choice"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// Value is what a key has: nothing, or the value of one write of the run.
type Value uint64 // the stamp + 1

// Values that no write of a thread makes.
const (
	Nothing   Value = 0
	Unstamped Value = math.MaxUint64     // too short to tell which write made it
	anything  Value = math.MaxUint64 - 1 // it is not known
)

const writeBits = 40 // of a value; the others number the thread

// ValueOf returns which write made a value.
func ValueOf(value []byte) Value {
	thread, write, ok := load.ReadStamp(value)
	if !ok {
		return Unstamped
	}
	return Made(thread, write)
}

// Made returns the value that a thread's write makes.
func Made(thread int, write int64) Value {
	return min(Value(thread)<<writeBits|Value(write), anything-2) + 1
}

// String names the thread and the number of its write.
func (v Value) String() string {
	switch v {
	case Nothing:
		return "-"
	case Unstamped:
		return "?"
	}
	return fmt.Sprintf("%d:%d", (v-1)>>writeBits, (v-1)&(1<<writeBits-1))
}

// Operation is what a thread asked of a key, and what it was answered.
type Operation struct {
	Op     sample.Op
	Status sample.Status
	// Read is what a get found, and what a compare-and-set or a
	// read-modify-write had found when it wrote, or tried to.
	Read         Value
	Wrote        Value
	Call, Return int64 // nanoseconds from the run's zero
}

// unknown reports whether the operation may have taken effect, or may still do
// so.
func (o *Operation) unknown() bool {
	return o.Status == sample.Timeout || o.Status == sample.Unavailable || o.Status == sample.Other
}

// failed reports whether the operation has had no effect for sure.
func (o *Operation) failed() bool { return o.Status != sample.OK && !o.unknown() }

// effect reports whether the operation changes the key, or may have.
func (o *Operation) effect() bool { return o.Op.Effect() != sample.EffectNone && !o.failed() }

// reads reports whether the operation found what it has read when it took
// effect.
func (o *Operation) reads() bool { return o.Read != Nothing && !o.failed() }

// conditional reports whether the operation writes only to a key that has what
// it has read.
func (o *Operation) conditional() bool { return o.Op.Reads() && o.Op.Effect() == sample.EffectWrite }

// tells reports whether anything can be learnt from the operation: not from one
// that has no key of its own, nor from a read without an answer, nor from a
// failure that has nothing to do with what the key has.
func (o *Operation) tells() bool {
	switch op := o.Op; {
	case op.Numbered(), op.Effect() == sample.EffectNone && !op.Reads():
		return false
	case op.Effect() == sample.EffectNone:
		return o.Status == sample.OK || o.Status == sample.NotFound
	case o.conditional():
		return o.Status == sample.NotFound || o.Read != Nothing && (o.effect() || o.Status == sample.Conflict)
	case op.Several(): // which of the keys was absent is not said
		return o.effect()
	case op.Requires() == sample.KeyAbsent:
		return o.effect() || o.Status == sample.Exists
	case op.Requires() == sample.KeyPresent:
		return o.effect() || o.Status == sample.NotFound
	}
	return o.effect()
}

// Recorder keeps the operations of one thread on the keys that it has chosen.
// When it is full it halves the choice and forgets what is no longer chosen, so
// that the histories of the others are whole. When that would leave nothing,
// they end there. It is not safe for concurrent use.
type Recorder struct {
	choice  choice.Choice
	entries []entry // as many as there is room for
	kept    int
	keys    []byte
	stride  int   // room for a key
	ends    int64 // when the first operation was called for which there was no room
}

type entry struct {
	Operation
	hash uint64
	size int // of the key
}

// New returns a recorder with room for a number of operations on keys of at
// most stride bytes. Those on longer keys are not recorded. Recorders that are
// to be put together need the same salt.
func New(salt uint64, room, stride int) *Recorder {
	return &Recorder{
		choice: choice.New(salt), entries: make([]entry, room),
		keys: make([]byte, room*stride), stride: stride, ends: math.MaxInt64,
	}
}

// Record adds an operation that has ended.
func (r *Recorder) Record(key []byte, o Operation) {
	hash := r.choice.Hash(key)
	if !r.choice.Has(hash) || r.ends != math.MaxInt64 || len(key) > r.stride || !o.tells() {
		return
	}
	for r.kept == len(r.entries) {
		if !r.narrow() {
			r.ends = o.Call
			return
		}
	}
	if r.choice.Has(hash) {
		r.entries[r.kept] = entry{o, hash, copy(r.keys[r.kept*r.stride:], key)}
		r.kept++
	}
}

// narrow halves the choice, unless nothing would be left of what is kept.
func (r *Recorder) narrow() bool {
	half := r.choice.Half()
	kept := 0
	for i := range r.kept {
		if !half.Has(r.entries[i].hash) {
			continue
		}
		if kept < i {
			r.entries[kept] = r.entries[i]
			copy(r.keys[kept*r.stride:], r.key(i))
		}
		kept++
	}
	if kept == 0 {
		return false
	}
	r.choice, r.kept = half, kept
	return true
}

func (r *Recorder) key(i int) []byte {
	begin := i * r.stride
	return r.keys[begin : begin+r.entries[i].size]
}
