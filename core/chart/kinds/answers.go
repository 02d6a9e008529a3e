package kinds

import (
	"slices"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// answers compares what answers the question of a workload: a panel of bars for
// each figure, by operation and setup.
func answers(l *comparison.Workload, o Options) (chart.Figure, error) {
	f := figure("What answers "+l.Name, "of successful operations", l)
	f.Series = legend(l)
	var without missing
	for _, figure := range l.Answers.Figures {
		if figure == workload.FigureOffered {
			continue // which was asked for, and not measured
		}
		parts := partsOf(l, figure)
		flags := saturated(l, parts)
		if panel, measured := bars(l, figure, parts, flags); measured {
			ringed(&f, flags)
			f.Panels = append(f.Panels, panel)
		}
		for _, p := range parts {
			if !slices.ContainsFunc(l.Series, func(s *comparison.Series) bool { return answer(s, figure, p).N > 0 }) {
				without.add(l, figure, p)
			}
		}
	}
	f.Missing = without.lines()
	if o.Published {
		return withPublished(f, l, workload.FigurePerThread)
	}
	return f, nil
}

// partsOf lists what a figure of the answers is of: phases, or their operations.
// What watchers were told has no throughput of a thread.
func partsOf(l *comparison.Workload, of workload.Figure) []comparison.Part {
	parts := l.Answering()
	switch {
	case of.OfPhase():
		parts = slices.CompactFunc(parts, func(a, b comparison.Part) bool { return a.Phase == b.Phase })
		for i, p := range parts {
			parts[i].Name = p.Phase
		}
	case of == workload.FigurePerThread:
		executed := l.Executed()
		parts = slices.DeleteFunc(parts, func(p comparison.Part) bool { return !slices.Contains(executed, p) })
	}
	return parts
}

// answer is a figure of a part of a series, or an estimate of no runs where there
// is none to draw: too few operations carry no percentile, and a search may find
// no rate.
func answer(s *comparison.Series, f workload.Figure, of comparison.Part) stats.Estimate {
	e := s.Answer(f, of)
	if f == workload.FigureRate && e.Value == 0 {
		return stats.Estimate{}
	}
	return e
}

// names are what people call figures, and labels what the axes say of them.
var (
	names = map[workload.Figure]string{
		workload.FigureThroughput: "throughput", workload.FigurePerThread: "throughput",
		workload.FigureP50: "p50", workload.FigureP90: "p90", workload.FigureP99: "p99", workload.FigureP999: "p99.9", workload.FigureMax: "max",
	}
	labels = map[workload.Figure]string{
		workload.FigureRate: "arrivals/s that were found", workload.FigureThroughput: "ops/s in total", workload.FigurePerThread: "ops/s per thread",
		workload.FigureP50: "p50 latency", workload.FigureP90: "p90 latency", workload.FigureP99: "p99 latency", workload.FigureP999: "p99.9 latency", workload.FigureMax: "greatest latency",
	}
)

// label is what the axis of a figure says. A rate is one that keeps a bound; throughput of an open loop is what was
// achieved of the arrivals that were offered.
func label(l *comparison.Workload, of workload.Figure) string {
	switch {
	case of == workload.FigureThroughput && l.Answers.Has(workload.FigureOffered):
		return "ops/s achieved in total"
	case of == workload.FigureRate && l.Bound != "":
		return "arrivals/s that keep " + l.Bound
	}
	return labels[of]
}

// bars is a panel of a figure, with a bar for each part of each series. Flagged ones
// are ringed.
func bars(l *comparison.Workload, of workload.Figure, parts []comparison.Part, flags chart.Flags) (panel chart.Panel, measured bool) {
	panel.YLabel = label(l, of)
	if of.OfLatency() {
		panel.Y.Unit = chart.Time
	}
	for _, p := range parts {
		panel.Groups = append(panel.Groups, p.Name)
	}
	var bars chart.Estimates
	for _, s := range l.Series {
		values := make([]stats.Estimate, len(parts))
		for i, p := range parts {
			values[i] = answer(s, of, p)
			measured = measured || values[i].N > 0
		}
		bars = append(bars, values)
	}
	panel.Y.Log = apart(bars)
	panel.Marks = []chart.Mark{chart.Bars{Estimates: bars, Flags: flags}}
	return panel, measured
}
