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
	switch o.Op {
	case sample.OpCreate, sample.OpCreateEphemeral:
		return o.Wrote, is(Nothing)
	case sample.OpSet, sample.OpTransaction:
		return o.Wrote, present
	case sample.OpGet:
		return o.Read, is(o.Read)
	case sample.OpDelete:
		return Nothing, present
	case sample.OpCompareAndSet, sample.OpReadModifyWrite:
		return o.Wrote, is(o.Read)
	}
	return o.Wrote, true // put
}

const (
	searchBytes = 64 << 20 // that one search may take
	stateBytes  = 200      // that porcupine keeps of each state which it comes to, beside a bit for every operation
	clockEvery  = 64       // steps between two looks at the clock
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
	return c.search(history{h.start, narrowed(h)})
}

// search leaves it to porcupine to try the orders, until the time or the memory
// is used up.
func (c checker) search(h history) Result {
	left := c.memory / (len(h.operations)/8 + stateBytes)
	steps, gaveUp := 0, false
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{h.start} },
		Step: func(value, input, _ any) []any {
			if steps++; steps%clockEvery == 0 {
				gaveUp = gaveUp || c.over()
			}
			o := input.(*operation)
			next, ok := step(value.(Value), o)
			switch {
			case gaveUp || !ok && !o.maybe:
				return nil // and so, once it gives up, the search soon ends
			case left == 0:
				gaveUp = true
				return nil
			}
			left--
			if o.maybe && ok && next != value {
				return []any{value, next}
			}
			if o.maybe {
				return []any{value}
			}
			return []any{next}
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
