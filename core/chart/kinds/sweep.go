package kinds

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// sweep shows how what answers the question of a workload goes with what was
// swept: a parameter of the workload, the threads or the nodes. A figure of a
// phase has a panel for each phase, with all threads together. Percentiles have
// one for each operation, since those of different operations do not combine.
//
// Options name what was swept. Without a name one parameter, or the threads, may
// vary, or the nodes if none of those does.
func sweep(l *comparison.Workload, o Options) (chart.Figure, error) {
	key, err := swept(l.Runs, o.Over)
	if err != nil {
		return chart.Figure{}, err
	}
	name := strings.TrimPrefix(key, selection.ParamPrefix)
	shown := shownOf(l)
	f := figure(shown.title+" over "+name, shown.subtitle, l)
	f.XLabel = name
	var unit workload.Unit
	if param := l.Params[name]; name != key {
		unit = param.Unit
		if param.Help != "" {
			f.XLabel = param.Help
		}
	}
	over := along(l, key)
	f.Series = over.legend()
	axis := axisOf(over.values, unit)
	var without missing
	var latencies []chart.Panel
	for _, a := range shown.figures {
		values := each(over, l, func(s *comparison.Series) stats.Estimate { return answer(s, a.of, a.part) })
		flags := each(over, l, func(s *comparison.Series) bool { return isSaturated(s, a.part.Phase) })
		if !slices.ContainsFunc(slices.Concat(values...), func(e stats.Estimate) bool { return e.N > 0 }) {
			without.add(l, a.of, a.part)
			continue
		}
		ringed(&f, flags)
		panel := chart.Panel{YLabel: label(l, a.of), Groups: over.values, X: axis, Marks: []chart.Mark{chart.Lines{Estimates: values, Flags: flags}}}
		if !a.of.OfPhase() || len(l.Phases) > 1 {
			panel.YLabel = a.part.Name + ", " + panel.YLabel
		}
		if a.of.OfLatency() {
			panel.Y = chart.Scale{Unit: chart.Time, Log: true}
			latencies = append(latencies, panel)
			continue
		}
		panel.Y.Log = apart(values)
		f.Panels = append(f.Panels, panel)
	}
	chart.Align(latencies)
	if len(f.Panels) == 1 && len(latencies) == 2 {
		f.Panels[0].Wide = axis != nil
	}
	f.Panels = append(f.Panels, latencies...)
	f.Missing = without.lines()
	return f, nil
}

// shown is what a sweep shows of a workload.
type shown struct {
	title, subtitle string
	figures         []answering
}

type answering struct {
	of   workload.Figure
	part comparison.Part
}

// shownOf chooses what a sweep shows: what answers the question of the workload.
// Throughput per thread says little of a sweep, which then has that of all threads
// together, with p99 latency.
func shownOf(l *comparison.Workload) shown {
	if slices.Equal(l.Answers.Figures, []workload.Figure{workload.FigurePerThread}) {
		s := shown{title: "Throughput", subtitle: "all threads together, and p99 latency of each operation"}
		for _, phase := range l.Phases {
			s.figures = append(s.figures, answering{workload.FigureThroughput, comparison.Part{Phase: phase, Name: phase}})
		}
		for _, p := range l.Parts {
			s.figures = append(s.figures, answering{workload.FigureP99, p})
		}
		return s
	}
	s := shown{title: "Latency", subtitle: "of successful operations"}
	var latencies []workload.Figure
	for _, of := range l.Answers.Figures {
		switch {
		case of == workload.FigureOffered:
			continue // which was asked for, and not measured
		case of.OfLatency():
			latencies = append(latencies, of)
			continue
		case of == workload.FigureRate:
			s.title = "Rate that was found"
		case !l.Answers.Has(workload.FigureOffered) && !l.Answers.Has(workload.FigureRate):
			s.title = "Throughput"
		}
		for _, p := range partsOf(l, of) {
			s.figures = append(s.figures, answering{of, p})
		}
	}
	parts := l.Answering()
	if len(s.figures)+len(parts)*len(latencies) > mostPanels {
		latencies = foremost(latencies)
	}
	for _, p := range parts {
		for _, of := range latencies {
			s.figures = append(s.figures, answering{of, p})
		}
	}
	if len(latencies) > 0 {
		s.subtitle += ", latency " + measuredFrom(l, parts)
	}
	return s
}

// mostPanels are what one row of a sweep has room for.
const mostPanels = 4

