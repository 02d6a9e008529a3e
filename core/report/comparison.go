// Package report prints what was measured: tables, JSON documents and pages. It
// decides nothing: what is selected and compared is core/comparison's work.
package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// Answers is the table of what answers the question of a workload, by store and
// setup, as medians of the repeats with their intervals.
func Answers(l *comparison.Workload) Table {
	if slices.Equal(l.Answers.Figures, []workload.Figure{workload.FigurePerThread}) {
		return perThread(l)
	}
	return byOperation(l)
}

// perThread is the table that the project began with: what one thread does in a
// second. Operations have a column each, and those of one mix one for all of
// them together.
func perThread(l *comparison.Workload) Table {
	t := keyed(l)
	var parts []comparison.Part
	for _, part := range l.Executed() {
		if l.Answers.Of(part.Phase, part.Op) {
			parts = append(parts, part)
			t.Columns = append(t.Columns, Column{part.Name + "/s", true}, Column{"", false})
		}
	}
	all := l.Mixed() && len(parts) > 1
	if all {
		t.Columns = append(t.Columns, Column{"all/s", true}, Column{"", false})
	}
	t.Columns = append(t.Columns, Column{"runs", true})
	for _, s := range l.Series {
		row := slices.Clone(s.Values)
		for _, part := range parts {
			row = append(row, written(workload.FigurePerThread, s.Answer(workload.FigurePerThread, part))...)
		}
		if all {
			row = append(row, written(workload.FigurePerThread, s.All.PerThread)...)
		}
		t.Rows = append(t.Rows, append(row, format.Integer(s.Runs)))
	}
	return t
}

// byOperation has a row for each operation of a series that the question is of.
// What is of a phase, and of the series, stands in the first of them.
func byOperation(l *comparison.Workload) Table {
	t := keyed(l)
	parts := l.Answering()
	ofPhase := slices.DeleteFunc(slices.Clone(l.Answers.Figures), func(f workload.Figure) bool { return !f.OfPhase() })
	ofPart := slices.DeleteFunc(slices.Clone(l.Answers.Figures), workload.Figure.OfPhase)
	several := len(parts) > 1 && (len(ofPart) > 0 || len(l.Phases) > 1)
	for _, f := range ofPhase {
		t.Columns = append(t.Columns, headed(l, f, "")...)
	}
	if several {
		t.Columns = append(t.Columns, Column{"op", false})
	}
	for _, f := range ofPart {
		op := ""
		if !several {
			op = parts[0].Name + " "
		}
		t.Columns = append(t.Columns, headed(l, f, op)...)
	}
	t.Columns = append(t.Columns, Column{"runs", true})
	for _, s := range l.Series {
		phase := ""
		for i, part := range parts {
			row := slices.Clone(s.Values)
			runs := format.Integer(s.Runs)
			if i > 0 {
				row, runs = make([]string, len(s.Values)), ""
			}
			for _, f := range ofPhase {
				cells := written(f, s.Answer(f, part))
				if part.Phase == phase {
					cells = make([]string, len(cells))
				}
				row = append(row, cells...)
			}
			phase = part.Phase
			if several {
				row = append(row, part.Name)
			}
			for _, f := range ofPart {
				row = append(row, written(f, s.Answer(f, part))...)
			}
			t.Rows = append(t.Rows, append(row, runs))
			if !several {
				break
			}
		}
	}
	return t
}

// keyed begins a table with the columns that tell series apart.
func keyed(l *comparison.Workload) (t Table) {
	for i, key := range l.Keys {
		t.Columns = append(t.Columns, Column{selection.Short(key), numeric(l.Series, i)})
	}
	return t
}

// headings are what the columns of figures are called.
var headings = map[workload.Figure]string{
	workload.FigureRate: "found/s", workload.FigureOffered: "offered/s", workload.FigureThroughput: "all/s", workload.FigurePerThread: "per thread/s",
	workload.FigureP50: "p50", workload.FigureP90: "p90", workload.FigureP99: "p99", workload.FigureP999: "p99.9", workload.FigureMax: "max",
}

