package chart

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/stats"
)

// Sweep shows how throughput goes with what was swept: a parameter of the
// workload, the threads or the nodes. Each measured phase has a panel with the
// successful operations of all threads together. Each of its operations has
// one with the 99th percentile of its latency, since percentiles of different
// operations do not combine.
//
// over names what was swept. Without it one parameter, or the threads, may
// vary, or the nodes if none of those does. help has the help texts of the
// parameters by name.
func Sweep(records []stats.Record, over string, help map[string]string) (Figure, error) {
	records = stats.Measured(records)
	if len(records) == 0 {
		return Figure{}, nil
	}
	key, err := swept(records, over)
	if err != nil {
		return Figure{}, err
	}
	name := strings.TrimPrefix(key, paramPrefix)
	f := figure("Throughput over "+name, "all threads together, and p99 latency of each operation", records)
	f.XLabel = name
	if text := help[name]; text != "" && name != key {
		f.XLabel = text
	}
	s := sweep{key: key}
	s.keys = slices.DeleteFunc(stats.Series(records), func(k string) bool { return k == key })
	s.series, f.Series = legend(records, s.keys)
	for _, g := range stats.GroupBy(records, key) {
		s.values = append(s.values, g.Values[0])
	}
	s.axis = axisOf(s.values, f.XLabel, len(s.series))

	var latencies []Panel
	phases := phases(records)
	for _, phase := range phases {
		of := ""
		if len(phases) > 1 {
			of = phase[0].Phase + ", "
		}
		total := s.panel(Panel{YLabel: of + "ops/s in total", Format: FormatNumber}, stats.Totals(phase),
			func(r stats.Record) float64 { return r.Throughput })
		if total.apart() {
			total.YLog, total.YLabel = true, total.YLabel+", logarithmic"
		}
		f.Panels = append(f.Panels, total)
		for _, op := range stats.GroupBy(answered(phase), "op") {
			name := op.Values[0]
			if phase[0].Phase != name {
				name = of + name
			}
			latencies = append(latencies, s.panel(Panel{YLabel: name + ", p99 latency", Format: FormatLatency, YLog: true}, op.Records,
				func(r stats.Record) float64 { return float64(r.P99) }))
		}
	}
	same(latencies)
	f.Panels[0].Wide = len(latencies) == 2 && len(phases) == 1 && s.axis != nil
	f.Panels = append(f.Panels, latencies...)
	return f, nil
}

// paramPrefix begins the keys of parameters.
const paramPrefix = "param."

// swept finds the key of what a sweep is drawn over.
func swept(records []stats.Record, over string) (string, error) {
	keys := []string{"threads"} // of all that can be swept
	for _, key := range stats.Keys(records) {
		if strings.HasPrefix(key, paramPrefix) {
			keys = append(keys, key)
		}
	}
	vary := func(key string) bool { return len(stats.GroupBy(records, key)) > 1 }
	varying := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !vary(key) })
	if len(varying) == 0 && vary("nodes") {
		varying = []string{"nodes"}
	}
	keys = append(keys, "nodes")
	switch {
	case over == "" && len(varying) == 0:
		return "", errors.New("nothing was swept: each parameter has one value in all selected runs, and so have threads and nodes; make runs with `benchctl run --param NAME=VALUE,VALUE`")
	case over == "" && len(varying) > 1:
		return "", fmt.Errorf("the selected runs differ in %s: choose what to draw over, such as --over %s", nameAll(varying), nameOf(varying[0]))
	case over == "":
		return varying[0], nil
	}
	i := slices.IndexFunc(keys, func(key string) bool { return over == key || over == nameOf(key) })
	if i < 0 {
		return "", fmt.Errorf("--over %s: the selected runs have no such parameter; there are %s", over, nameAll(keys))
	}
	if !vary(keys[i]) {
		return "", fmt.Errorf("--over %s: it is %s in all selected runs, and a sweep needs two values at least", over, records[0].Value(keys[i]))
	}
	return keys[i], nil
}

