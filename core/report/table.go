package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Table is rows of text under named columns.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// Column is a column's name and the side its cells stand at.
type Column struct {
	Name  string
	Right bool // numbers
}

// gap stands between columns.
const gap = 2

// Write prints the table for a terminal. It is laid out here rather than by
// go-pretty, which takes most of the time of a list of thousands of runs.
func (t Table) Write(w io.Writer) error {
	widths := t.widths(nil)
	out := bufio.NewWriter(w)
	t.writeNames(out, widths)
	for _, row := range t.Rows {
		t.writeRow(out, row, widths)
	}
	return out.Flush()
}

// widest is how wide a cell can make its column. What is longer, such as a log,
// moves only what stands to the right of it.
const widest = 300

// widths returns how wide the columns must be, and were.
func (t Table) widths(before []int) []int {
	widths := make([]int, len(t.Columns))
	copy(widths, before)
	for i, c := range t.Columns {
		widths[i] = max(widths[i], min(text.StringWidthWithoutEscSequences(c.Name), widest))
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			for line := range strings.SplitSeq(plainCell(cell), "\n") {
				widths[i] = max(widths[i], min(text.StringWidthWithoutEscSequences(line), widest))
			}
		}
	}
	return widths
}

// writeNames prints the names of the columns, if any has one.
func (t Table) writeNames(out *bufio.Writer, widths []int) {
	if !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name != "" }) {
		return
	}
	names := make([]string, len(t.Columns))
	total := 0
	for i, c := range t.Columns {
		names[i] = c.Name
		total += widths[i] + gap
	}
	t.writeRow(out, names, widths)
	fmt.Fprintln(out, strings.Repeat("─", total))
}

// writeRow prints the cells of a row, in as many lines as the longest has.
func (t Table) writeRow(out *bufio.Writer, row []string, widths []int) {
	cells, lines := make([][]string, len(row)), 1
	for i, cell := range row {
		cells[i] = strings.Split(plainCell(cell), "\n")
		lines = max(lines, len(cells[i]))
	}
	for n := range lines {
		spaces := 0 // before the next text, so that none are at the end of a line
		for i, cell := range cells {
			line := ""
			if n < len(cell) {
				line = cell[n]
			}
			rest := max(0, widths[i]-text.StringWidthWithoutEscSequences(line))
			if t.Columns[i].Right {
				spaces, rest = spaces+rest, 0
			}
			written := strings.TrimRight(line, " ")
			if written != "" {
				for range spaces {
					out.WriteString(" ")
				}
				out.WriteString(written)
				spaces = 0
			}
			spaces += len(line) - len(written) + rest + gap
		}
		out.WriteString("\n")
	}
}

// plainCell is a cell whose width can be told.
func plainCell(cell string) string {
	if !strings.ContainsAny(cell, "\t\r") {
		return cell
	}
	return strings.ReplaceAll(strings.ReplaceAll(cell, "\t", "    "), "\r\n", "\n")
}

// Notes prints remarks beneath a table, each with a sign in front.
func Notes(w io.Writer, sign string, notes []string) {
	for _, note := range notes {
		fmt.Fprintln(w, sign, strings.ReplaceAll(note, "\n", "\n  "))
	}
}
