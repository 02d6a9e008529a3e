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

func (Points) layer() layer { return over }

func (p Points) only(series []int) Mark { return Points{chosen(p.Series, series), p.Joined} }

func (p Points) has(series int) bool { return len(p.Series[series]) > 0 }

func (p Points) draw(a area) {
	var names []vg.Rectangle // beside points
	for i, look := range a.looks {
		a.begin(look)
		var joined []vg.Point
		for _, at := range p.Series[i] {
			joined = append(joined, vg.Point{X: a.x(at.X), Y: a.height(at.Y)})
		}
		if p.Joined {
			a.join(look, lineWidth*a.theme.scale, joined)
		}
		for j, at := range p.Series[i] {
			if direction, outside := a.off(at.Y); outside {
				a.arrow(draw.LineStyle{Color: look.color}, joined[j].X, joined[j].Y, 4, direction)
				continue
			}
			look.point(a.Canvas, a.theme.Background, joined[j], 4*a.theme.scale)
			a.value(joined[j], look, -1, at.said(a.of))
			if at.Label != "" {
				names = a.beside(joined[j], at.Label, names)
			}
		}
	}
	a.end()
}

// beside writes a name beside a point, on the side where there is room, unless it
// would stand on another name. It returns where names stand.
func (a area) beside(at vg.Point, label string, names []vg.Rectangle) []vg.Rectangle {
	const away = 7
	style := a.theme.Value
	width, half := style.Width(written(style, label)), style.Font.Size*0.6
	left := at.X + away
	if left+width > a.Max.X {
		left = at.X - away - width
	}
	room := vg.Rectangle{Min: vg.Point{X: left, Y: at.Y - half}, Max: vg.Point{X: left + width, Y: at.Y + half}}
	for _, other := range names {
		if room.Min.X < other.Max.X && other.Min.X < room.Max.X && room.Min.Y < other.Max.Y && other.Min.Y < room.Max.Y {
			return names
		}
	}
	a.theme.text(a.Canvas, style, left, at.Y, draw.XLeft, draw.YCenter, label)
	return append(names, room)
}

func (p Points) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	if p.Joined {
		Lines{}.key(c, theme, look, x, y, width)
		return
	}
	look.point(c, theme.Background, vg.Point{X: x + width/2, Y: y}, 4*theme.scale)
}
