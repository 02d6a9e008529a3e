package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curves are lines of each series along a numeric x axis without a marker at every
// point, such as a figure over the seconds of a run. A Y that is not a number is a
// gap. If Stepped, each value holds until the next one, as in a distribution. Thin
// ones are beside others of the same series.
type Curves struct {
	Series  [][]Point
	Stepped bool
	Thin    bool
}

func (c Curves) span() span {
	s := nothing
	for _, points := range c.Series {
		for _, at := range points {
			if !math.IsNaN(at.Y) {
				s = s.with(at.Y, at.Y, at.Y)
			}
		}
	}
	return s
}

func (Curves) layer() layer { return over }

func (c Curves) only(series []int) Mark { return Curves{chosen(c.Series, series), c.Stepped, c.Thin} }

func (c Curves) has(series int) bool { return len(c.Series[series]) > 0 }

func (c Curves) draw(a area) {
	width := 1.6 * a.theme.scale
	if c.Thin {
		width /= 2
	}
	for i, look := range a.looks {
		a.begin(look)
		var line []vg.Point
		for _, p := range c.Series[i] {
			if math.IsNaN(p.Y) {
				a.curve(look, width, line)
				line = nil
				continue
			}
			at := vg.Point{X: a.x(p.X), Y: a.height(p.Y)}
			if n := len(line); c.Stepped && n > 0 {
				line = append(line, vg.Point{X: at.X, Y: line[n-1].Y})
			}
			line = append(line, at)
		}
		a.curve(look, width, line)
	}
	a.end()
}

// curve draws a line of a series, thinner than one with markers.
func (a area) curve(look look, width vg.Length, line []vg.Point) {
	if len(line) == 1 { // alone between two gaps
		look.point(a.Canvas, a.theme.Background, line[0], 1.5)
		return
	}
	a.StrokeLines(lineOf(look, width), line)
}

func (Curves) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	c.StrokeLine2(lineOf(look, lineWidth*theme.scale), x, y, x+width, y)
}