// headed heads the columns of a figure: its own, and that of its interval where
// it was measured.
func headed(l *comparison.Workload, f workload.Figure, op string) []Column {
	switch {
	case f == workload.FigureOffered:
		return []Column{{headings[f], true}}
	case f == workload.FigureThroughput && l.Answers.Has(workload.FigureOffered):
		return []Column{{"achieved/s", true}, {"", false}}
	}
	return []Column{{op + headings[f], true}, {"", false}}
}

// written writes a figure, with its interval where it was measured.
func written(f workload.Figure, e stats.Estimate) []string {
	switch {
	case f == workload.FigureOffered && e.N == 0:
		return []string{"–"}
	case f == workload.FigureOffered:
		return []string{format.Number(e.Value)}
	case e.N == 0:
		return []string{"–", ""}
	case f == workload.FigureRate && e.Value == 0:
		return []string{"none", ""}
	case f.OfLatency():
		return []string{nanoseconds(e.Value), spread(e, nanoseconds)}
	}
	return []string{format.Number(e.Value), spread(e, format.Number)}
}

func nanoseconds(ns float64) string { return format.Duration(time.Duration(math.Round(ns))) }

// lead says what the figures of a workload are.
func lead(l *comparison.Workload) string {
	a := l.Answers
	var of []string
	if a.Has(workload.FigureRate) {
		of = append(of, "the highest arrivals per second that kept "+cmp.Or(l.Bound, "the bound"))
	}
	switch {
	case a.Has(workload.FigureOffered):
		of = append(of, "arrivals and successful operations per second, all threads together")
	case a.Has(workload.FigureThroughput):
		of = append(of, "successful operations per second, all threads together")
	}
	if a.Has(workload.FigurePerThread) {
		of = append(of, "successful operations per second and thread")
	}
	if slices.ContainsFunc(a.Figures, workload.Figure.OfLatency) {
		of = append(of, "latency of successful operations")
	}
	return strings.Join(of, "; ")
}

// spread writes an estimate's interval as a share of its value, or as it is where
// that would be more than half.
func spread(e stats.Estimate, write func(float64) string) string {
	if !e.Known() || e.Value == 0 {
		return "± ?"
	}
	if e.Wide() {
		return fmt.Sprintf("[%s, %s]", write(e.Low), write(e.High))
	}
	return "± " + format.Share(e.Spread())
}

// numeric reports whether every series has a number or a duration of a key.
func numeric(series []*comparison.Series, key int) bool {
	return !slices.ContainsFunc(series, func(s *comparison.Series) bool { return !isNumber(s.Values[key]) })
}

func isNumber(value string) bool {
	_, notNumber := strconv.ParseFloat(value, 64)
	_, notDuration := time.ParseDuration(value)
	return notNumber == nil || notDuration == nil
}

// Print prints a table for each workload with what weakens it beneath, and then
// the guarantees, the machines and the runs' warnings.
func Print(w io.Writer, c *comparison.Comparison) error {
	if len(c.Workloads) == 0 {
		if c.LeftOut != "" {
			Notes(w, "!", append([]string{c.LeftOut}, c.RunWarnings...))
		}
		return nil
	}
	common := lead(c.Workloads[0]) // to all, or empty
	for _, load := range c.Workloads {
		if lead(load) != common {
			common = ""
		}
	}
	if common != "" {
		fmt.Fprintf(w, "%s, median of the runs with its %s\n\n", common, c.Interval)
	}
	warnings := c.RunWarnings
	for _, load := range c.Workloads {
		if len(c.Workloads) > 1 {
			fmt.Fprintf(w, "%s\n\n", load.Ref())
		}
		if common == "" {
			fmt.Fprintf(w, "%s, median of the runs with its %s\n\n", lead(load), load.Interval)
		}
		if err := Answers(load).Write(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
		if len(c.Workloads) > 1 {
			Notes(w, "!", load.Warnings)
			fmt.Fprintln(w)
		} else {
			warnings = slices.Concat(load.Warnings, warnings)
		}
	}
	Notes(w, "·", slices.Concat(c.Guarantees, c.Verified, c.Machines))
	Notes(w, "!", warnings)
	return nil
}