// foremost chooses the latencies that say most: p50 and p99, or else the first.
func foremost(latencies []workload.Figure) []workload.Figure {
	chosen := slices.DeleteFunc(slices.Clone(latencies), func(f workload.Figure) bool { return f != workload.FigureP50 && f != workload.FigureP99 })
	if len(chosen) == 0 {
		return latencies[:min(len(latencies), 1)]
	}
	return chosen
}

// swept finds the key of what a sweep is drawn over.
func swept(runs []*comparison.Run, over string) (string, error) {
	keys := []string{"threads"} // of all that can be swept
	for _, key := range selection.KeysOf(runs) {
		if strings.HasPrefix(key, selection.ParamPrefix) {
			keys = append(keys, key)
		}
	}
	vary := func(key string) bool { return selection.Varies(runs, key) }
	varying := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !vary(key) })
	if len(varying) == 0 && vary("nodes") {
		varying = []string{"nodes"}
	}
	keys = append(keys, "nodes")
	switch {
	case over == "" && len(varying) == 0:
		return "", fault.Errorf(ErrNothingSwept, "nothing was swept: each parameter has one value in all selected runs, and so have threads and nodes; make runs with several values of one")
	case over == "" && len(varying) > 1:
		return "", fault.Errorf(ErrManySwept, "the selected runs differ in %s: choose what to draw over, such as %s", nameAll(varying), nameOf(varying[0]))
	case over == "":
		return varying[0], nil
	}
	i := slices.IndexFunc(keys, func(key string) bool { return over == key || over == nameOf(key) })
	if i < 0 {
		return "", fault.Errorf(ErrOver, "over %s: the selected runs have no such parameter; there are %s", over, nameAll(keys))
	}
	if !vary(keys[i]) {
		return "", fault.Errorf(ErrOver, "over %s: it is %s in all selected runs, and a sweep needs two values at least", over, runs[0].Value(keys[i]))
	}
	return keys[i], nil
}

// The kinds of errors of a sweep.
var (
	ErrNothingSwept = errors.New("nothing swept") // the selected runs do not differ
	ErrManySwept    = errors.New("several things were swept")
	ErrOver         = errors.New("sweep over") // what is to be drawn over is not known, or does not vary
)

// nameOf is what a person calls a key: a parameter by its own name, unless it is
// that of another key.
func nameOf(key string) string {
	name := strings.TrimPrefix(key, selection.ParamPrefix)
	if name == "threads" || name == "nodes" {
		return key
	}
	return name
}

func nameAll(keys []string) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = nameOf(key)
	}
	return strings.Join(names, ", ")
}

// apart reports whether medians lie more than two decades apart, so that the low
// ones would lie on the axis of a linear scale.
func apart(estimates chart.Estimates) bool {
	low, high := math.Inf(1), 0.0
	for _, e := range slices.Concat(estimates...) {
		if e.N > 0 {
			low, high = min(low, e.Value), max(high, e.Value)
		}
	}
	return low > 0 && high/low > 100
}

// axisOf places values on an axis as numbers of a unit, or else as durations. It
// returns nil for words.
func axisOf(values []string, unit workload.Unit) *chart.Axis {
	number := func(text string) (float64, error) { return strconv.ParseFloat(text, 64) }
	duration := func(text string) (float64, error) { d, err := time.ParseDuration(text); return float64(d), err }
	axis := chart.Axis{Unit: chart.Count, Places: parsed(values, number)}
	if unit == workload.UnitBytes {
		axis.Unit = chart.Bytes
	}
	if axis.Places == nil {
		axis.Unit, axis.Places = chart.Time, parsed(values, duration)
	}
	if axis.Places == nil {
		return nil
	}
	axis.Log = closer(axis.Places)
	return &axis
}

// closer reports whether places in ascending order stand much closer on a linear
// axis than on a logarithmic one: their least distance is a smaller part of the
// whole.
func closer(places []float64) bool {
	const much = 1.4
	if len(places) < 2 || places[0] <= 0 {
		return false
	}
	least := func(of func(float64) float64) float64 {
		whole, distance := of(places[len(places)-1])-of(places[0]), math.Inf(1)
		for i := range len(places) - 1 {
			distance = min(distance, of(places[i+1])-of(places[i]))
		}
		return distance / whole
	}
	return least(math.Log) > much*least(func(x float64) float64 { return x })
}

// parsed reads all values alike, and returns nil if one cannot be placed.
func parsed(values []string, parse func(string) (float64, error)) []float64 {
	places := make([]float64, len(values))
	for i, value := range values {
		x, err := parse(value)
		if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
			return nil
		}
		places[i] = x
	}
	return places
}
