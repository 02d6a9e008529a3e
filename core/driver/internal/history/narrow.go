package history

import (
	"slices"

	"github.com/benchctl/benchctl/core/sample"
)

// narrowed returns the operations of a history with as little room for an order
// as their answers leave. As no two writes make the same value, what was read
// tells which write took effect, and when at the latest; and the value of one
// that may not have taken effect, and that nobody read, explains nothing. So
// many histories with unknown outcomes can be decided which would else take
// longer than anybody waits. The history is linearizable if what is returned is.
func narrowed(h history) []operation {
	operations := slices.Clone(h.operations)
	writers := map[Value]*operation{}
	for i := range operations {
		o := &operations[i]
		o.at = i
		if o.effect() && o.Wrote != Nothing {
			writers[o.Wrote] = o
		}
	}
	for again := true; again; {
		again = false
		for i := range operations {
			o := &operations[i]
			w := writers[o.Read]
			if w == nil || w == o || o.maybe || o.failed() || w.from > o.to {
				continue // it may not have found that, or nobody can have written it
			}
			o.from = max(o.from, w.from)
			w.to = min(w.to, o.to)
			again = again || w.maybe // it may itself have read
			w.maybe = false
		}
	}
	return slices.DeleteFunc(operations, idle(operations))
}

// idle returns which operations explain nothing: those that may not have taken
// effect, whose value nobody read, and without which all others could have
// ended as they did, because the key was present before them and after them.
func idle(operations []operation) func(operation) bool {
	conflicts, deletes := false, false
	present := int64(forever) // from when on the key is, until a deletion
	for i := range operations {
		o := &operations[i]
		conflicts = conflicts || o.Status == sample.Conflict
		deletes = deletes || o.Op == sample.OpDelete && o.effect()
		if o.effect() && o.Op != sample.OpDelete && !o.maybe {
			present = min(present, o.to)
		}
	}
	return func(o operation) bool {
		switch {
		case !o.maybe || conflicts || o.Op == sample.OpDelete:
			return false
		case o.Op == sample.OpPut || o.Op == sample.OpCreate || o.Op == sample.OpCreateEphemeral:
			return !deletes && present < o.from
		}
		return true
	}
}
