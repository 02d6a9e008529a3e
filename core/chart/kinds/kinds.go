// Package kinds makes figures of what was measured: each kind of chart is a
// value that says what it needs, which flags it takes and how it is made. It
// reads and draws nothing.
package kinds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// Kind is a kind of chart.
type Kind struct {
	Name  string
	Help  string
	Flags []string // it takes beside those of all kinds
	Needs []Input
	Make  func(*comparison.Workload, Options) (chart.Figure, error)
}

// Input is something of the selected runs that a kind is made of. What a kind
// does not name is not read.
type Input string

// The inputs. Counts and throughput are read for all kinds.
const (
	Latency Input = "latency" // percentiles of every operation
	Params  Input = "params"  // what the workload says of its parameters
)

// Options are what the flags of kinds say.
type Options struct {
	Over string // what a sweep is drawn over; empty: what varies
}

// All are the kinds, by name.
var All = []Kind{
	{Name: "answers", Help: "what answers the question of the workload, as bars with intervals", Needs: []Input{Latency}, Make: answers},
	{Name: "latency", Help: "percentiles of every operation", Needs: []Input{Latency}, Make: latency},
	{Name: "sweep", Help: "throughput in total, and p99 latency, over what was swept: a\nparameter of the workload, or else threads or nodes",
		Flags: []string{"over"}, Needs: []Input{Latency, Params}, Make: sweep},
	{Name: "threads", Help: "throughput per thread and in total over the number of threads", Make: threads},
	{Name: "throughput", Help: "what one thread does in a second, as bars with intervals", Make: throughput},
}

// Names returns the names of all kinds.
func Names() []string {
	var names []string
	for _, k := range All {
		names = append(names, k.Name)
	}
	return names
}

// Find finds a kind by its name.
func Find(name string) (Kind, bool) {
	if i := slices.IndexFunc(All, func(k Kind) bool { return k.Name == name }); i >= 0 {
		return All[i], true
	}
	return Kind{}, false
}

// NeedsOf returns what a comparison has to have for some kinds.
func NeedsOf(some ...Kind) comparison.Needs {
	var needs comparison.Needs
	for _, k := range some {
		needs.Latency = needs.Latency || slices.Contains(k.Needs, Latency)
		needs.Params = needs.Params || slices.Contains(k.Needs, Params)
	}
	return needs
}

// Fitting is the kind of chart for what varies between runs, and how it is made
// of them: over the parameter that was swept if there is one, else over threads
// if there are several numbers of them, else as bars of what answers the
// workload's question.
func Fitting(l *comparison.Workload) (Kind, Options) {
	var swept []string
	for _, key := range l.Keys {
		if strings.HasPrefix(key, selection.ParamPrefix) {
			swept = append(swept, key)
		}
	}
	name, options := "answers", Options{}
	perThread := slices.Equal(l.Answers.Figures, []workload.Figure{workload.FigurePerThread})
	switch {
	case len(swept) == 1:
		name, options.Over = "sweep", swept[0]
	case selection.Varies(l.Runs, "threads") && perThread:
		name = "threads"
	case selection.Varies(l.Runs, "threads"):
		name, options.Over = "sweep", "threads"
	case perThread:
		name = "throughput"
	}
	kind, _ := Find(name)
	return kind, options
}

// ForPage returns the kinds that a page shows of a workload: a sweep has both
// throughput and latency, where bars would be too many.
func ForPage(l *comparison.Workload) ([]Kind, Options) {
	fitting, options := Fitting(l)
	names := []string{"throughput", "latency"}
	switch fitting.Name {
	case "answers":
		names = []string{"answers", "latency"}
	case "sweep":
		names = []string{"sweep"}
	case "threads":
		names = []string{"throughput", "threads", "latency"}
	}
	var chosen []Kind
	for _, name := range names {
		kind, _ := Find(name)
		chosen = append(chosen, kind)
	}
	return chosen, options
}

