package comparison

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/selection"
)

// ErrSides is the error of sides that cannot be compared.
var ErrSides = errors.New("no sides to compare")

// Sided is what a comparison has to have for sides of it to be compared.
var Sided = Needs{Latency: true, Costs: true}

// Versus compares the runs of two selections.
func Versus(ctx context.Context, from Source, a, b *selection.Expression) ([]*Differences, *Comparison, error) {
	var both []int64
	missing := []selection.Missing{}
	ids := make([][]int64, 2)
	for i, e := range []*selection.Expression{a, b} {
		if e.String() == "" {
			return nil, nil, fmt.Errorf("%w: a side that selects all runs has the other one in it", ErrSides)
		}
		found, lacking, err := Find(ctx, from, e)
		if err != nil {
			return nil, nil, err
		}
		if found == nil { // it selects all
			if err := from.Values(ctx, nil, func(run int64, _ []string) { found = append(found, run) }); err != nil {
				return nil, nil, err
			}
		}
		ids[i], missing = found, append(missing, lacking...)
		both = append(both, found...)
	}
	slices.Sort(both)
	for i := 1; i < len(both); i++ {
		if both[i] == both[i-1] {
			return nil, nil, fmt.Errorf("%w: run %d is on both sides, %q and %q: leave it out of one", ErrSides, both[i], a, b)
		}
	}
	keep := []func(*Row) bool{rowsOf(a), rowsOf(b)}
	side := func(run int64) int {
		if _, is := slices.BinarySearch(ids[0], run); is {
			return 0
		}
		return 1
	}
	of := Measured{Latency: true, Lost: slices.Contains(slices.Concat(a.Keys(), b.Keys()), selection.Lost)}
	if a.OfOperations() || b.OfOperations() {
		of.Keep = func(r *Row) bool { return keep[side(r.RunID)](r) }
	}
	if err := of.read(ctx, from, Sided, both); err != nil {
		return nil, nil, err
	}
	c, err := of.compare(Sided)
	if err != nil {
		return nil, nil, err
	}
	c.Selection, c.Missing = fmt.Sprintf("(%s) and (%s)", a, b), missing
	all, err := c.between(a.String(), b.String(), slices.Concat(a.Keys(), b.Keys()), side)
	return all, c, err
}

// between compares the runs of one side with those of another. asked are the keys
// that tell them apart on purpose.
func (c *Comparison) between(a, b string, asked []string, side func(run int64) int) ([]*Differences, error) {
	var all []*Differences
	for _, l := range c.Workloads {
		sides := []*Side{{Name: a}, {Name: b}}
		for _, r := range l.Runs {
			of := sides[side(r.ID)]
			of.runs = append(of.runs, r)
		}
		if len(sides[0].runs) > 0 && len(sides[1].runs) > 0 {
			all = append(all, differ(l, sides, asked))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: no workload has complete runs of both %q and %q: %s", ErrSides, a, b, c.workloadsOf(side))
	}
	return all, nil
}

// workloadsOf says which workloads each side has.
func (c *Comparison) workloadsOf(side func(run int64) int) string {
	if len(c.Workloads) == 0 {
		return c.Nothing()
	}
	has := make([][]string, 2)
	for _, l := range c.Workloads {
		for _, r := range l.Runs {
			if i := side(r.ID); !slices.Contains(has[i], l.Ref()) {
				has[i] = append(has[i], l.Ref())
			}
		}
	}
	for i := range has {
		if len(has[i]) == 0 {
			has[i] = []string{"none"}
		}
	}
	return fmt.Sprintf("the first has %s, the second %s", strings.Join(has[0], ", "), strings.Join(has[1], ", "))
}

// By compares the runs by the values of keys: those that have the values of base
// with each of the others. An empty base is the first in order.
func (c *Comparison) By(keys []string, base string) ([]*Differences, error) {
	var all []*Differences
	known := map[string]bool{}
	for _, l := range c.Workloads {
		sides := sidesBy(l, keys)
		for _, s := range sides {
			known[s.Name] = true
		}
		if base != "" {
			i := slices.IndexFunc(sides, func(s *Side) bool { return s.Name == base })
			if i < 0 {
				continue
			}
			first := sides[i]
			sides = slices.Insert(slices.Delete(sides, i, i+1), 0, first)
		}
		if len(sides) > 1 {
			all = append(all, differ(l, sides, keys))
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	if len(c.Workloads) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrSides, c.Nothing())
	}
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	by := strings.Join(keys, ",")
	if base != "" && !known[base] {
		return nil, fmt.Errorf("%w: no complete run has %s %s; there are %s", ErrSides, by, base, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%w: the complete runs of each workload have one %s: %s", ErrSides, by, strings.Join(names, ", "))
}

// sidesBy are the sides of a workload by the values of keys, in their order.
func sidesBy(l *Workload, keys []string) []*Side {
	var sides []*Side
	for _, g := range selection.GroupBy(l.Runs, keys...) {
		sides = append(sides, &Side{Name: sideName(g.Values), runs: g.Rows})
	}
	return sides
}

// sideName names a side by its values of keys.
func sideName(values []string) string {
	named := slices.Clone(values)
	for i, v := range named {
		if v == "" {
			named[i] = "none"
		}
	}
	return strings.Join(named, ",")
}
