package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

// Review is what a page for a design review is made of.
type Review struct {
	*comparison.Comparison
	Differences []*comparison.Differences // judged, at most one of each workload
	Experiments []record.Experiment       // that the runs are of
	Title       string                    // empty: the workloads and the stores
	Archive     string
	Command     string // that writes the page
	// Draw makes the charts of a workload; their files are told apart by a suffix.
	Draw func(l *comparison.Workload, suffix string) ([]Figure, error)
}

// NewPage makes the page: the question and its answer first, then what that rests
// on, and last what it takes to make it again.
func NewPage(r Review) (Page, error) {
	page := Page{Title: r.title(), Lead: r.lead()}
	page.add(Section{Title: "Answer", Text: r.questions(), Groups: []Group{{Notes: r.answers()}}})
	for _, load := range r.Workloads {
		if err := r.results(&page, load); err != nil {
			return page, err
		}
	}
	page.add(Section{Title: "Guarantees", Text: []string{"What each setup promises. A latency or a throughput is of a promise: of unequal ones none is called better."},
		Groups: []Group{{Notes: slices.Concat(r.Guarantees, r.Verified)}}})
	page.add(Section{Title: "Limits and warnings", Groups: r.limits()})
	page.add(r.failures())
	page.add(Section{Title: "Method", Groups: []Group{{Notes: r.method()}}})
	page.add(Section{Title: "Environment", Tables: []Named{{"Stores", setupsTable(r.Setups)}}, Groups: []Group{{"Machines", r.Machines}}})
	page.add(r.again())
	return page, nil
}

func (r Review) title() string {
	if r.Title != "" {
		return r.Title
	}
	var names []string
	for _, l := range r.Workloads {
		names = append(names, l.Name)
	}
	return fmt.Sprintf("%s: %s", strings.Join(slices.Compact(names), ", "), strings.Join(r.Stores(), ", "))
}

func (r Review) lead() string {
	chosen := ""
	if r.Selection != "" {
		chosen = ", selected by " + r.Selection
	}
	return fmt.Sprintf("%s of %s, %s, from %s%s.", format.Count(r.Compared, "complete run"), r.Refs(), days(r.Comparison), filepath.Base(r.Archive), chosen)
}

// results adds what a workload came to: figures, verdicts, charts, latency, cost.
func (r Review) results(page *Page, l *comparison.Workload) error {
	title, suffix := titled(l), ""
	if len(r.Workloads) > 1 {
		title, suffix = l.Ref(), "-"+l.FileName()
	}
	page.add(Section{Title: title, Text: []string{sentence(lead(l)) + ": the median of the runs with its " + l.Interval + "."}, Tables: []Named{{Table: Answers(l)}}})
	if d := r.differences(l); d != nil {
		page.add(decided(l, d))
	}
	figures, err := r.Draw(l, suffix)
	if err != nil {
		return err
	}
	for i := range figures {
		page.add(Section{Title: figures[i].Title, Under: true, Figure: &figures[i]})
	}
	if t := latencies(l); len(t.Rows) > 0 {
		page.add(Section{Title: "Latency in numbers", Under: true, Text: []string{"Of successful operations: the percentiles of single runs, of which the median is taken, with its " + l.Interval + "."}, Tables: []Named{{Table: t}}})
	}
	if t := costs(l); len(t.Rows) > 0 {
		page.add(Section{Title: "Cost", Under: true, Tables: []Named{{Table: t}}, Text: []string{
			"What the servers used in the whole seconds of the phase: processor time and bytes that reached storage for an operation that ended in them, and the most memory of each server, added up."}})
	}
	return nil
}

// differences are those of a workload, or nil.
func (r Review) differences(l *comparison.Workload) *comparison.Differences {
	if i := slices.IndexFunc(r.Differences, func(d *comparison.Differences) bool { return d.Workload == l }); i >= 0 {
		return r.Differences[i]
	}
	return nil
}

// latencies is the table of percentiles by series and operation.
func latencies(l *comparison.Workload) Table {
	t := keyed(l)
	t.Columns = append(t.Columns, Column{"op", false})
	figures := []workload.Figure{workload.FigureP50, workload.FigureP90, workload.FigureP99, workload.FigureP999, workload.FigureMax}
	for _, f := range figures {
		t.Columns = append(t.Columns, Column{headings[f], true})
	}
	for _, s := range l.Series {
		for _, part := range l.Parts {
			row := append(slices.Clone(s.Values), part.Name)
			known := false
			for _, f := range figures {
				e := s.Answer(f, part)
				known = known || e.N > 0
				row = append(row, joined(written(f, e)))
			}
			if known {
				t.Rows = append(t.Rows, row)
			}
		}
	}
	return t
}

// costs is the table of what servers used by series and phase.
func costs(l *comparison.Workload) Table {
	t := keyed(l)
	t.Columns = append(t.Columns, Column{"phase", false}, Column{"processor time an op", true}, Column{"memory", true}, Column{"written an op", true})
	for _, s := range l.Series {
		for _, phase := range l.Phases {
			if c := s.Cost(phase); c.Known() {
				t.Rows = append(t.Rows, append(slices.Clone(s.Values), phase, joined(figure(comparison.Nanoseconds, c.CPU)),
					joined(figure(comparison.Bytes, c.Memory)), joined(figure(comparison.Bytes, c.Written))))
			}
		}
	}
	return t
}

// joined makes one cell of a figure and its interval.
func joined(cells []string) string { return strings.TrimRight(strings.Join(cells, " "), " ") }

// titled is what the section of a workload's table is called.
func titled(l *comparison.Workload) string {
	if slices.Equal(l.Answers.Figures, []workload.Figure{workload.FigurePerThread}) {
		return "Throughput"
	}
	return "Figures"
}

// sentence begins with a capital letter.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// days says on which days the runs were started.
func days(c *comparison.Comparison) string {
	when := c.From.Local().Format(time.DateOnly)
	if until := c.Until.Local().Format(time.DateOnly); until != when {
		when += " to " + until
	}
	return when
}

// setupsTable lists the stores' versions with their options.
func setupsTable(setups []comparison.Setup) Table {
	t := Table{Columns: []Column{{Name: "store"}, {Name: "version"}, {Name: "nodes", Right: true}, {Name: "runs", Right: true}, {Name: "options"}}}
	for _, s := range setups {
		t.Rows = append(t.Rows, []string{s.Store, s.Version, format.Integer(s.Nodes), format.Integer(s.Runs), format.Pairs(s.Options)})
	}
	return t
}

// contrast is the key that tells sides apart, as people call it.
func contrast(l *comparison.Workload) string { return selection.Short(l.Contrast()) }
