package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
)

// Difference is the table of one metric: what each side came to, and how the
// others differ from the first. Two sides stand side by side, more of them one below
// the other, as lines have an end.
func Difference(d *comparison.Differences, t comparison.Table) Table {
	var table Table
	for i, key := range d.Keys {
		table.Columns = append(table.Columns, Column{selection.Short(key), numbers(t.Rows, i)})
	}
	table.Columns = append(table.Columns, Column{of(t), false})
	difference := []Column{{"difference", true}, {"", false}, {"p", true}, {"of", false}, {"", false}}
	if len(d.Sides) == 2 {
		table.Columns = append(table.Columns, Column{d.Sides[0].Name, true}, Column{"", false}, Column{d.Sides[1].Name, true}, Column{"", false})
		table.Columns = append(table.Columns, difference...)
		for _, row := range t.Rows {
			first, second := row.Cells[0], row.Cells[1]
			table.Rows = append(table.Rows, slices.Concat(row.Values, []string{row.Name}, figure(t.Unit, first.Estimate), figure(t.Unit, second.Estimate), differing(second)))
		}
		return table
	}
	table.Columns = append(table.Columns, Column{"side", false}, Column{t.Name, true}, Column{"", false})
	table.Columns = append(table.Columns, difference...)
	for _, row := range t.Rows {
		named := append(slices.Clone(row.Values), row.Name)
		for i, cell := range row.Cells {
			if i > 0 {
				named = make([]string, len(named)) // as above
			}
			table.Rows = append(table.Rows, slices.Concat(named, []string{d.Sides[i].Name}, figure(t.Unit, cell.Estimate), differing(cell)))
		}
	}
	return table
}

// of says what the rows of a table are of.
func of(t comparison.Table) string {
	if t.Rows[0].Op == "" && t.Rows[0].Name == t.Rows[0].Phase {
		return "phase"
	}
	return "op"
}

// numbers reports whether all rows have a number at a place.
func numbers(rows []*comparison.Cells, key int) bool {
	return !slices.ContainsFunc(rows, func(c *comparison.Cells) bool { return !isNumber(c.Values[key]) })
}

// figure writes what a side came to, with its interval.
func figure(u comparison.Unit, e stats.Estimate) []string {
	if e.N == 0 {
		return []string{"–", ""}
	}
	write := map[comparison.Unit]func(float64) string{
		comparison.PerSecond:   format.Number,
		comparison.Nanoseconds: nanoseconds,
		comparison.Bytes:       func(bytes float64) string { return format.Size(int64(math.Round(bytes))) },
	}[u]
	return []string{write(e.Value), spread(e, write)}
}

// differing writes how a side differs from the first, how sure that is, of how
// many repeats, and what can be said of it.
func differing(c comparison.Cell) []string {
	d := c.Difference
	if d == nil {
		return []string{"", "", "", "", ""}
	}
	p := "–"
	if !math.IsNaN(c.Adjusted) {
		p = format.Probability(c.Adjusted)
	}
	return []string{format.Change(d.Effect), format.Changes(d.Low, d.High), p, repeats(*d), said(c)}
}

// repeats says what a difference was computed of.
func repeats(d stats.Difference) string {
	switch {
	case d.Paired:
		return format.Count(d.A, "block")
	case d.A == d.B:
		return fmt.Sprintf("%s each", format.Count(d.A, "run"))
	}
	return fmt.Sprintf("%s and %s", format.Integer(d.A), format.Count(d.B, "run"))
}

// said is the verdict in words. Where no difference was shown it says which one
// would have been.
func said(c comparison.Cell) string {
	switch c.Verdict {
	case comparison.TooFew:
		return fmt.Sprintf("too few repeats: %s needed", format.Integer(c.Difference.Needed))
	case comparison.Same:
		if detectable := c.Difference.Detectable; !math.IsNaN(detectable) {
			return fmt.Sprintf("~ (%s would show)", format.Share(detectable))
		}
		return "~"
	case comparison.Different:
		return "unequal guarantees"
	}
	return string(c.Verdict)
}

