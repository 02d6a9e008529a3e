package report

import (
	"fmt"
	"io"
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

// Write prints the table for a terminal.
func (t Table) Write(w io.Writer) error {
	_, err := fmt.Fprintln(w, t.writer().Render())
	return err
}

// WriteMarkdown prints the table for a document.
func (t Table) WriteMarkdown(w io.Writer) error {
	_, err := fmt.Fprintln(w, t.writer().RenderMarkdown())
	return err
}

func (t Table) writer() table.Writer {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	style := w.Style()
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Box.MiddleSeparator = style.Box.MiddleHorizontal
	w.SuppressTrailingSpaces()
	header := table.Row{}
	var configs []table.ColumnConfig
	named := false
	for i, c := range t.Columns {
		named = named || c.Name != ""
		header = append(header, c.Name)
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
			row = append(row, cell)
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
