package kinds

import (
	"slices"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// boxplot shows how the repeats of each series lie: what answers the question of the
// workload, or throughput and p99 where that is throughput per thread.
func boxplot(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("Spread of the repeats", "each repeat is a point", l)
	f.Series = legend(l)
	figures := slices.DeleteFunc(slices.Clone(l.Answers.Figures), func(of workload.Figure) bool { return of == workload.FigureOffered })
	switch {
	case slices.Equal(figures, []workload.Figure{workload.FigurePerThread}):
		figures = append(figures, workload.FigureP99)
	case len(figures) > mostPanels:
		latencies := slices.DeleteFunc(slices.Clone(figures), func(of workload.Figure) bool { return !of.OfLatency() })
		figures = append(slices.DeleteFunc(figures, workload.Figure.OfLatency), foremost(latencies)...)
	}
	var without missing
	for _, of := range figures {
		panel := chart.Panel{YLabel: label(l, of)}
		if of.OfLatency() {
			panel.Y = chart.Scale{Unit: chart.Time, Log: true}
		}
		boxes := make([][]chart.Box, len(l.Series))
		medians := make(chart.Estimates, len(l.Series))
		for _, part := range partsOf(l, of) {
			panel.Groups = append(panel.Groups, part.Name)
			some := false
			for i, s := range l.Series {
				box := boxOf(repeats(of, part, s.Rows))
				boxes[i] = append(boxes[i], box)
				medians[i] = append(medians[i], stats.Estimate{Value: box.Median, N: box.N})
				some = some || box.N > 0
			}
			if !some {
				without.add(l, of, part)
			}
		}
		if anyOf(medians) {
			panel.Y.Log = panel.Y.Log || apart(medians)
			panel.Marks = []chart.Mark{chart.Boxes{Boxes: boxes}}
			f.Panels = append(f.Panels, panel)
		}
	}
	f.Missing = without.lines()
	return f, nil
}

// boxOf is a box of repeats with its whiskers at the least and the greatest: of a few
// repeats none is an outlier for certain.
func boxOf(values []float64) chart.Box {
	if len(values) == 0 {
		return chart.Box{}
	}
	first, median, third := stats.Quartiles(values)
	return chart.Box{Low: slices.Min(values), Q1: first, Median: median, Q3: third, High: slices.Max(values), Beside: values, N: len(values)}
}
