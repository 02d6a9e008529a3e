package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Boxes show how values lie, by series and then by place: a box from the first to
// the third quartile with a line at the median, whiskers, and what lies outside of
// these as points.
type Boxes struct{ Boxes [][]Box }

// Box is one of them. N = 0: there is none.
type Box struct {
	Low, Q1, Median, Q3, High float64 // whiskers and quartiles
	Outside                   []float64
	Beside                    []float64 // values that stand as points beside the box
	N                         int       // values
}

func (b Boxes) span() span {
	s := nothing
	for _, series := range b.Boxes {
		for _, box := range series {
			if box.N == 0 {
				continue
			}
			s = s.with(box.Low, box.Median, box.High)
			for _, x := range box.Outside {
				s = s.with(x, x, x)
			}
		}
	}
	return s
}

func (Boxes) layer() layer { return over }

func (b Boxes) only(series []int) Mark { return Boxes{chosen(b.Boxes, series)} }

func (b Boxes) has(series int) bool {
	for _, box := range b.Boxes[series] {
		if box.N > 0 {
			return true
		}
	}
	return false
}

func (b Boxes) draw(a area) {
	width := min(a.slot*0.82/vg.Length(max(len(a.looks), 1)), 60)
	begin := -width * vg.Length(len(a.looks)) / 2
	for i, look := range a.looks {
		a.begin(look)
		for j, box := range b.Boxes[i] {
			if box.N == 0 {
				continue
			}
			x := a.at(j) + begin + width*(vg.Length(i)+0.5)
			a.value(vg.Point{X: x, Y: a.height(box.Median)}, look, j, box.said(a.unit))
			if len(box.Beside) == 0 {
				a.box(look, box, x, width*0.36)
				continue
			}
			a.box(look, box, x-width*0.13, width*0.24)
			radius := max(min(width*0.1, 2.6*a.theme.scale), 1)
			for _, value := range box.Beside {
				at := vg.Point{X: x + width*0.28, Y: a.height(value)}
				if direction, outside := a.off(value); outside {
					a.arrow(draw.LineStyle{Color: look.color}, at.X, at.Y, radius, direction)
					continue
				}
				a.DrawGlyphNoClip(draw.GlyphStyle{Color: look.color, Radius: radius, Shape: draw.RingGlyph{}}, at)
			}
		}
	}
	a.end()
}

func (a area) box(look look, box Box, x, half vg.Length) {
	line := draw.LineStyle{Color: look.color, Width: min(1.3, max(half/3, 0.6))}
	low, bottom, middle, top, high := a.height(box.Low), a.height(box.Q1), a.height(box.Median), a.height(box.Q3), a.height(box.High)
	a.StrokeLines(line, []vg.Point{{X: x, Y: low}, {X: x, Y: bottom}}, []vg.Point{{X: x, Y: top}, {X: x, Y: high}},
		[]vg.Point{{X: x - half/2, Y: low}, {X: x + half/2, Y: low}}, []vg.Point{{X: x - half/2, Y: high}, {X: x + half/2, Y: high}})
	fill(a.Canvas, vg.Rectangle{Min: vg.Point{X: x - half, Y: bottom}, Max: vg.Point{X: x + half, Y: top}}, look.color)
	median := draw.LineStyle{Color: a.theme.Background, Width: 2}
	if top-bottom < 3*median.Width { // it would hide the box
		median.Color = look.color
	}
	a.StrokeLine2(median, x-half, middle, x+half, middle)
	for _, value := range box.Outside {
		look.point(a.Canvas, a.theme.Background, vg.Point{X: x, Y: a.height(value)}, min(half/2, 1.8))
	}
}

func (Boxes) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	Bars{}.key(c, theme, look, x, y, width)
}
