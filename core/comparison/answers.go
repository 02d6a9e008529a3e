package comparison

import (
	"fmt"
	"maps"
	"slices"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// perThread is what answers where nothing else does.
var perThread = workload.Answers{Figures: []workload.Figure{workload.FigurePerThread}}

// answers returns what answers the question of a workload. Where nothing of it
// was measured, or is selected, it is what one thread does in a second.
func (m Measured) answers(l *Workload) workload.Answers {
	d := m.Definitions[l.SHA256]
	if d == nil {
		return perThread
	}
	answers := d.Answers()
	if !slices.ContainsFunc(l.Parts, func(p Part) bool { return answers.Of(p.Phase, p.Op) }) {
		return perThread
	}
	return answers
}

// bound returns the bound that the workload's search keeps, if all runs have the same.
func (m Measured) bound(l *Workload) string {
	d := m.Definitions[l.SHA256]
	if d == nil || !l.Answers.Has(workload.FigureRate) {
		return ""
	}
	bounds := map[string]bool{}
	known := map[string]bool{} // few sets of parameters, and many runs have the same
	for _, run := range l.Runs {
		set := fmt.Sprint(run.Params)
		if known[set] {
			continue
		}
		known[set] = true
		load, _, err := d.Bind(run.Params)
		if err != nil {
			return "" // of another version of the language
		}
		for _, phase := range load.Phases {
			if phase.Until != nil {
				bounds[phase.Until.String()] = true
			}
		}
	}
	if len(bounds) != 1 {
		return ""
	}
	return slices.Collect(maps.Keys(bounds))[0]
}

// partsOf lists the operations of the phases.
func partsOf(rows []*Row, phases []string) []Part {
	var parts []Part
	in := map[string]int{} // how many phases, by operation
	groups := selection.GroupBy(rows, "phase", "op")
	for _, phase := range phases {
		for _, g := range groups {
			if g.Values[0] == phase {
				parts = append(parts, Part{Phase: phase, Op: g.Values[1], Name: g.Values[1]})
				in[g.Values[1]]++
			}
		}
	}
	for i, p := range parts {
		if in[p.Op] > 1 {
			parts[i].Name = p.Phase + " " + p.Op
		}
	}
	return parts
}

// phaseOf computes what a phase came to in the rows of a series.
func phaseOf(name string, rows []*Row) Phase {
	of := slices.DeleteFunc(slices.Clone(rows), func(r *Row) bool { return r.Phase != name })
	p := Phase{Name: name, Throughput: Estimate(Totals(of), Throughput)}
	var offered, rates []float64
	for _, run := range runsOf(of) {
		o, open := run.offered[name]
		if !open {
			continue
		}
		offered = append(offered, o.Rate)
		switch o.Bound {
		case record.BoundKept:
			p.Searches, p.Found = p.Searches+1, p.Found+1
			rates = append(rates, o.Rate)
		case record.BoundBroken:
			p.Searches++
			rates = append(rates, 0)
		}
	}
	p.Offered, p.Rate = stats.Summarize(offered), stats.Summarize(rates)
	if 2*p.Found <= p.Searches { // half of none is no rate
		p.Rate.Value = 0
	}
	return p
}

// Phase finds a phase of the series.
func (s *Series) Phase(name string) Phase {
	if i := slices.IndexFunc(s.Phases, func(p Phase) bool { return p.Name == name }); i >= 0 {
		return s.Phases[i]
	}
	return Phase{Name: name}
}

// Answer returns a figure of a part of the series, or an estimate of no runs.
func (s *Series) Answer(f workload.Figure, of Part) stats.Estimate {
	phase := s.Phase(of.Phase)
	switch f {
	case workload.FigureRate:
		return phase.Rate
	case workload.FigureOffered:
		return phase.Offered
	case workload.FigureThroughput:
		return phase.Throughput
	}
	o := s.Operation(of)
	if o == nil {
		return stats.Estimate{}
	}
	if f == workload.FigurePerThread {
		return o.PerThread
	}
	if o.Latency == nil {
		return stats.Estimate{}
	}
	return map[workload.Figure]stats.Estimate{
		workload.FigureP50: o.Latency.P50, workload.FigureP90: o.Latency.P90, workload.FigureP99: o.Latency.P99,
		workload.FigureP999: o.Latency.P999, workload.FigureMax: o.Latency.Max,
	}[f]
}

// notFound warns of searches that found no rate: they count as none in the median.
func notFound(l *Workload) []string {
	var warnings []string
	for _, s := range l.Series {
		for _, p := range s.Phases {
			if missed := p.Searches - p.Found; missed > 0 {
				warnings = append(warnings, fmt.Sprintf("%s, phase %s: in %s of %s no rate kept the bound, which counts as none in the median; what was measured there is at the lowest rate",
					s.Name, p.Name, format.Integer(missed), format.Count(p.Searches, "run")))
			}
		}
	}
	return warnings
}

// apartInTime warns of series that put runs of several experiments together:
// what has changed on a machine in between is in their spread.
func apartInTime(l *Workload) []string {
	mixed, experiments := 0, 0
	for _, g := range selection.GroupBy(l.Runs, l.Keys...) {
		if n := len(selection.ValuesOf(g.Rows, "experiment")); n > 1 {
			mixed, experiments = mixed+1, max(experiments, n)
		}
	}
	if mixed == 0 {
		return nil
	}
	const minute = "2006-01-02 15:04"
	rows := "a row puts"
	if mixed > 1 {
		rows = fmt.Sprintf("%s rows put", format.Integer(mixed))
	}
	return []string{fmt.Sprintf("%s runs of several experiments together, up to %d, begun between %s and %s (UTC): what has changed on the machine in between is in the spread; select an experiment by its number to see it alone",
		rows, experiments, l.From.UTC().Format(minute), l.Until.UTC().Format(minute))}
}
