package history

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// Result is what came of a check.
type Result int

// The results.
const (
	Held Result = iota
	Violated
	Undecided // it would have taken more time or memory than it may, or the values tell nothing
)

// Verdict is what came of checking the histories of all keys.
type Verdict struct {
	Result     Result
	Operations int           // that were checked
	Ends       time.Duration // of the run, when there was no more room for operations; the largest duration if there was
	Detail     string        // one sentence
	History    string        // of a violation: the operations that show it, a line each
}

const (
	partLeast   = 64   // operations that are worth a search of their own
	prefixLeast = 1000 // operations that are checked altogether or not at all
)

// Check checks the histories of the keys that all recorders have chosen, one
// key after the other, until it comes to a violation. It takes about as long as
// it may only where many operations on one key are under way at once, or have
// an unknown outcome.
func Check(ctx context.Context, recorders []*Recorder, within time.Duration) Verdict {
	c := checker{ctx, time.Now().Add(within), searchBytes}
	keys, share, ends := collected(recorders)
	found := findings{share: share, ends: ends}
	for _, k := range keys {
		found.keys++
		found.operations += len(k.operations)
		if k.unstamped {
			found.unstamped++
			found.left += len(k.operations)
			continue
		}
		left, tangled, refused := c.checkKey(k.history)
		found.left += left
		if refused != nil {
			return found.violated(k, c.shortest(*refused))
		}
		if tangled {
			found.tangled = append(found.tangled, k.name)
		}
	}
	return found.verdict()
}

// key is a key with its history.
type key struct {
	history
	name      string
	unstamped bool // some of its values have no stamp
}

// collected puts together what the recorders have of the keys that all have
// chosen, those with few operations first.
func collected(recorders []*Recorder) (keys []*key, share float64, ends int64) {
	chosen, ends := recorders[0].choice, int64(forever)
	for _, r := range recorders {
		chosen, ends = chosen.Common(r.choice), min(ends, r.ends)
	}
	named := map[string]*key{}
	for thread, r := range recorders {
		for i, e := range r.entries[:r.kept] {
			if !chosen.Has(e.hash) {
				continue
			}
			k := named[string(r.key(i))]
			if k == nil {
				k = &key{name: string(r.key(i))}
				named[k.name] = k
				keys = append(keys, k)
			}
			o := operation{Operation: e.Operation, thread: thread, from: e.Call, to: e.Return}
			if o.unknown() {
				o.maybe, o.to = true, forever
			}
			k.operations = append(k.operations, o)
			k.unstamped = k.unstamped || o.Read == Unstamped || o.Wrote == Unstamped
		}
	}
	for _, k := range keys {
		slices.SortStableFunc(k.operations, earlier)
		if ends != forever {
			k.history = k.until(ends - 1)
		}
	}
	slices.SortFunc(keys, func(a, b *key) int {
		return cmp.Or(cmp.Compare(len(a.operations), len(b.operations)), cmp.Compare(a.name, b.name))
	})
	return keys, chosen.Share(), ends
}

// checkKey returns the first part of a key's history that is not linearizable;
// how many operations could not be checked, and whether a part was so tangled
// that nothing of it could.
func (c checker) checkKey(h history) (left int, tangled bool, refused *history) {
	for i, part := range h.parts(partLeast) {
		whole := len(part.operations)
		result := c.check(part)
		for result == Undecided && len(part.operations) > prefixLeast {
			part = part.until(part.operations[len(part.operations)/2].from - 1)
			result = c.check(part)
		}
		switch result {
		case Violated:
			return left, tangled, &part
		case Undecided:
			tangled = true
			left += whole - min(i, 1) // the first was counted with the part before
		case Held:
			left += whole - len(part.operations)
		}
	}
	return left, tangled, nil
}

// parts splits a history where it is known what the key has: where an operation
// that tells it was alone. Each part but the last has at least so many
// operations, and begins with the one that the part before ends with. The
// history is linearizable if all parts are.
func (h history) parts(least int) (parts []history) {
	operations := narrowed(h)
	slices.SortStableFunc(operations, earlier)
	start, begin, ended := h.start, 0, int64(-1)
	for i, o := range operations {
		alone := o.from > ended && (i+1 == len(operations) || operations[i+1].from > o.to)
		ended = max(ended, o.to)
		if alone && !o.maybe && (o.Status == sample.OK || o.Status == sample.NotFound) && i-begin >= least {
			parts = append(parts, history{start, h.before(operations[begin : i+1])})
			start, begin = anything, i
		}
	}
	return append(parts, history{start, h.before(operations[begin:])})
}

// before returns operations as they were before they were narrowed.
func (h history) before(narrowed []operation) (operations []operation) {
	for _, o := range narrowed {
		operations = append(operations, h.operations[o.at])
	}
	slices.SortStableFunc(operations, earlier)
	return operations
}

func earlier(a, b operation) int { return cmp.Compare(a.from, b.from) }

// until returns the history up to a time. What is under way then may have taken
// effect or not.
func (h history) until(end int64) history {
	return h.cut(h.start, func(o *operation) (whole, part bool) { return o.to <= end, o.from <= end })
}

// since returns the history from a time on, whatever the key had before. What
// was under way then may have taken effect before or not.
func (h history) since(begin int64) history {
	return h.cut(anything, func(o *operation) (whole, part bool) { return o.from >= begin, o.to >= begin })
}

// cut returns a history of the operations that lie in it as a whole or in part.
func (h history) cut(start Value, lies func(o *operation) (whole, part bool)) history {
	cut := history{start: start}
	for _, o := range h.operations {
		whole, part := lies(&o)
		if !whole {
			if !part || !o.effect() {
				continue
			}
			o.maybe = true
		}
		cut.operations = append(cut.operations, o)
	}
	return cut
}
