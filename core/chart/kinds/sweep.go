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
	"github.com/benchctl/benchctl/core/workload"
)

// sweep shows how throughput goes with what was swept: a parameter of the
// workload, the threads or the nodes. Each measured phase has a panel with the
// successful operations of all threads together. Each of its operations has
// one with the 99th percentile of its latency, since percentiles of different
// operations do not combine.
//
// Options name what was swept. Without a name one parameter, or the threads, may
// vary, or the nodes if none of those does.
func sweep(l *comparison.Workload, o Options) (chart.Figure, error) {
	key, err := swept(l.Runs, o.Over)
	if err != nil {
		return chart.Figure{}, err
	}
	name := strings.TrimPrefix(key, selection.ParamPrefix)
	f := figure("Throughput over "+name, "all threads together, and p99 latency of each operation", l)
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
	panel := func(label string, scale chart.Scale, values chart.Estimates) chart.Panel {
		return chart.Panel{YLabel: label, Groups: over.values, X: axis, Y: scale, Marks: []chart.Mark{chart.Lines{Estimates: values}}}
	}
	var latencies []chart.Panel
	phases := byPhase(l)
	for _, rows := range phases {
		of := ""
		if len(phases) > 1 {
			of = rows[0].Phase + ", "
		}
		total := over.estimates(comparison.Totals(rows), comparison.Throughput)
		label, scale := of+"ops/s in total", chart.Scale{}
		if apart(total) {
			label, scale.Log = label+", logarithmic", true
		}
		f.Panels = append(f.Panels, panel(label, scale, total))
		for _, op := range selection.GroupBy(comparison.Answered(rows), "op") {
			name := op.Values[0]
			if rows[0].Phase != name {
				name = of + name
			}
			latencies = append(latencies, panel(name+", p99 latency", chart.Scale{Unit: chart.Time, Log: true}, over.percentiles(op.Rows, 99, comparison.P99)))
		}
	}
	chart.Align(latencies)
	f.Panels[0].Wide = len(latencies) == 2 && len(phases) == 1 && axis != nil
	f.Panels = append(f.Panels, latencies...)
	return f, nil
}

// byPhase divides the rows of a load by phase, in the order of the phases.
func byPhase(l *comparison.Workload) [][]*comparison.Row {
	phases := make([][]*comparison.Row, len(l.Phases))
	for _, r := range l.Rows {
		i := slices.Index(l.Phases, r.Phase)
		phases[i] = append(phases[i], r)
	}
	return phases
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

// axisOf places values on an axis as numbers of a unit, or else as durations: a
// logarithmic one if they span more than two decades. It returns nil for words.
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
	axis.Log = axis.Places[0] > 0 && axis.Places[len(values)-1]/axis.Places[0] > 100
	return &axis
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
