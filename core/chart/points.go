package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Points are values of each series anywhere on a numeric x axis, such as latency at
// throughput. A line joins those of a series in their order, if Joined.
type Points struct {
	Series [][]Point
	Joined bool
}

// Point is a value at a place, with the name that stands beside it, if any.
type Point struct {
	X, Y  float64
	Label string
}

func (p Points) span() span {
	s := nothing
	for _, points := range p.Series {
		for _, at := range points {
			s = s.with(at.Y, at.Y, at.Y)
		}
	}
	return s
}

func (Points) stands() bool { return false }

func (p Points) only(series []int) Mark { return Points{chosen(p.Series, series), p.Joined} }

func (p Points) has(series int) bool { return len(p.Series[series]) > 0 }

func (p Points) draw(a area) {
	for i, look := range a.looks {
		var joined []vg.Point
		for _, at := range p.Series[i] {
			joined = append(joined, vg.Point{X: a.x(at.X), Y: a.height(at.Y)})
		}
		if p.Joined {
			a.join(look, joined)
		}
		for j, at := range p.Series[i] {
			if direction, outside := a.off(at.Y); outside {
				a.arrow(draw.LineStyle{Color: look.color}, joined[j].X, joined[j].Y, 4, direction)
				continue
			}
			look.point(a.Canvas, a.theme.Background, joined[j], 4)
			if at.Label != "" {
				a.beside(joined[j], at.Label)
			}
		}
	}
}

// beside writes a name beside a point, on the side where there is room.
func (a area) beside(at vg.Point, label string) {
	style, align, shift := a.theme.Value, draw.XLeft, vg.Length(7)
	if at.X+shift+style.Width(written(style, label)) > a.Max.X {
		align, shift = draw.XRight, -shift
	}
	a.theme.text(a.Canvas, style, at.X+shift, at.Y, align, draw.YCenter, label)
}

func (p Points) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	if p.Joined {
		Lines{}.key(c, theme, look, x, y, width)
		return
	}
	look.point(c, theme.Background, vg.Point{X: x + width/2, Y: y}, 4)
}
