package kinds

import (
	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/stats"
)

// costs are what servers use, and how the axes say it.
var costs = []struct {
	metric, label string
	scale         chart.Scale
	per           float64 // what the axis counts in
}{
	{"cpu", "processor time an operation", chart.Scale{Unit: chart.Time}, 1},
	{"memory", "memory, MiB", chart.Scale{}, 1 << 20},
	{"written", "bytes written an operation", chart.Scale{}, 1},
}

// cost shows what the servers of each setup used in each phase: processor time and
// what they wrote for each operation that succeeded, and the most memory of all
// servers together.
func cost(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("Cost of the servers", "of all nodes together; processor time and bytes are for each operation that succeeded", l)
	f.Series = legend(l)
	for _, c := range costs {
		m, _ := comparison.FindMetric(c.metric)
		panel := chart.Panel{YLabel: c.label, Y: c.scale}
		bars := make(chart.Estimates, len(l.Series))
		for _, part := range m.Parts(l) {
			panel.Groups = append(panel.Groups, part.Name)
			for i, s := range l.Series {
				var values []float64
				for _, value := range m.Values(inPhase(s, part.Phase)) {
					values = append(values, value/c.per)
				}
				bars[i] = append(bars[i], stats.Summarize(values))
			}
		}
		if !anyOf(bars) {
			f.Missing = append(f.Missing, c.label+": not known of any run")
			continue
		}
		panel.Y.Log = apart(bars)
		panel.Marks = []chart.Mark{chart.Bars{Estimates: bars}}
		f.Panels = append(f.Panels, panel)
	}
	if len(f.Panels) == 0 {
		f.Missing = []string{"no servers were watched: they ran elsewhere, or inside of the plugin beside the load, or no phase lasted for a whole second"}
	}
	return f, nil
}

// inPhase are the rows of a phase of a series.
func inPhase(s *comparison.Series, phase string) []*comparison.Row {
	var rows []*comparison.Row
	for _, r := range s.Rows {
		if r.Phase == phase {
			rows = append(rows, r)
		}
	}
	return rows
}