// throughput compares what one thread does in a second: bars by operation and
// setup.
func throughput(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("Throughput per thread", "successful operations per second and thread", l)
	f.Series = legend(l.Series)
	panel, _ := bars(l, workload.FigurePerThread, l.Executed())
	f.Panels = []chart.Panel{panel}
	return f, nil
}

// answers compares what answers the question of a workload: a panel of bars for
// each figure, by operation and setup.
func answers(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("What answers "+l.Name, "of successful operations", l)
	f.Series = legend(l.Series)
	for _, figure := range l.Answers.Figures {
		parts := l.Answering()
		switch {
		case figure == workload.FigureOffered:
			continue // which was asked for, and not measured
		case figure.OfPhase():
			parts = slices.CompactFunc(parts, func(a, b comparison.Part) bool { return a.Phase == b.Phase })
			for i, p := range parts {
				parts[i].Name = p.Phase
			}
		}
		if panel, measured := bars(l, figure, parts); measured {
			f.Panels = append(f.Panels, panel)
		}
	}
	return f, nil
}

// labels are what the axes of figures say.
var labels = map[workload.Figure]string{
	workload.FigureRate: "arrivals/s that were found", workload.FigureThroughput: "ops/s in total", workload.FigurePerThread: "ops/s per thread",
	workload.FigureP50: "p50 latency", workload.FigureP90: "p90 latency", workload.FigureP99: "p99 latency", workload.FigureP999: "p99.9 latency", workload.FigureMax: "greatest latency",
}

// bars is a panel of a figure, with a bar for each part of each series. It is not
// measured where there is nothing of it: too few operations carry no percentile,
// and a search may find no rate.
func bars(l *comparison.Workload, of workload.Figure, parts []comparison.Part) (panel chart.Panel, measured bool) {
	panel.YLabel = labels[of]
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
			e := s.Answer(of, p)
			if e.N > 0 && (of != workload.FigureRate || e.Value > 0) {
				values[i], measured = e, true
			}
		}
		bars = append(bars, values)
	}
	panel.Marks = []chart.Mark{chart.Bars{Estimates: bars}}
	return panel, measured
}

// latency shows the percentiles of successful operations, a panel for each
// operation.
func latency(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("Latency", "percentiles of successful operations, from request to answer", l)
	answered := slices.DeleteFunc(slices.Clone(l.Series), func(s *comparison.Series) bool {
		return !slices.ContainsFunc(s.Operations, func(o comparison.Operation) bool { return o.Latency != nil })
	})
	f.Series = legend(answered)
	for _, part := range l.Parts {
		var lines chart.Estimates
		drawn := false
		for _, s := range answered {
			values := make([]stats.Estimate, len(percentiles))
			if o := s.Operation(part); o != nil && o.Latency != nil {
				drawn = true
				values = []stats.Estimate{o.Latency.P50, o.Latency.P90, o.Latency.P99, o.Latency.P999, o.Latency.Max}
			}
			lines = append(lines, values)
		}
		if drawn {
			f.Panels = append(f.Panels, chart.Panel{
				Title: part.Name, Groups: percentiles, Y: chart.Scale{Unit: chart.Time, Log: true}, Marks: []chart.Mark{chart.Lines{Estimates: lines}},
			})
		}
	}
	chart.Align(f.Panels)
	return f, nil
}

// percentiles are the places of a latency chart.
var percentiles = []string{"p50", "p90", "p99", "p99.9", "max"}

