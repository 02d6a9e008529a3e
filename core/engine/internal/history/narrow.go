package history

import (
	"cmp"
	"slices"

	"github.com/benchctl/benchctl/core/sample"
)

// narrowed returns the operations of a history with as little room for an order
// as their answers leave: it is linearizable if, and only if, theirs is. As no
// two writes make the same value, what was read tells which write took effect,
// and when at the latest. Writes that explain nothing are left out. So histories
// can be decided in which threads were held up in the midst of operations, or
// got no answer, and which would else take longer than anybody waits.
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
			if w == nil || w == o || o.maybe || !o.reads() || w.from > o.to {
				continue // it may not have found that, or nobody can have written it
			}
			o.from = max(o.from, w.from)
			w.to = min(w.to, o.to)
			again = again || w.maybe // it may itself have read
			w.maybe, w.seen = false, true
		}
	}
	markIdle(operations)
	return slices.DeleteFunc(operations, func(o operation) bool { return o.idle })
}

// markIdle finds writes that explain nothing: nobody read what they wrote, and
// without them all others can end as they did, as the key is present whether
// they take effect or not. Of those that did take effect it finds the ones that
// have a moment for that just before another write overwrites them.
func markIdle(operations []operation) {
	deletes := false
	present := int64(forever) // from when on the key is, as long as nobody deletes it
	for _, o := range operations {
		if o.Status == sample.Conflict {
			return // any write may explain it
		}
		deletes = deletes || o.Op.Effect() == sample.EffectDelete && o.effect()
		if o.effect() && o.Op.Effect() != sample.EffectDelete && !o.maybe {
			present = min(present, o.to)
		}
	}
	var overwrite []*operation // whatever is there
	for i := range operations {
		o := &operations[i]
		effect := o.Op.Effect()
		if effect == sample.EffectNone || effect == sample.EffectDelete {
			continue
		}
		if o.Op.Requires() != sample.KeyPresent && (deletes || present >= o.from) {
			continue // it may explain that the key is present
		}
		o.idle = o.maybe
		if effect == sample.EffectWrite && o.effect() && !o.conditional() && !o.maybe {
			overwrite = append(overwrite, o)
		}
	}
	slices.SortFunc(overwrite, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(b.from, a.from), cmp.Compare(a.to, b.to))
	})
	ended := int64(forever) // the first of those that began no earlier
	for _, o := range overwrite {
		o.idle = !o.seen && ended <= o.to
		ended = min(ended, o.to)
	}
}
