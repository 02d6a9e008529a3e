package chart

import (
	"fmt"
	"strings"
)

// Values are those of a panel as a table, for a page that shows both.
type Values struct {
	Title   string
	Columns []string
	Rows    [][]string
}

// tabled is a mark whose values stand in a table, a row a series.
type tabled interface {
	cells(u Unit, series int) []string // a cell a place
}

// Values returns the tables of the panels whose values are few enough to be read.
func (f Figure) Values() []Values {
	var all []Values
	for _, p := range f.Panels {
		title := strings.Trim(p.Title+", "+p.YLabel, ", ")
		for _, m := range p.Marks {
			switch m := m.(type) {
			case tabled:
				v := Values{Title: title, Columns: append([]string{f.namesOf(p)}, p.places()...)}
				for i, s := range f.Series {
					v.Rows = append(v.Rows, append([]string{s.Name()}, m.cells(p.Y.Unit, i)...))
				}
				all = append(all, v)
			case Points:
				v := Values{Title: title, Columns: []string{"series", f.across(p), p.YLabel}}
				for i, s := range f.Series {
					for _, at := range m.Series[i] {
						name := strings.Trim(s.Name()+", "+at.Label, ", ")
						v.Rows = append(v.Rows, []string{name, p.X.Unit.measured(at.X), p.Y.Unit.measured(at.Y)})
					}
				}
				all = append(all, v)
			}
		}
	}
	return all
}

// across is what the x axis of a panel shows.
func (f Figure) across(p Panel) string {
	if p.XLabel != "" {
		return p.XLabel
	}
	return f.XLabel
}

// namesOf heads the names of series beside numbers, whose axis it names.
func (f Figure) namesOf(p Panel) string {
	if label := f.across(p); label != "" && p.X != nil {
		return "series; then by " + label
	}
	return "series"
}

func (es Estimates) cells(u Unit, series int) []string {
	cells := make([]string, len(es[series]))
	for i, e := range es[series] {
		cells[i] = "–"
		if e.N > 0 {
			cells[i] = u.estimated(e)
		}
	}
	return cells
}

func (b Boxes) cells(u Unit, series int) []string {
	cells := make([]string, len(b.Boxes[series]))
	for i, box := range b.Boxes[series] {
		cells[i] = "–"
		if box.N > 0 {
			cells[i] = box.said(u)
		}
	}
	return cells
}

// said writes a box: its median, with its quartiles and where its whiskers end.
func (b Box) said(u Unit) string {
	return fmt.Sprintf("%s, half in [%s, %s], whiskers [%s, %s]", u.measured(b.Median), u.measured(b.Q1), u.measured(b.Q3), u.measured(b.Low), u.measured(b.High))
}

// said writes a point of a panel.
func (p Point) said(of Panel) string {
	text := of.Y.Unit.measured(p.Y) + " at " + of.X.Unit.measured(p.X)
	if p.Label != "" {
		text = p.Label + ", " + text
	}
	return text
}
