package history

import (
	"context"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/benchctl/benchctl/core/sample"
)

// operation is one of a key's history. It takes effect at one moment of its
// time, which is at first that from call to return, and for ever if its
// outcome is unknown.
type operation struct {
	Operation
	thread   int
	from, to int64
	maybe    bool // it may have taken effect, or not

	// When its history is narrowed:
	at   int  // its place
	seen bool // somebody read what it wrote
	idle bool // it explains nothing
}

// forever is the end of an operation whose outcome is unknown.
const forever = math.MaxInt64

// history is what was asked of one key, in the order of the calls.
type history struct {
	start      Value // of the key
	operations []operation
}

// step returns what an operation makes of a key's value, and whether it can
// have ended as it did. A value that is not known could be any.
func step(value Value, o *operation) (next Value, ok bool) {
	is := func(v Value) bool { return value == v || value == anything }
	present := value != Nothing
	switch o.Status {
	case sample.NotFound:
		return Nothing, is(Nothing)
	case sample.Exists:
		return value, present
	case sample.Conflict:
		return value, value != o.Read
	}
	switch op := o.Op; {
	case o.conditional():
		return o.Wrote, is(o.Read)
	case op.Reads():
		return o.Read, is(o.Read)
	case op.Effect() == sample.EffectDelete:
		return Nothing, present
	case op.Requires() == sample.KeyAbsent:
		return o.Wrote, is(Nothing)
	case op.Requires() == sample.KeyPresent:
		return o.Wrote, present
	}
	return o.Wrote, true
}

// state is what a key has at one moment of an order.
type state struct {
	value   Value
	readers int // that still have to find it
}

// after returns the state after an operation, and whether it can come there in
// an order. As no two writes make the same value, a write can only come when
// all have found what it overwrites; readers says how many there are of each
// value, or nothing at all.
func (s state) after(o *operation, readers map[Value]int) (next state, ok bool) {
	next.value, ok = step(s.value, o)
	next.readers = s.readers
	if o.reads() && !o.maybe {
		if s.value == anything {
			next.readers = readers[o.Read]
		}
		next.readers = max(next.readers-1, 0)
	}
	if o.effect() {
		ok = ok && next.readers == 0
		next.readers = readers[next.value]
	}
	return next, ok
}

const (
	searchBytes = 128 << 20 // that one search may take
	stateBytes  = 200       // that porcupine keeps of each state which it comes to, beside a bit for every operation
	clockEvery  = 64        // steps between two looks at the clock
)

// checker checks histories until ctx or its time ends.
type checker struct {
	ctx      context.Context
	deadline time.Time
	memory   int // bytes
}

func (c checker) over() bool { return c.ctx.Err() != nil || !time.Now().Before(c.deadline) }

// check searches for an order of a history. It returns Undecided when it has
// come to more states than there is memory for, or has taken a quarter of the
// time that is left: so there is some for whatever comes next.
func (c checker) check(h history) Result {
	if c.over() {
		return Undecided
	}
	c.deadline = time.Now().Add(time.Until(c.deadline) / 4)
	h = history{h.start, narrowed(h)}
	readers := map[Value]int{}
	for _, o := range h.operations {
		if o.reads() && !o.maybe {
			readers[o.Read]++
		}
	}
	return c.search(h, readers)
}

// search leaves it to porcupine to try the orders, until the time or the memory
// is used up.
func (c checker) search(h history, readers map[Value]int) Result {
	left := c.memory / (len(h.operations)/8 + stateBytes)
	steps, gaveUp := 0, false
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{state{value: h.start}} },
		Step: func(before, input, _ any) []any {
			if steps++; steps%clockEvery == 0 {
				gaveUp = gaveUp || c.over()
			}
			o := input.(*operation)
			next, ok := before.(state).after(o, readers)
			switch {
			case gaveUp || !ok && !o.maybe:
				return nil // and so, once it gives up, the search soon ends
			case left == 0:
				gaveUp = true
				return nil
			}
			left--
			switch {
			case !o.maybe:
				return []any{next}
			case !ok || next == before:
				return []any{before}
			}
			return []any{before, next}
		},
	}
	asked := make([]porcupine.Operation, len(h.operations))
	for i := range h.operations {
		o := &h.operations[i]
		asked[i] = porcupine.Operation{ClientId: o.thread, Input: o, Call: o.from, Return: o.to}
	}
	found := porcupine.CheckOperations(model.ToModel(), asked)
	switch {
	case gaveUp:
		return Undecided
	case found:
		return Held
	}
	return Violated
}
