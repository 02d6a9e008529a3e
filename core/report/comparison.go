// Package report prints what was measured: tables, JSON documents and pages. It
// decides nothing: what is selected and compared is core/comparison's work.
package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
)

// Throughput is the table that the project began with: what one thread does in
// a second, by store, setup and operation, as the median of the repeats with
// its interval. Operations of one mix have a column for all of them together.
func Throughput(l *comparison.Workload) Table {
	var t Table
	for i, key := range l.Keys {
		t.Columns = append(t.Columns, Column{selection.Short(key), numeric(l.Series, i)})
	}
	for _, op := range l.Ops {
		t.Columns = append(t.Columns, Column{op + "/s", true}, Column{"", false})
	}
	if l.Mixed() {
		t.Columns = append(t.Columns, Column{"all/s", true}, Column{"", false})
	}
	t.Columns = append(t.Columns, Column{"runs", true})
	for _, s := range l.Series {
		row := slices.Clone(s.Values)
		for _, op := range l.Ops {
			row = append(row, perThread(s.Operation(op))...)
		}
		if l.Mixed() {
			row = append(row, perThread(s.All)...)
		}
		t.Rows = append(t.Rows, append(row, format.Integer(s.Runs)))
	}
	return t
}

// perThread writes what one thread does in a second, with its interval.
func perThread(o *comparison.Operation) []string {
	if o == nil {
		return []string{"–", ""}
	}
	return []string{format.Number(o.PerThread.Value), spread(o.PerThread)}
}

// spread writes an estimate's interval as a share of its value, or as it is where
// that would be more than half.
func spread(e stats.Estimate) string {
	if !e.Known() || e.Value == 0 {
		return "± ?"
	}
	if e.Wide() {
		return fmt.Sprintf("[%s, %s]", format.Number(e.Low), format.Number(e.High))
	}
	return "± " + format.Share(e.Spread())
}

// numeric reports whether every series has a number or a duration of a key.
func numeric(series []*comparison.Series, key int) bool {
	return !slices.ContainsFunc(series, func(s *comparison.Series) bool {
		_, notNumber := strconv.ParseFloat(s.Values[key], 64)
		_, notDuration := time.ParseDuration(s.Values[key])
		return notNumber != nil && notDuration != nil
	})
}

// Print prints a table for each workload with what weakens it beneath, and then
// the guarantees, the machines and the runs' warnings.
func Print(w io.Writer, c *comparison.Comparison) error {
	if len(c.Workloads) == 0 {
		return nil
	}
	fmt.Fprintf(w, "successful operations per second and thread, median of the runs with its %s\n\n", c.Interval)
	warnings := c.RunWarnings
	for _, load := range c.Workloads {
		if len(c.Workloads) > 1 {
			fmt.Fprintf(w, "%s\n\n", load.Ref())
		}
		if err := Throughput(load).Write(w); err != nil {
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

// NewPage makes the page for a design review of a comparison. draw makes the
// charts of a workload; their files are told apart by a suffix.
func NewPage(c *comparison.Comparison, title, archive string, draw func(l *comparison.Workload, suffix string) ([]Figure, error)) (Page, error) {
	if title == "" {
		var names []string
		for _, l := range c.Workloads {
			names = append(names, l.Name)
		}
		title = fmt.Sprintf("%s: %s", strings.Join(slices.Compact(names), ", "), strings.Join(c.Stores(), ", "))
	}
	chosen := ""
	if c.Selection != "" {
		chosen = ", selected by " + c.Selection
	}
	page := Page{
		Title: title,
		Lead:  fmt.Sprintf("%s of %s, %s, from %s%s.", format.Count(c.Compared, "complete run"), c.Refs(), days(c), filepath.Base(archive), chosen),
	}
	for _, load := range c.Workloads {
		section := Section{
			Title: "Throughput",
			Text:  "Successful operations per second and thread: the median of the runs with its " + load.Interval + ".",
			Table: Throughput(load),
			Notes: slices.Concat(load.Warnings, load.RunWarnings),
		}
		suffix := ""
		if len(c.Workloads) > 1 {
			section.Title, suffix = load.Ref(), "-"+load.FileName()
		}
		page.Sections = append(page.Sections, section)
		figures, err := draw(load, suffix)
		if err != nil {
			return page, err
		}
		for _, figure := range figures {
			page.Sections = append(page.Sections, Section{Figure: &figure})
		}
	}
	page.Sections = append(page.Sections,
		Section{Title: "What was compared", Table: setupsTable(c.Setups), Notes: slices.Concat(c.Guarantees, c.Verified)},
		Section{Title: "Where", Notes: c.Machines},
	)
	return page, nil
}

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
