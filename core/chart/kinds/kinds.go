// Package kinds makes figures of what was measured: each kind of chart is a
// value that says what it needs, which flags it takes and how it is made. It
// draws nothing.
package kinds

import (
	"context"
	"fmt"
	"maps"
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
	says  string                           // of its values; empty: medians of the runs, with whiskers
	whole bool                             // it shows what runs did, which has no intervals
	fits  func(*comparison.Workload) error // refuses what it cannot show; nil: it can show all
	make  func(*comparison.Workload, Options) (chart.Figure, error)
}

// Make makes a figure of what was measured. What was made of which runs it says in
// the figure's provenance, but for the program and the selection.
func (k Kind) Make(l *comparison.Workload, o Options) (chart.Figure, error) {
	f, err := k.make(l, o)
	if err != nil {
		return f, err
	}
	all := f.Series
	f, empty := f.WithoutEmpty()
	if len(f.Series) > 0 { // else what is missing says it of all
		f.Missing = append(f.Missing, nothingOf(l, all, empty)...)
	}
	switch {
	case k.says != "":
		f.Subtitle += "; " + k.says
	case f.Intervals():
		f.Subtitle += "; median of the runs, whiskers show the " + l.Interval
	default:
		f.Subtitle += "; median of the runs"
	}
	if k.whole {
		f.Warnings = slices.DeleteFunc(slices.Clone(f.Warnings), func(w string) bool { return slices.Contains(l.FewRepeats, w) })
	}
	f.Provenance = chart.Provenance{Kind: k.Name, Options: o.given(), Workload: l.Ref(), SHA256: l.SHA256}
	for _, run := range l.Runs {
		if run.UID != "" { // in an archive that nobody has upgraded
			f.Provenance.Runs = append(f.Provenance.Runs, run.UID)
		}
	}
	return f, nil
}

// Fits refuses what the kind cannot show, before more is read of it.
func (k Kind) Fits(l *comparison.Workload) error {
	if k.fits == nil {
		return nil
	}
	return k.fits(l)
}

// Read reads what the kind is made of beside the comparison.
func (k Kind) Read(ctx context.Context, from comparison.Detailed, l *comparison.Workload) error {
	wants := func(i Input) bool { return slices.Contains(k.Needs, i) }
	return l.Detail(ctx, from, comparison.Wanted{Quantiles: wants(Quantiles), Seconds: wants(Seconds), Moments: wants(Moments), Threads: wants(Threads)})
}

// Input is something of the selected runs that a kind is made of. What a kind
// does not name is not read.
type Input string

// The inputs. Counts and throughput are read for all kinds.
const (
	Latency Input = "latency" // percentiles of every operation
	Params  Input = "params"  // what the workload says of its parameters
	Costs   Input = "costs"   // what servers used

	// Of single runs.
	Quantiles Input = "quantiles" // how the latencies of every operation are distributed
	Seconds   Input = "seconds"   // what the load, the processes and events were over the time of one run
	Moments   Input = "moments"   // latencies over the time of the measured phases
	Threads   Input = "threads"   // what each thread did
)

// Options are what the flags of kinds say.
type Options struct {
	Over      string // what a sweep, a tradeoff or a history is drawn over; empty: what varies, or time
	By        string // keys that a verdict compares by, with commas between; empty: store
	Versus    string // their values on the side that the others are compared with; empty: the first
	Published bool   // with what others have published
	Floor     bool   // with the machine's fsync
}

// given are the options that were given, by name.
func (o Options) given() map[string]string {
	given := map[string]string{"over": o.Over, "by": o.By, "vs": o.Versus}
	if o.Published {
		given["published"] = "true"
	}
	if o.Floor {
		given["floor"] = "true"
	}
	maps.DeleteFunc(given, func(_, value string) bool { return value == "" })
	return given
}

// OptionsOf are the options of a provenance.
func OptionsOf(p chart.Provenance) Options {
	o := p.Options
	return Options{Over: o["over"], By: o["by"], Versus: o["vs"], Published: o["published"] == "true", Floor: o["floor"] == "true"}
}

