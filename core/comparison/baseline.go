package comparison

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/benchctl/benchctl/core/selection"
)

// Archived is an archive with the name that stands for its runs.
type Archived struct {
	Source
	Name string
}

// apartBy keeps the numbers of two archives apart.
const apartBy = int64(1) << 40

// Against compares the runs that an expression selects in one archive with those
// that it selects in another, the baseline.
func Against(ctx context.Context, baseline, from Archived, e *selection.Expression) ([]*Differences, *Comparison, error) {
	var both [2]Measured
	var missing []selection.Missing
	for i, archive := range []Archived{baseline, from} {
		ids, lacking, err := Find(ctx, archive, e)
		if err == nil {
			both[i].Latency = true
			err = both[i].read(ctx, archive, Sided, ids)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", archive.Name, err)
		}
		if i == 1 {
			missing = lacking
		}
	}
	of := both[1].with(both[0].moved(apartBy))
	of.Latency, of.Lost = true, slices.Contains(e.Keys(), selection.Lost)
	if e.OfOperations() {
		of.Keep = rowsOf(e)
	}
	c, err := of.compare(Sided)
	if err != nil {
		return nil, nil, err
	}
	c.Selection, c.Missing = e.String(), missing
	all, err := c.between(baseline.Name, from.Name, nil, func(run int64) int {
		if run >= apartBy {
			return 0
		}
		return 1
	})
	return all, c, err
}

// moved adds a number to those of all runs, experiments and environments.
func (m Measured) moved(by int64) Measured {
	for i := range m.Runs {
		r := &m.Runs[i]
		r.ID, r.Experiment, r.Environment = r.ID+by, r.Experiment+by, r.Environment+by
	}
	for i := range m.Summaries {
		m.Summaries[i].RunID += by
	}
	for i := range m.Failures {
		m.Failures[i].RunID += by
	}
	m.Verified, m.Offered, m.Costs = renumbered(m.Verified, by), renumbered(m.Offered, by), renumbered(m.Costs, by)
	m.Environments = renumbered(m.Environments, by)
	for id, e := range m.Environments {
		e.ID = id
		m.Environments[id] = e
	}
	return m
}

func renumbered[T any](of map[int64]T, by int64) map[int64]T {
	moved := make(map[int64]T, len(of))
	for id, value := range of {
		moved[id+by] = value
	}
	return moved
}

// with adds what was measured elsewhere, under other numbers.
func (m Measured) with(more Measured) Measured {
	m.Runs, m.Summaries, m.Failures = append(m.Runs, more.Runs...), append(m.Summaries, more.Summaries...), append(m.Failures, more.Failures...)
	m.Verified, m.Offered, m.Costs = joined(m.Verified, more.Verified), joined(m.Offered, more.Offered), joined(m.Costs, more.Costs)
	m.Environments, m.Definitions = joined(m.Environments, more.Environments), joined(m.Definitions, more.Definitions)
	return m
}

func joined[K comparable, T any](a, b map[K]T) map[K]T {
	all := make(map[K]T, len(a)+len(b))
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}
