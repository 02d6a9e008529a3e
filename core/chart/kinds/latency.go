package kinds

import (
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// percentiles are the places of a latency chart.
var percentiles = []workload.Figure{workload.FigureP50, workload.FigureP90, workload.FigureP99, workload.FigureP999, workload.FigureMax}

// latency shows the percentiles of successful operations, a panel for each
// operation.
func latency(l *comparison.Workload, o Options) (chart.Figure, error) {
	var places []string
	for _, f := range percentiles {
		places = append(places, names[f])
	}
	var panels []chart.Panel
	var drawn []comparison.Part
	var without missing
	for _, part := range l.Parts {
		lines := make(chart.Estimates, len(l.Series))
		carried := make([]bool, len(percentiles))
		for i, s := range l.Series {
			lines[i] = make([]stats.Estimate, len(percentiles))
			for j, f := range percentiles {
				lines[i][j] = s.Answer(f, part)
				carried[j] = carried[j] || lines[i][j].N > 0
			}
		}
		for j, f := range percentiles {
			if !carried[j] {
				without.add(l, f, part)
			}
		}
		if slices.Contains(carried, true) {
			drawn = append(drawn, part)
			panels = append(panels, chart.Panel{
				Title: part.Name, YLabel: "latency", Groups: places, Y: chart.Scale{Unit: chart.Time, Log: true}, Marks: []chart.Mark{chart.Lines{Estimates: lines}},
			})
		}
	}
	chart.Align(panels)
	f := figure("Latency", "percentiles of successful operations, "+measuredFrom(l, drawn), l)
	f.Series, f.Panels, f.Missing = legend(l), panels, without.lines()
	if o.Floor {
		return withFloor(f, l, drawn)
	}
	return f, nil
}

// measuredFrom says from when until when the latency of some parts counts, which
// depends on the operation and on whether threads wait for an answer before they
// begin the next one.
func measuredFrom(l *comparison.Workload, parts []comparison.Part) string {
	const answered, due = "from request to answer", "from when each should have started to its answer"
	const told, gone = "from the acknowledgement of the write until the watcher is told", "from the death of a session until its key is gone"
	type kind struct{ op, from string }
	var kinds []kind
	for _, p := range parts {
		k := kind{from: answered}
		switch {
		case p.Op == sample.OpWatch.String():
			k = kind{p.Op, told}
		case p.Op == sample.OpExpire.String():
			k = kind{p.Op, gone}
		case open(l, p.Phase):
			k.from = due
		}
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	if slices.Contains(kinds, kind{from: due}) { // which in a closed loop is the request
		kinds = slices.DeleteFunc(kinds, func(k kind) bool { return k.from == answered })
	}
	slices.SortStableFunc(kinds, func(a, b kind) int { return strings.Compare(a.op, b.op) })
	var said []string
	for i, k := range kinds {
		if i > 0 {
			k.from = "of " + k.op + " " + k.from
		}
		said = append(said, k.from)
	}
	return strings.Join(said, ", ")
}

// open reports whether the operations of a phase arrived by a rate, in any run.
func open(l *comparison.Workload, phase string) bool {
	return slices.ContainsFunc(l.Series, func(s *comparison.Series) bool { return s.Phase(phase).Offered.N > 0 })
}
