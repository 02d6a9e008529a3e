package history

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/benchctl/benchctl/core/sample"
)

// simulation executes random operations of several threads on one key, each at
// one moment between its call and its return. Some are never answered: they
// take effect at that moment, or much later, or never.
type simulation struct {
	random   *rand.Rand
	ops      []sample.Op
	unknown  float64 // share of the operations without an answer
	held     Value   // by the key
	done     []operation
	writes   []int64 // of each thread
	lastRead []Value // by each thread
	pending  []event
	left     int // operations
}

type event struct {
	at int64
	do func(at int64)
}

// simulated returns a history of a number of operations.
func simulated(random *rand.Rand, threads, operations int, unknown float64) history {
	s := &simulation{random: random, ops: simulatedOps, unknown: unknown, left: operations, writes: make([]int64, threads), lastRead: make([]Value, threads)}
	switch random.IntN(4) {
	case 0:
		s.ops = simulatedOps[:len(simulatedOps)-2] // without conflicts
	case 1:
		s.ops = simulatedOps[2:7] // without deletions either
	}
	for thread := range threads {
		s.in(0, 50, func(at int64) { s.begin(thread, at) })
	}
	for len(s.pending) > 0 {
		next := 0
		for i, e := range s.pending {
			if e.at < s.pending[next].at {
				next = i
			}
		}
		e := s.pending[next]
		s.pending = slices.Delete(s.pending, next, next+1)
		e.do(e.at)
	}
	slices.SortStableFunc(s.done, func(a, b operation) int { return cmp.Compare(a.Call, b.Call) })
	return history{operations: s.done}
}

// in does something at a random time after another.
func (s *simulation) in(after, within int64, do func(at int64)) {
	s.pending = append(s.pending, event{after + 1 + s.random.Int64N(within), do})
}

var simulatedOps = []sample.Op{
	sample.OpDelete, sample.OpCreateEphemeral, sample.OpCreate, sample.OpPut, sample.OpSet, sample.OpGet, sample.OpGet,
	sample.OpGet, sample.OpTransaction, sample.OpCompareAndSet, sample.OpReadModifyWrite,
}

func (s *simulation) begin(thread int, now int64) {
	if s.left == 0 {
		return
	}
	s.left--
	o := operation{thread: thread, from: now}
	o.Op, o.Call = s.ops[s.random.IntN(len(s.ops))], now
	if o.Op != sample.OpGet && o.Op != sample.OpDelete {
		o.Wrote = Made(thread, s.writes[thread])
		s.writes[thread]++
	}
	if o.conditional() {
		o.Read = s.lastRead[thread]
	}
	if s.random.Float64() < s.unknown {
		s.unanswered(o)
		return
	}
	s.in(now, 40, func(at int64) {
		o.Status = s.apply(&o)
		s.in(at, 40, func(at int64) { s.end(o, at) })
	})
}

// unanswered has an operation end without an answer.
func (s *simulation) unanswered(o operation) {
	o.Status = sample.Timeout
	switch s.random.IntN(3) {
	case 0:
		s.in(o.from, 40, func(int64) { s.apply(&o) })
	case 1:
		s.in(o.from, 1000, func(int64) { s.apply(&o) })
	}
	s.in(o.from, 40, func(at int64) { s.end(o, at) })
}

func (s *simulation) end(o operation, at int64) {
	o.Return, o.to = at, at
	if o.unknown() {
		o.to, o.maybe = forever, true
	}
	if o.tells() {
		s.done = append(s.done, o)
	}
	s.in(at, 20, func(at int64) { s.begin(o.thread, at) })
}

// apply has an operation take effect, and returns how it ends.
func (s *simulation) apply(o *operation) sample.Status {
	absent := s.held == Nothing
	switch o.Op {
	case sample.OpCreate, sample.OpCreateEphemeral:
		if !absent {
			return sample.Exists
		}
		s.held = o.Wrote
	case sample.OpPut:
		s.held = o.Wrote
	case sample.OpGet:
		if absent {
			return sample.NotFound
		}
		o.Read, s.lastRead[o.thread] = s.held, s.held
	case sample.OpDelete:
		if absent {
			return sample.NotFound
		}
		s.held = Nothing
	case sample.OpSet, sample.OpTransaction:
		if absent {
			return sample.NotFound
		}
		s.held = o.Wrote
	default:
		if absent {
			return sample.NotFound
		}
		if o.Read != s.held {
			return sample.Conflict
		}
		s.held = o.Wrote
	}
	return sample.OK
}

// corrupted has one operation of a history end in another way, or one get find
// the value of a random write.
func corrupted(random *rand.Rand, h history) history {
	values := []Value{Made(9, 9)}
	for _, o := range h.operations {
		if o.Wrote != Nothing {
			values = append(values, o.Wrote)
		}
	}
	bad := history{operations: slices.Clone(h.operations)}
	for range 100 {
		o := &bad.operations[random.IntN(len(bad.operations))]
		other := *o
		switch other.Status = []sample.Status{sample.OK, sample.Exists, sample.NotFound, sample.Conflict}[random.IntN(4)]; {
		case other.Op != sample.OpGet:
		case other.Status == sample.OK:
			other.Read = values[random.IntN(len(values))]
		default:
			other.Read = Nothing
		}
		if !o.maybe && other.tells() && other != *o {
			*o = other
			return bad
		}
	}
	return bad
}