// nameOf is what --over calls a key: a parameter by its own name, unless it is
// that of another key.
func nameOf(key string) string {
	name := strings.TrimPrefix(key, paramPrefix)
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

// phases divides records by phase, in the order in which the phases come.
func phases(records []stats.Record) [][]stats.Record {
	var phases [][]stats.Record
	at := map[string]int{}
	for _, r := range records {
		i, ok := at[r.Phase]
		if !ok {
			i = len(phases)
			at[r.Phase] = i
			phases = append(phases, nil)
		}
		phases[i] = append(phases[i], r)
	}
	return phases
}

// answered leaves out operations of which none succeeded: they have no latency.
func answered(records []stats.Record) []stats.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r stats.Record) bool { return r.Ops == 0 })
}

// sweep is what the panels of a sweep have in common.
type sweep struct {
	key    string
	values []string // of the key, in ascending order
	axis   *Axis    // nil if they are words
	keys   []string // of the series
	series []stats.Group
}

// panel completes a panel with its x axis and the estimates of a figure.
func (s sweep) panel(p Panel, records []stats.Record, figure func(stats.Record) float64) Panel {
	p.Lines = true
	for range s.series {
		p.Values = append(p.Values, make([]stats.Estimate, len(s.values)))
	}
	for _, g := range stats.GroupBy(records, append(slices.Clone(s.keys), s.key)...) {
		of, value := g.Values[:len(s.keys)], g.Values[len(s.keys)]
		i := slices.IndexFunc(s.series, func(series stats.Group) bool { return slices.Equal(series.Values, of) })
		p.Values[i][slices.Index(s.values, value)] = g.Estimate(figure)
	}
	p.Groups, p.X = s.values, s.axis // the axis, where there is one
	return p
}

// apart reports whether values lie more than two decades apart, so that the low
// ones would lie on the axis of a linear scale.
func (p Panel) apart() bool {
	low, high := math.Inf(1), 0.0
	for _, e := range slices.Concat(p.Values...) {
		if e.N > 0 {
			low, high = min(low, e.Value), max(high, e.Value)
		}
	}
	return low > 0 && high/low > 100
}

// ofBytes finds the help texts of sizes.
var ofBytes = regexp.MustCompile(`\bbytes\b`)

// axisOf places values on an axis as numbers, or else as durations: a
// logarithmic one if they span more than two decades. It returns nil for words.
// label tells sizes from other numbers.
func axisOf(values []string, label string, series int) *Axis {
	number := func(text string) (float64, error) { return strconv.ParseFloat(text, 64) }
	duration := func(text string) (float64, error) { d, err := time.ParseDuration(text); return float64(d), err }
	var axis Axis
	places, name := parsed(values, number), formatExact
	switch {
	case places == nil:
		if places, name = parsed(values, duration), formatDuration; places == nil {
			return nil
		}
	case ofBytes.MatchString(label):
		name = formatSize
	default:
		axis.Format = formatExact // round sizes and durations are not powers of ten
	}
	axis.Log = places[0] > 0 && places[len(places)-1]/places[0] > 100
	for _, x := range places {
		axis.Ticks = append(axis.Ticks, Tick{x, name(x)})
	}
	for range series {
		axis.At = append(axis.At, places)
	}
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

// formatExact writes a number with all its digits, up to ten.
func formatExact(x float64) string {
	if math.Abs(x) >= 1000 && x == math.Trunc(x) {
		return FormatNumber(x)
	}
	return strconv.FormatFloat(x, 'g', 10, 64)
}

// formatSize writes bytes in the largest binary unit that divides them.
func formatSize(x float64) string {
	unit := "B"
	for _, next := range []string{"KiB", "MiB", "GiB"} {
		if x == 0 || math.Mod(x, 1024) != 0 {
			break
		}
		x, unit = x/1024, next
	}
	return formatExact(x) + " " + unit
}

// formatDuration writes nanoseconds: 300 ms, 1.5 s, 1m30s, 2h.
func formatDuration(ns float64) string {
	d := time.Duration(ns)
	if d < time.Minute {
		return FormatLatency(ns)
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
