package comparison

import (
	"slices"

	"github.com/benchctl/benchctl/core/stats"
)

// Cost is what the servers of a series used in a phase: medians of its runs.
type Cost struct {
	CPU     stats.Estimate // processor time in nanoseconds, an operation
	Memory  stats.Estimate // bytes, the most of each server added up
	Written stats.Estimate // bytes that reached storage, an operation
}

// Known reports whether anything of it was measured.
func (c Cost) Known() bool { return c.CPU.N > 0 || c.Memory.N > 0 || c.Written.N > 0 }

// Cost returns what the servers of the series used in a phase, if costs were asked
// for.
func (s *Series) Cost(phase string) Cost {
	of := Totals(slices.DeleteFunc(slices.Clone(s.Rows), func(r *Row) bool { return r.Phase != phase }))
	estimate := func(name string) stats.Estimate {
		m := metrics[slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == name })]
		var values []float64
		for _, r := range of {
			if value, known := m.of(r); known {
				values = append(values, value)
			}
		}
		return stats.Summarize(values)
	}
	return Cost{CPU: estimate("cpu"), Memory: estimate("memory"), Written: estimate("written")}
}
