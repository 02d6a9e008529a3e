package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/stats"
)

// Kinds are the kinds of charts that can be made of records.
var Kinds = map[string]func([]stats.Record) Figure{
	"throughput": Throughput,
	"threads":    Threads,
	"latency":    Latency,
}

// Throughput compares what one thread does in a second: bars by operation and
// setup.
func Throughput(records []stats.Record) Figure {
	records = stats.Measured(records)
	f := figure("Throughput per thread", "successful operations per second and thread", records)
	groups, series := legend(records, stats.Series(records))
	panel := Panel{YLabel: "ops/s per thread", Format: FormatNumber}
	ops := stats.GroupBy(records, "op")
	for _, op := range ops {
		panel.Groups = append(panel.Groups, op.Values[0])
	}
	for _, g := range groups {
		panel.Values = append(panel.Values, byOp(g, ops, stats.Record.PerThread))
	}
	f.Series, f.Panels = series, []Panel{panel}
	return f
}

// byOp estimates a figure for each operation, in the order of ops.
func byOp(g stats.Group, ops []stats.Group, of func(stats.Record) float64) []stats.Estimate {
	values := make([]stats.Estimate, len(ops))
	for i, op := range ops {
		for _, mine := range stats.GroupBy(g.Records, "op") {
			if mine.Values[0] == op.Values[0] {
				values[i] = mine.Estimate(of)
			}
		}
	}
	return values
}

// Threads shows how throughput goes with the number of threads: for each
// operation per thread above and in total below.
func Threads(records []stats.Record) Figure {
	records = stats.Measured(records)
	f := figure("Throughput over threads", "per thread above, all threads together below", records)
	keys := slices.DeleteFunc(stats.Series(records), func(key string) bool { return key == "threads" })
	groups, series := legend(records, keys)
	f.Series = series
	threads := stats.GroupBy(records, "threads")
	rows := []struct {
		label string
		of    func(stats.Record) float64
	}{
		{"ops/s per thread", stats.Record.PerThread},
		{"ops/s in total", func(r stats.Record) float64 { return r.Throughput }},
	}
	for i, row := range rows {
		for _, op := range stats.GroupBy(records, "op") {
			panel := Panel{YLabel: op.Values[0] + ", " + row.label, Format: FormatNumber, Lines: true}
			if i == len(rows)-1 {
				panel.XLabel = "threads"
			}
			for _, t := range threads {
				panel.Groups = append(panel.Groups, t.Values[0])
			}
			for _, g := range groups {
				values := make([]stats.Estimate, len(threads))
				for j, t := range threads {
					var mine []stats.Record
					for _, r := range g.Records {
						if r.Op == op.Values[0] && r.Value("threads") == t.Values[0] {
							mine = append(mine, r)
						}
					}
					if len(mine) > 0 {
						values[j] = stats.Group{Records: mine}.Estimate(row.of)
					}
				}
				panel.Values = append(panel.Values, values)
			}
			f.Panels = append(f.Panels, panel)
		}
	}
	return f
}

// percentiles are the places of a latency chart.
var percentiles = []struct {
	name string
	of   func(stats.Record) float64
}{
	{"p50", func(r stats.Record) float64 { return float64(r.P50) }},
	{"p90", func(r stats.Record) float64 { return float64(r.P90) }},
	{"p99", func(r stats.Record) float64 { return float64(r.P99) }},
	{"p99.9", func(r stats.Record) float64 { return float64(r.P999) }},
	{"max", func(r stats.Record) float64 { return float64(r.Max) }},
}

// Latency shows the percentiles of successful operations, a panel for each
// operation.
func Latency(records []stats.Record) Figure {
	records = slices.DeleteFunc(stats.Measured(records), func(r stats.Record) bool { return r.Ops == 0 })
	f := figure("Latency", "percentiles of successful operations, from request to answer", records)
	groups, series := legend(records, stats.Series(records))
	f.Series = series
	for _, op := range stats.GroupBy(records, "op") {
		panel := Panel{Title: op.Values[0], YLog: true, Format: FormatLatency, Lines: true}
		for _, p := range percentiles {
			panel.Groups = append(panel.Groups, p.name)
		}
		for _, g := range groups {
			values := make([]stats.Estimate, len(percentiles))
			for _, mine := range stats.GroupBy(g.Records, "op") {
				if mine.Values[0] != op.Values[0] {
					continue
				}
				for i, p := range percentiles {
					values[i] = mine.Estimate(p.of)
				}
			}
			panel.Values = append(panel.Values, values)
		}
		f.Panels = append(f.Panels, panel)
	}
	same(f.Panels)
	return f
}

// same gives panels that stand side by side one range of values, so that
// heights compare.
func same(panels []Panel) {
	low, high := math.Inf(1), 0.0
	for _, p := range panels {
		from, to := p.span()
		low, high = min(low, from), max(high, to)
	}
	for i := range panels {
		panels[i].Low, panels[i].High = low, high
	}
}

// figure begins a figure with the caption that all kinds have.
func figure(title, subtitle string, records []stats.Record) Figure {
	f := Figure{Title: title, Subtitle: subtitle + "; median of the runs, bars show the " + stats.Interval(records)}
	if len(records) == 0 {
		return f
	}
	var of []string
	for _, g := range stats.GroupBy(records, "workload", "workload-version") {
		of = append(of, g.Values[0]+"@"+g.Values[1])
	}
	first, last := records[0].Started, records[0].Started
	for _, r := range records {
		if r.Started.Before(first) {
			first = r.Started
		}
		if r.Started.After(last) {
			last = r.Started
		}
	}
	dates := first.UTC().Format("2006-01-02")
	if day := last.UTC().Format("2006-01-02"); day != dates {
		dates += " to " + day
	}
	f.Caption = append(f.Caption, fmt.Sprintf("%s · %s · %s (UTC)", strings.Join(of, ", "), stats.Count(len(stats.GroupBy(records, "run")), "run"), dates))
	f.Caption = slices.Concat(f.Caption, stats.Guarantees(records), stats.Verified(records))
	f.Warnings = stats.Warnings(records)
	return f
}

// series groups records into the series of the legend.
func legend(records []stats.Record, keys []string) ([]stats.Group, []Series) {
	groups := stats.GroupBy(records, keys...)
	perStore := map[string]int{}
	for _, g := range groups {
		perStore[g.Values[0]]++
	}
	rank := map[string]int{}
	series := make([]Series, len(groups))
	for i, g := range groups {
		store := g.Values[0]
		series[i] = Series{Name: stats.Label(keys, g.Values), Store: store, Rank: rank[store], Of: perStore[store]}
		rank[store]++
	}
	return groups, series
}
