package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
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
	named := slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name != "" })
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = text.StringWidthWithoutEscSequences(c.Name)
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			for line := range strings.SplitSeq(plainCell(cell), "\n") {
				widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(line))
			}
		}
	}
	out := bufio.NewWriter(w)
	if named {
		names := make([]string, len(t.Columns))
		total := 0
		for i, c := range t.Columns {
			names[i] = c.Name
			total += widths[i] + gap
		}
		t.writeRow(out, names, widths)
		fmt.Fprintln(out, strings.Repeat("─", total))
	}
	for _, row := range t.Rows {
		t.writeRow(out, row, widths)
	}
	return out.Flush()
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
			rest := widths[i] - text.StringWidthWithoutEscSequences(line)
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

// WriteMarkdown prints the table for a document.
func (t Table) WriteMarkdown(w io.Writer) error {
	_, err := fmt.Fprintln(w, t.pretty().RenderMarkdown())
	return err
}

func (t Table) pretty() table.Writer {
	w := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	w.SetStyle(style)
	header := table.Row{}
	var configs []table.ColumnConfig
	named := false
	for i, c := range t.Columns {
		named = named || c.Name != ""
		header = append(header, withoutTags(c.Name))
		config := table.ColumnConfig{Number: i + 1}
		if c.Right {
			config.Align, config.AlignHeader = text.AlignRight, text.AlignRight
		}
		configs = append(configs, config)
	}
	if named {
		w.AppendHeader(header)
	}
	w.SetColumnConfigs(configs)
	for _, cells := range t.Rows {
		row := table.Row{}
		for _, cell := range cells {
			row = append(row, withoutTags(cell))
		}
		w.AppendRow(row)
	}
	return w
}

// Notes prints remarks beneath a table, each with a sign in front.
func Notes(w io.Writer, sign string, notes []string) {
	for _, note := range notes {
		fmt.Fprintln(w, sign, strings.ReplaceAll(note, "\n", "\n  "))
	}
}