// All are the kinds, by name.
var All = []Kind{
	{Name: "answers", Help: "what answers the question of the workload, as bars with intervals",
		Flags: []string{"published"}, Needs: []Input{Latency}, make: answers},
	{Name: "boxplot", Help: "the repeats of each series, as boxes with a point for each",
		Needs: []Input{Latency}, says: "boxes: quartiles, with a line at the median and whiskers at the least and the greatest", make: boxplot},
	{Name: "cdf", Help: "how the latencies of every operation are distributed, and below which\nshare took longer, on a logarithmic axis", Needs: []Input{Quantiles}, make: cdf},
	{Name: "cost", Help: "what the servers used: processor time, memory and bytes written", Needs: []Input{Costs}, make: cost},
	{Name: "fairness", Help: "what each thread did: its share of the operations and its p99 latency,\nwith Jain's index", Needs: []Input{Threads}, make: fairness},
	{Name: "heatmap", Help: "latency over time: how many operations ended when, and took how long",
		Needs: []Input{Moments}, whole: true, says: "all runs of a series added up", make: heatmap},
	{Name: "history", Help: "what answers the question of the workload over time or a label,\nwith the places where it changed and regressions marked",
		Flags: []string{"over"}, Needs: []Input{Latency}, make: history},
	{Name: "latency", Help: "percentiles of every operation", Flags: []string{"floor"}, Needs: []Input{Latency}, make: latency},
	{Name: "replication", Help: "throughput and latency over the number of nodes", Needs: []Input{Latency}, make: replication},
	{Name: "sweep", Help: "what answers the question of the workload over what was swept:\na parameter of it, or else threads or nodes",
		Flags: []string{"over"}, Needs: []Input{Latency, Params}, make: sweep},
	{Name: "threads", Help: "throughput per thread and in total over the number of threads", make: threads},
	{Name: "throughput", Help: "what one thread does in a second, as bars with intervals", Flags: []string{"published"}, make: throughput},
	{Name: "timeline", Help: "one run over its seconds: throughput, latency and failures above, below\nprocessor, memory and disk of each node, with events and phases",
		Needs: []Input{Seconds}, whole: true, says: "thin lines are p50, the others p99", fits: oneRun, make: timeline},
	{Name: "tradeoff", Help: "latency at throughput, a point for each load", Flags: []string{"over"}, Needs: []Input{Latency}, make: tradeoff},
	{Name: "verdict", Help: "by how much runs differ from the first of them, with intervals about zero",
		Flags: []string{"by", "vs"}, Needs: []Input{Latency, Costs}, says: "by what share they differ, with the 95 % interval", make: verdict},
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
		needs.Costs = needs.Costs || slices.Contains(k.Needs, Costs)
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
func throughput(l *comparison.Workload, o Options) (chart.Figure, error) {
	f := figure("Throughput per thread", "successful operations per second and thread", l)
	f.Series = legend(l)
	panel, _ := bars(l, workload.FigurePerThread, l.Executed(), nil)
	f.Panels = []chart.Panel{panel}
	if o.Published {
		return withPublished(f, l, workload.FigurePerThread)
	}
	return f, nil
}

// threads shows how throughput goes with the number of threads: for each
// operation per thread above and in total below.
func threads(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("Throughput over threads", "per thread above, all threads together below", l)
	over := along(l, "threads")
	axis := axisOf(over.values, "")
	f.Series, f.XLabel, f.Columns = over.legend(), "threads", min(len(l.Executed()), mostPanels)
	rows := []struct {
		label string
		total bool
		of    func(*comparison.Operation) stats.Estimate
	}{
		{"ops/s per thread", false, func(o *comparison.Operation) stats.Estimate { return o.PerThread }},
		{"ops/s in total", true, func(o *comparison.Operation) stats.Estimate { return o.Throughput }},
	}
	for _, row := range rows {
		for _, part := range l.Executed() {
			values := each(over, l, func(s *comparison.Series) (e stats.Estimate) {
				if o := s.Operation(part); o != nil {
					e = row.of(o)
				}
				return e
			})
			panel := chart.Panel{YLabel: part.Name + ", " + row.label, X: axis, Marks: []chart.Mark{chart.Lines{Estimates: values}}}
			if row.total {
				panel.Marks = append(panel.Marks, ideal(axis.Places, values))
			}
			f.Panels = append(f.Panels, panel)
		}
	}
	f.Notes = []string{"thin lines: ideal, where each thread does what it does at the least number of them"}
	return f, nil
}

// ideal is what series would come to if their throughput went with the threads, from
// their first point on.
func ideal(threads []float64, throughput chart.Estimates) chart.Proportions {
	slopes := make(chart.Proportions, len(throughput))
	for i, values := range throughput {
		if j := slices.IndexFunc(values, func(e stats.Estimate) bool { return e.N > 0 }); j >= 0 {
			slopes[i] = values[j].Value / threads[j]
		}
	}
	return slopes
}

// figure begins a figure with the caption that all kinds have.
func figure(title, subtitle string, l *comparison.Workload) chart.Figure {
	dates := l.From.UTC().Format(time.DateOnly)
	if day := l.Until.UTC().Format(time.DateOnly); day != dates {
		dates += " to " + day
	}
	return chart.Figure{
		Title:    title,
		Subtitle: subtitle,
		Caption:  slices.Concat([]string{fmt.Sprintf("%s · %s · %s (UTC)", l.Ref(), format.Count(l.Compared, "run"), dates)}, l.Guarantees, l.Verified),
		Warnings: l.Warnings,
	}
}

// legend names series.
func legend(l *comparison.Workload) []chart.Series {
	names := make([]chart.Series, len(l.Series))
	for i, s := range l.Series {
		names[i] = chart.Series{Words: words(l.Keys, s.Values), Store: s.Store}
	}
	return names
}

// words are what the name of a series is made of: one for each key.
func words(keys, values []string) []string {
	words := make([]string, len(keys))
	for i := range keys {
		words[i] = selection.Name(keys[i:i+1], values[i:i+1])
	}
	return words
}
