package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// linesMost is how many operations of a violation are listed at most.
const linesMost = 200

// findings is what has been checked so far.
type findings struct {
	keys, operations int
	left             int      // operations that could not be checked
	unstamped        int      // keys whose values do not tell who wrote them
	tangled          []string // keys of which a part could not be checked
	share            float64
	ends             int64
}

// verdict sums up findings without a violation.
func (f *findings) verdict() Verdict {
	v := Verdict{Operations: f.operations - f.left, Ends: time.Duration(f.ends)}
	detail := fmt.Sprintf("%d operations since the run began, on %d keys (chosen from %.3g %% of all), are linearizable", v.Operations, f.keys, 100*f.share)
	if f.left > 0 {
		detail += fmt.Sprintf(", and %d more could not be checked", f.left)
	}
	if f.ends != forever {
		detail += fmt.Sprintf(", up to %v of the run, when there was no room for more", v.Ends.Round(time.Millisecond))
	}
	switch {
	case f.operations == 0:
		v.Result, detail = Undecided, "nothing that can be checked was done to the keys that were chosen"
	case len(f.tangled) > 0:
		v.Result = Undecided
		detail += fmt.Sprintf("; on %s", f.tangled[0])
		if more := len(f.tangled) - 1; more > 0 {
			detail += fmt.Sprintf(" and %d other keys", more)
		}
		detail += " too many were under way at once, or without an answer: use more keys or fewer threads"
	case f.unstamped > 0:
		v.Result = Undecided
		detail += fmt.Sprintf("; %d keys had values of less than 8 bytes, which do not tell who wrote them: make all values larger", f.unstamped)
	}
	v.Detail = detail
	return v
}

// violated describes a violation.
func (f *findings) violated(k *key, shown history) Verdict {
	var last operation // the one that has no place
	for _, o := range shown.operations {
		if !o.maybe && o.to >= last.to {
			last = o
		}
	}
	detail := fmt.Sprintf("%s: no order explains all that was answered by %.6f s of the run, when a %s of thread %d ended",
		k.name, seconds(last.Return), last.Op, last.thread)
	listed := slices.Clone(shown.operations)
	for _, o := range shown.operations {
		w := k.writer(o.Read)
		switch {
		case o.Status == sample.OK && o.Read != Nothing && w == nil:
			detail += fmt.Sprintf("; nobody wrote %v", o.Read)
		case w != nil && !slices.ContainsFunc(listed, func(other operation) bool { return other.Operation == w.Operation && other.thread == w.thread }):
			listed = append(listed, *w)
		}
	}
	return Verdict{
		Result: Violated, Operations: f.operations - f.left, Ends: time.Duration(f.ends),
		Detail: detail, History: lines(k.name, listed),
	}
}

// writer returns the operation that made a value, or tried to; nil if there is
// none.
func (h history) writer(v Value) *operation {
	for i := range h.operations {
		if o := &h.operations[i]; v != Nothing && o.Wrote == v {
			return o
		}
	}
	return nil
}

// lines lists operations in the order of their calls, the last ones if there
// are many. The writes that made the values which were read are among them.
func lines(key string, operations []operation) string {
	slices.SortStableFunc(operations, func(a, b operation) int { return cmp.Compare(a.Call, b.Call) })
	var text strings.Builder
	if left := len(operations) - linesMost; left > 0 {
		operations = operations[left:]
		fmt.Fprintf(&text, "%d operations before these are left out\n", left)
	}
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "thread\tfrom (s)\tto (s)\toperation\tkey\tvalue\tresult")
	for _, o := range operations {
		fmt.Fprintf(table, "%d\t%.9f\t%.9f\t%s\t%s\t%s\t%s\n", o.thread, seconds(o.Call), seconds(o.Return), o.Op, key, o.value(), o.Status)
	}
	_ = table.Flush() // a builder takes all
	return text.String()
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

// value is what an operation read or wrote, or both.
func (o *operation) value() string {
	if o.conditional() && o.Status != sample.NotFound {
		return fmt.Sprintf("%v>%v", o.Read, o.Wrote)
	}
	if o.Op.Effect() == sample.EffectNone {
		return o.Read.String()
	}
	return o.Wrote.String()
}
