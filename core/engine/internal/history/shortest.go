package history

import (
	"slices"
	"sort"
)

// shortest returns the shortest history in which a violation shows: it ends
// with the first operation that has no place in any order, has no read and no
// write that is not needed, and begins as late as it can. It may be longer if
// the time does not suffice to make sure of less.
func (c checker) shortest(h history) history {
	h = c.untilFirst(h)
	h = c.weakened(h, unread)
	h = c.weakened(h, unsure)
	h = c.sinceLatest(h)
	return history{h.start, h.before(narrowed(h))}
}

// untilFirst cuts a history off as soon as it is not linearizable.
func (c checker) untilFirst(h history) history {
	var ends []int64
	for _, o := range h.operations {
		if !o.maybe {
			ends = append(ends, o.to)
		}
	}
	slices.Sort(ends)
	return h.until(ends[sort.Search(len(ends)-1, func(i int) bool {
		return c.check(h.until(ends[i])) == Violated
	})])
}

// sinceLatest cuts off the beginning that is not needed.
func (c checker) sinceLatest(h history) history {
	late := sort.Search(len(h.operations), func(i int) bool {
		return c.check(h.since(h.operations[i].from)) != Violated
	})
	if late == 0 {
		return h
	}
	return h.since(h.operations[late-1].from)
}

// unread takes an operation away that changes nothing. Without it fewer orders
// are ruled out.
func unread(o *operation) (kept, weaker bool) { return o.effect(), !o.effect() }

// unsure makes as if a write might not have taken effect. So fewer orders are
// ruled out; were it taken away there could be more.
func unsure(o *operation) (kept, weaker bool) {
	weaker = o.effect() && !o.maybe
	o.maybe = o.maybe || weaker
	return true, weaker
}

// weakened weakens operations as long as the history shows its violation all
// the same: many at once, then ever fewer.
func (c checker) weakened(h history, weaken func(o *operation) (kept, weaker bool)) history {
	for size := len(h.operations); size > 0; size /= 2 {
		for begin := 0; begin < len(h.operations) && !c.over(); {
			end := min(begin+size, len(h.operations))
			less, weaker := history{start: h.start, operations: slices.Clone(h.operations[:begin])}, false
			for _, o := range h.operations[begin:end] {
				kept, now := weaken(&o)
				if kept {
					less.operations = append(less.operations, o)
				}
				weaker = weaker || now
			}
			next := len(less.operations)
			less.operations = append(less.operations, h.operations[end:]...)
			if weaker && c.check(less) == Violated {
				h, begin = less, next
			} else {
				begin = end
			}
		}
	}
	return h
}