// threads shows how throughput goes with the number of threads: for each
// operation per thread above and in total below.
func threads(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("Throughput over threads", "per thread above, all threads together below", l)
	over := along(l, "threads")
	f.Series = over.legend()
	rows := []struct {
		label, x string
		of       func(*comparison.Row) float64
	}{
		{"ops/s per thread", "", (*comparison.Row).PerThread},
		{"ops/s in total", "threads", comparison.Throughput},
	}
	for _, row := range rows {
		for _, part := range l.Executed() {
			rows := slices.DeleteFunc(slices.Clone(l.Rows), func(r *comparison.Row) bool { return r.Phase != part.Phase || r.Op != part.Op })
			f.Panels = append(f.Panels, chart.Panel{
				YLabel: part.Name + ", " + row.label, XLabel: row.x, Groups: over.values,
				Marks: []chart.Mark{chart.Lines{Estimates: over.estimates(rows, row.of)}},
			})
		}
	}
	return f, nil
}

// lines are series that run over the values of one key, and are told apart by
// the others.
type lines struct {
	key    string
	values []string // of the key, in ascending order
	keys   []string // of the series
	series []selection.Group[*comparison.Run]
}

func along(l *comparison.Workload, key string) lines {
	runs := l.Runs
	keys := slices.DeleteFunc(slices.Clone(l.Keys), func(k string) bool { return k == key })
	return lines{key: key, values: selection.ValuesOf(runs, key), keys: keys, series: selection.GroupBy(runs, keys...)}
}

// legend names the series.
func (ls lines) legend() []chart.Series {
	names := make([]chart.Series, len(ls.series))
	for i, s := range ls.series {
		names[i] = chart.Series{Name: selection.Name(ls.keys, s.Values), Store: s.Values[0]}
	}
	return ranked(names)
}

// estimates summarises a figure of rows for each series at each value.
func (ls lines) estimates(rows []*comparison.Row, figure func(*comparison.Row) float64) chart.Estimates {
	return ls.each(rows, func(rows []*comparison.Row) stats.Estimate { return comparison.Estimate(rows, figure) })
}

// percentiles does the same of a percentile of the latency.
func (ls lines) percentiles(rows []*comparison.Row, percent float64, figure func(*comparison.Row) int64) chart.Estimates {
	return ls.each(rows, func(rows []*comparison.Row) stats.Estimate { return comparison.Percentile(rows, percent, figure) })
}

func (ls lines) each(rows []*comparison.Row, estimate func([]*comparison.Row) stats.Estimate) chart.Estimates {
	estimates := make(chart.Estimates, len(ls.series))
	for i := range estimates {
		estimates[i] = make([]stats.Estimate, len(ls.values))
	}
	for _, g := range selection.GroupBy(rows, append(slices.Clone(ls.keys), ls.key)...) {
		of, value := g.Values[:len(ls.keys)], g.Values[len(ls.keys)]
		i := slices.IndexFunc(ls.series, func(s selection.Group[*comparison.Run]) bool { return slices.Equal(s.Values, of) })
		estimates[i][slices.Index(ls.values, value)] = estimate(g.Rows)
	}
	return estimates
}

// figure begins a figure with the caption that all kinds have.
func figure(title, subtitle string, l *comparison.Workload) chart.Figure {
	dates := l.From.UTC().Format(time.DateOnly)
	if day := l.Until.UTC().Format(time.DateOnly); day != dates {
		dates += " to " + day
	}
	return chart.Figure{
		Title:    title,
		Subtitle: subtitle + "; median of the runs, bars show the " + l.Interval,
		Caption:  slices.Concat([]string{fmt.Sprintf("%s · %s · %s (UTC)", l.Ref(), format.Count(l.Compared, "run"), dates)}, l.Guarantees, l.Verified),
		Warnings: l.Warnings,
	}
}

// legend names series.
func legend(series []*comparison.Series) []chart.Series {
	names := make([]chart.Series, len(series))
	for i, s := range series {
		names[i] = chart.Series{Name: s.Name, Store: s.Store}
	}
	return ranked(names)
}

// ranked numbers the series of each store.
func ranked(names []chart.Series) []chart.Series {
	perStore := map[string]int{}
	for i, s := range names {
		names[i].Rank = perStore[s.Store]
		perStore[s.Store]++
	}
	for i, s := range names {
		names[i].Of = perStore[s.Store]
	}
	return names
}
