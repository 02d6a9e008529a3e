package kinds

import (
	"slices"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// repeats are what a figure of a part came to in single runs.
func repeats(f workload.Figure, of comparison.Part, rows []*comparison.Row) []float64 {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r *comparison.Row) bool {
		return r.Phase != of.Phase || !f.OfPhase() && r.Op != of.Op
	})
	var values []float64
	switch f {
	case workload.FigureThroughput:
		for _, total := range comparison.Totals(rows) {
			values = append(values, total.Throughput)
		}
	case workload.FigurePerThread:
		for _, r := range rows {
			values = append(values, r.PerThread())
		}
	default:
		if m, known := comparison.FindMetric(string(f)); known {
			values = m.Values(rows)
		}
	}
	return values
}

// estimateOf is the median of some rows, or of no run where there is none to draw.
func estimateOf(f workload.Figure, of comparison.Part, rows []*comparison.Row) stats.Estimate {
	e := stats.Summarize(repeats(f, of, rows))
	if f == workload.FigureRate && e.Value == 0 {
		return stats.Estimate{}
	}
	return e
}

// anyOf reports whether there is any estimate.
func anyOf(of [][]stats.Estimate) bool {
	return slices.ContainsFunc(slices.Concat(of...), func(e stats.Estimate) bool { return e.N > 0 })
}
