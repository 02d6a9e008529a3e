package chart

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Rules are named lines across a panel: published figures, bounds and floors along
// the x axis, or events along the y axis of a panel whose x is numeric. They belong
// to no series, and one far from all values is said at the edge.
type Rules struct {
	Y []Rule // across, at a height
	X []Rule // up, at a place
}

// Rule is one of them. Without a label only the line is drawn.
type Rule struct {
	At    float64
	Label string
}

func (r Rules) span() span {
	s := nothing
	for _, rule := range r.Y { // as an interval is: it is shown where it is near
		s = s.reaching(rule.At)
	}
	return s
}

func (Rules) layer() layer { return over }

func (r Rules) only([]int) Mark { return r }

func (r Rules) draw(a area) {
	line := draw.LineStyle{Color: a.theme.Axis, Width: 1.2, Dashes: []vg.Length{4, 3}}
	style := a.theme.Caption
	above := a.Min.Y - style.Font.Size // where the last name ends
	for _, rule := range ordered(r.Y) {
		y := a.height(rule.At)
		label := rule.Label + ": " + a.unit.measured(rule.At)
		if direction, outside := a.off(rule.At); outside {
			a.arrow(line, a.Max.X-4, y, 3, direction)
		} else {
			a.StrokeLine2(line, a.Min.X, y, a.Max.X, y)
		}
		if rule.Label == "" {
			continue
		}
		base := max(min(y+2, a.Max.Y-style.Font.Size), above)
		a.theme.text(a.Canvas, style, a.Max.X-10, base, draw.XRight, draw.YBottom, elided(style, label, a.Size().X-14))
		above = base + style.Font.Size*1.2
	}
	var ends []vg.Length // of the last name in each row
	for _, rule := range ordered(r.X) {
		x := a.x(rule.At)
		a.StrokeLine2(line, x, a.Min.Y, x, a.Max.Y)
		label := elided(style, rule.Label, a.Size().X/3)
		left := x + 3
		if left+style.Width(label) > a.Max.X {
			left = x - 3 - style.Width(label)
		}
		row := slices.IndexFunc(ends, func(end vg.Length) bool { return end+4 <= left })
		if row < 0 {
			if vg.Length(len(ends)+1)*style.Font.Size*1.2 > a.Size().Y/2 {
				continue // the line stays
			}
			row = len(ends)
			ends = append(ends, 0)
		}
		ends[row] = left + style.Width(label)
		top := a.Max.Y - vg.Length(row+1)*style.Font.Size*1.2 // beneath what is said of a rule at the edge
		a.theme.text(a.Canvas, style, left, top, draw.XLeft, draw.YTop, label)
	}
}

func ordered(rules []Rule) []Rule {
	return slices.SortedStableFunc(slices.Values(rules), func(a, b Rule) int { return cmp.Compare(a.At, b.At) })
}

func (Rules) key(draw.Canvas, Theme, look, vg.Length, vg.Length, vg.Length) {}

// Spans are parts of a numeric x axis, such as the phases of a run: every other one
// is shaded. They belong to no series.
type Spans []Span

// Span is one of them.
type Span struct {
	From, To float64
	Label    string
}

func (Spans) span() span { return nothing }

func (Spans) layer() layer { return ground }

func (s Spans) only([]int) Mark { return s }

func (s Spans) draw(a area) {
	style := a.theme.Caption
	for i, part := range s {
		left, right := a.x(part.From), a.x(part.To)
		if i%2 == 0 {
			fill(a.Canvas, vg.Rectangle{Min: vg.Point{X: left, Y: a.Min.Y}, Max: vg.Point{X: right, Y: a.Max.Y}}, a.theme.palette.shade)
		}
		if label := elided(style, part.Label, right-left-4); label != ellipsis {
			a.theme.text(a.Canvas, style, left+2, a.Min.Y+2, draw.XLeft, draw.YBottom, label)
		}
	}
}

func (Spans) key(draw.Canvas, Theme, look, vg.Length, vg.Length, vg.Length) {}