// PrintDifferences prints the tables of what sides differ in, and what is to be
// known of them.
func PrintDifferences(w io.Writer, all []*comparison.Differences, c *comparison.Comparison) error {
	return differences(w, all, c, Table.Write, "%s\n\n", "%s: %s\n\n", func(sign string, notes []string) { Notes(w, sign, notes) })
}

// MarkdownDifferences prints the same for a document, such as a pull request.
func MarkdownDifferences(w io.Writer, all []*comparison.Differences, c *comparison.Comparison) error {
	return differences(w, all, c, Table.WriteMarkdown, "## %s\n\n", "**%s**: %s\n\n", func(_ string, notes []string) {
		for _, note := range notes {
			fmt.Fprintf(w, "- %s\n", markdown(note))
		}
	})
}

// differences prints tables in one way or the other.
func differences(w io.Writer, all []*comparison.Differences, c *comparison.Comparison, write func(Table, io.Writer) error, heading, metric string, notes func(sign string, notes []string)) error {
	var warnings []string
	for _, d := range all {
		var others []string
		for _, s := range d.Sides[1:] {
			others = append(others, s.Name)
		}
		fmt.Fprintf(w, heading, fmt.Sprintf("%s: %s against %s", d.Ref, strings.Join(others, ", "), d.Sides[0].Name))
		for _, t := range d.Tables {
			fmt.Fprintf(w, metric, t.Name, t.Help)
			if err := write(Difference(d, t), w); err != nil {
				return err
			}
			fmt.Fprintln(w)
		}
		for _, warning := range slices.Concat(d.Warnings, d.Workload.Warnings) {
			if !slices.Contains(warnings, warning) {
				warnings = append(warnings, warning)
			}
		}
	}
	notes("·", slices.Concat([]string{Judged(all)}, c.Guarantees, c.Verified, c.Machines))
	notes("!", slices.Concat(warnings, c.RunWarnings))
	return nil
}

// Judged says how differences were judged.
func Judged(all []*comparison.Differences) string {
	compared, blocks := 0, 0
	for _, d := range all {
		for _, t := range d.Tables {
			for _, row := range t.Rows {
				for _, cell := range row.Cells {
					if cell.Difference == nil || math.IsNaN(cell.Adjusted) {
						continue
					}
					compared++
					if cell.Difference.Paired {
						blocks++
					}
				}
			}
		}
	}
	if compared == 0 {
		return "nothing could be judged"
	}
	how := "within blocks (signed rank)"
	switch {
	case blocks == 0:
		how = "of runs that have no block in common (rank sum)"
	case blocks < compared:
		how = fmt.Sprintf("%s of them within blocks (signed rank), the others of runs that have no block in common (rank sum)", format.Integer(blocks))
	}
	return fmt.Sprintf("%s, %s; p is corrected for how many there are, and a difference is reported where it is at most %s", format.Count(compared, "difference"), how, format.Exact(comparison.Significance))
}

// SelfTable is how often comparisons of runs with themselves report a difference.
func SelfTable(all []comparison.Alarms) Table {
	t := Table{Columns: []Column{{"series", false}, {"op", false}, {"metric", false}, {"runs", true}, {"in blocks", true}, {"", false}, {"apart in time", true}, {"", false}}}
	for _, a := range all {
		row := []string{a.Series, a.Name, a.Metric, format.Integer(a.Runs)}
		t.Rows = append(t.Rows, slices.Concat(row, rate(a.Interleaved), rate(a.Apart)))
	}
	return t
}

func rate(r stats.Rate) []string {
	if r.Of == 0 {
		return []string{"–", ""}
	}
	return []string{format.Share(r.Share), fmt.Sprintf("[%s, %s]", format.Share(r.Low), format.Share(r.High))}
}

// PrintSelf prints how often this machine cries wolf.
func PrintSelf(w io.Writer, all []comparison.Alarms, c *comparison.Comparison) error {
	fmt.Fprintf(w, "how often runs of one thing, split in two, are reported to differ at %s, with the 95 %% interval\n\n", format.Exact(comparison.Significance))
	if err := SelfTable(all).Write(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	Notes(w, "·", slices.Concat([]string{"in blocks: neighbours in time are put on the two sides by chance, as an experiment does; apart in time: six runs against the next six, as two experiments do"}, c.Machines))
	Notes(w, "!", c.RunWarnings)
	return nil
}
