package kinds

import (
	"errors"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// ErrOneSize is the kind of error of runs that all have one number of nodes.
var ErrOneSize = errors.New("one number of nodes")

// replication shows how throughput and latency go with the number of nodes: a column
// for each operation, a line for each setup but for its nodes.
func replication(l *comparison.Workload, _ Options) (chart.Figure, error) {
	if !selection.Varies(l.Runs, "nodes") {
		return chart.Figure{}, fault.Errorf(ErrOneSize, "all selected runs have %s: select runs of several numbers of nodes, or make them with several", format.Count(l.Runs[0].Nodes, "node"))
	}
	f := figure("Throughput and latency over nodes", "throughput of all threads together, and latency "+measuredFrom(l, l.Executed()), l)
	over := along(l, "nodes")
	f.Series, f.XLabel = over.legend(), "nodes"
	axis := axisOf(over.values, "")
	axis.Log = false // 1, 3, 5 and 7 are few, and no ratio is meant
	parts := l.Executed()
	f.Columns = min(len(parts), mostPanels)
	figures := []workload.Figure{workload.FigureThroughput, workload.FigureP99}
	if len(parts) <= 2 {
		figures = []workload.Figure{workload.FigureThroughput, workload.FigureP50, workload.FigureP99}
	}
	if len(parts) == 1 {
		f.Columns = len(figures)
	}
	var without missing
	for _, of := range figures {
		row := make([]chart.Panel, 0, len(parts))
		empty := 0
		for _, part := range parts {
			values := each(over, l, func(s *comparison.Series) (e stats.Estimate) {
				if of.OfLatency() {
					return answer(s, of, part)
				}
				if o := s.Operation(part); o != nil {
					e = o.Throughput
				}
				return e
			})
			flags := each(over, l, func(s *comparison.Series) bool { return isSaturated(s, part.Phase) })
			if !anyOf(values) {
				without.add(l, of, part)
				empty++
			} else {
				ringed(&f, flags)
			}
			panel := chart.Panel{YLabel: part.Name + ", " + label(l, of), X: axis, Marks: []chart.Mark{chart.Lines{Estimates: values, Flags: flags}}}
			if of.OfLatency() {
				panel.Y = chart.Scale{Unit: chart.Time, Log: true}
			} else {
				panel.Y.Log = apart(values)
			}
			row = append(row, panel)
		}
		if empty == len(parts) {
			continue
		}
		if of.OfLatency() {
			chart.Align(row)
		}
		f.Panels = append(f.Panels, row...)
	}
	f.Missing = without.lines()
	return f, nil
}
