package history

import (
	"slices"
	"sort"
)

// shortest returns the shortest history in which a violation shows: it ends
// with the first operation that has no place in any order, has no read that is
// not needed, and begins as late as it can. It may be longer if the time does
// not suffice to make sure of less.
func (c checker) shortest(h history) history {
	h = c.sinceLatest(c.withoutReads(c.untilFirst(h)))
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

// withoutReads takes away the operations that change nothing as long as the
// others show the violation without them: many at once, then ever fewer.
// Without a read fewer orders are ruled out, so what is left shows it for the
// whole.
func (c checker) withoutReads(h history) history {
	for size := len(h.operations); size > 0; size /= 2 {
		for begin := 0; begin < len(h.operations) && !c.over(); {
			end := min(begin+size, len(h.operations))
			less := history{start: h.start, operations: slices.Clone(h.operations[:begin])}
			for _, o := range h.operations[begin:end] {
				if o.effect() {
					less.operations = append(less.operations, o)
				}
			}
			less.operations = append(less.operations, h.operations[end:]...)
			if len(less.operations) < len(h.operations) && c.check(less) == Violated {
				h = less
			} else {
				begin = end
			}
		}
	}
	return h
}
