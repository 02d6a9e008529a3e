package chart

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/stats"
)

// Points are values of each series anywhere on a numeric x axis, such as latency at
// throughput. A line joins those of a series in their order, if Joined.
type Points struct {
	Series [][]Point
	Joined bool
}

// Point is a value at a place, with the name that stands beside it, if any.
type Point struct {
	X, Y    float64
	Label   string
	Across  stats.Estimate // of X with its interval, if there is one
	Up      stats.Estimate // of Y
	Flagged bool           // in a ring
}

func known(e stats.Estimate) bool { return e.N > 0 && e.Known() }

func (p Points) span() span {
	s := nothing
	for _, points := range p.Series {
		for _, at := range points {
			s = s.with(at.Y, at.Y, at.Y)
			if known(at.Up) {
				s = s.with(at.Up.Low, at.Y, at.Up.High)
			}
		}
	}
	return s
}

func (Points) layer() layer { return over }

func (p Points) only(series []int) Mark { return Points{chosen(p.Series, series), p.Joined} }

func (p Points) intervals() bool {
	return slices.ContainsFunc(slices.Concat(p.Series...), func(at Point) bool { return known(at.Up) || known(at.Across) })
}

func (p Points) has(series int) bool { return len(p.Series[series]) > 0 }

func (p Points) draw(a area) {
	var taken []vg.Point // by lines and points, which no name is to stand on
	places := make([][]vg.Point, len(a.looks))
	for i, look := range a.looks {
		a.begin(look)
		for _, at := range p.Series[i] {
			places[i] = append(places[i], vg.Point{X: a.x(at.X), Y: a.height(at.Y)})
		}
		taken = append(taken, places[i]...)
		if p.Joined {
			a.join(look, lineWidth*a.theme.scale, places[i])
			taken = append(taken, between(places[i])...)
		}
	}
	for i, look := range a.looks {
		a.begin(look)
		for j, at := range p.Series[i] {
			a.pointAt(look, at, places[i][j])
		}
	}
	var names []vg.Rectangle // beside points
	for i, look := range a.looks {
		a.begin(look)
		for j, at := range p.Series[i] {
			if _, outside := a.off(at.Y); !outside && at.Label != "" {
				names = a.beside(places[i][j], at.Label, names, taken)
			}
		}
	}
	a.end()
}

// pointAt draws a point with its intervals.
func (a area) pointAt(look look, of Point, at vg.Point) {
	style := draw.LineStyle{Color: look.color, Width: 1.1}
	if direction, outside := a.off(of.Y); outside {
		a.arrow(style, at.X, at.Y, 4, direction)
		return
	}
	if known(of.Up) {
		a.whisker(style, of.Up, at.X, 2.5)
	}
	if known(of.Across) {
		a.StrokeLine2(style, a.x(of.Across.Low), at.Y, a.x(of.Across.High), at.Y)
	}
	look.point(a.Canvas, a.theme.Background, at, 4*a.theme.scale)
	a.value(at, look, -1, of.said(a.of))
	if of.Flagged {
		a.ring(at, 6.6*a.theme.scale)
	}
}

// between are points all along the lines that join some, near each other.
func between(joined []vg.Point) []vg.Point {
	const steps = 24
	var all []vg.Point
	for i := range max(len(joined)-1, 0) {
		from, to := joined[i], joined[i+1]
		for n := 1; n < steps; n++ {
			all = append(all, from.Add(to.Sub(from).Scale(vg.Length(n)/steps)))
		}
	}
	return all
}

// beside writes a name beside a point, on a side where no line, point or other name
// is, if there is one. It returns where names stand.
func (a area) beside(at vg.Point, label string, names []vg.Rectangle, taken []vg.Point) []vg.Rectangle {
	style := a.theme.Value
	width, half, away := style.Width(written(style, label)), style.Font.Size*0.5, 6*a.theme.scale
	const gap = 3 // to lines and points
	free := func(room vg.Rectangle) bool {
		inside := room.Min.X >= a.Min.X && room.Max.X <= a.Max.X && room.Min.Y >= a.Min.Y && room.Max.Y <= a.Max.Y
		on := func(other vg.Rectangle) bool {
			return room.Min.X < other.Max.X && other.Min.X < room.Max.X && room.Min.Y < other.Max.Y && other.Min.Y < room.Max.Y
		}
		under := func(p vg.Point) bool {
			return p.X > room.Min.X-gap && p.X < room.Max.X+gap && p.Y > room.Min.Y-gap && p.Y < room.Max.Y+gap
		}
		return inside && !slices.ContainsFunc(names, on) && !slices.ContainsFunc(taken, under)
	}
	for _, side := range []vg.Point{{X: 1}, {X: 1, Y: -1}, {X: -1, Y: 1}, {X: 1, Y: 1}, {X: -1}, {X: -1, Y: -1}} {
		middle := vg.Point{X: at.X + side.X*(away+width/2), Y: at.Y + side.Y*style.Font.Size*0.9}
		room := vg.Rectangle{Min: vg.Point{X: middle.X - width/2, Y: middle.Y - half}, Max: vg.Point{X: middle.X + width/2, Y: middle.Y + half}}
		if free(room) {
			a.theme.text(a.Canvas, style, middle.X, middle.Y, draw.XCenter, draw.YCenter, label)
			return append(names, room)
		}
	}
	return names
}

func (p Points) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	if p.Joined {
		Lines{}.key(c, theme, look, x, y, width)
		return
	}
	look.point(c, theme.Background, vg.Point{X: x + width/2, Y: y}, 4*theme.scale)
}
