package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/stats"
)

// Mark is one way of showing values between the axes of a panel.
type Mark interface {
	span() span
	// stands reports whether it stands on the x axis, which is then drawn over
	// it; others run over the axis, and their places have ticks.
	stands() bool
	draw(area)
	// key draws the legend's key of a series.
	key(c draw.Canvas, theme Theme, s Series, x, y, width vg.Length)
}

// area is the inside of a panel.
type area struct {
	draw.Canvas
	theme  Theme
	y      scale
	unit   Unit // of y
	series []Series
	at     func(place int) vg.Length // where a place of x stands
	slot   vg.Length                 // least distance between two of them
	room   vg.Length                 // round a place, for the series to stand apart
}

func (a area) height(value float64) vg.Length { return a.y.at(value, a.Min.Y, a.Max.Y) }

// Estimates are medians with their intervals, by series and then by place of x.
// N = 0: there is none.
type Estimates [][]stats.Estimate

// span is from the least value above 0 to the greatest, with their intervals.
type span struct {
	low, high float64
	empty     bool
}

func (s span) and(more span) span {
	return span{min(s.low, more.low), max(s.high, more.high), s.empty && more.empty}
}

var nothing = span{low: math.Inf(1), empty: true}

func (es Estimates) span() span {
	s := nothing
	for _, e := range slices.Concat(es...) {
		if e.N == 0 {
			continue
		}
		s.empty = false
		bottom, top := e.Value, e.Value
		if e.Known() {
			bottom, top = min(bottom, e.Low), max(top, e.High)
		}
		if bottom > 0 {
			s.low = min(s.low, bottom)
		}
		s.high = max(s.high, top)
	}
	return s
}

// Bars are a group of bars at every place.
type Bars struct{ Estimates }

func (Bars) stands() bool { return true }

func (b Bars) draw(a area) {
	width := min(a.slot*0.82/vg.Length(len(a.series)), 90)
	begin := -width * vg.Length(len(a.series)) / 2
	for i, s := range a.series {
		for j, e := range b.Estimates[i] {
			if e.N == 0 {
				continue
			}
			x := a.at(j) + begin + width*vg.Length(i)
			top := a.height(e.Value)
			gap := min(width*0.08, 2)
			a.theme.fill(a.Canvas, vg.Rectangle{Min: vg.Point{X: x + gap, Y: a.Min.Y}, Max: vg.Point{X: x + width - gap, Y: top}}, s.shade())
			above := top
			if e.Known() {
				half := min(width*0.18, 5)
				a.whisker(draw.LineStyle{Color: a.theme.Background, Width: 2.9}, e, x+width/2, half+0.8) // to be seen on dark bars
				a.whisker(draw.LineStyle{Color: a.theme.Axis, Width: 1.3}, e, x+width/2, half)
				above = a.height(e.High)
			}
			if text := a.unit.measured(e.Value); a.theme.Value.Width(text) < width+1 {
				a.theme.text(a.Canvas, a.theme.Value, x+width/2, above+3, draw.XCenter, draw.YBottom, text)
			}
		}
	}
}

func (Bars) key(c draw.Canvas, theme Theme, s Series, x, y, width vg.Length) {
	r := vg.Rectangle{Min: vg.Point{X: x + 2, Y: y - 5.5}, Max: vg.Point{X: x + width - 2, Y: y + 5.5}}
	theme.fill(c, r, s.shade())
}

// whisker draws an interval.
func (a area) whisker(style draw.LineStyle, e stats.Estimate, x, half vg.Length) {
	low, high := a.height(e.Low), a.height(e.High)
	a.StrokeLine2(style, x, low, x, high)
	a.StrokeLine2(style, x-half, low, x+half, low)
	a.StrokeLine2(style, x-half, high, x+half, high)
}

// Lines join the points of each series that stand at places side by side. Where
// there is none, a line has a gap: nothing is known of what lies between.
type Lines struct{ Estimates }

func (Lines) stands() bool { return false }

func (l Lines) draw(a area) {
	radius := min(4.2, max(a.room*0.6, 3.2))
	for i, s := range a.series {
		// Series stand a little apart, so that equal ones do not hide each other.
		shift := vg.Length(i) - vg.Length(len(a.series)-1)/2
		shift *= min(3, a.room/vg.Length(len(a.series)))
		var points, joined []vg.Point
		for j, e := range l.Estimates[i] {
			if e.N == 0 {
				a.join(s, joined)
				joined = nil
				continue
			}
			x := a.at(j) + shift
			if e.Known() {
				a.whisker(draw.LineStyle{Color: s.shade(), Width: 1.3}, e, x, radius/1.4)
			}
			at := vg.Point{X: x, Y: a.height(e.Value)}
			points, joined = append(points, at), append(joined, at)
		}
		a.join(s, joined)
		for _, at := range points {
			a.DrawGlyphNoClip(draw.GlyphStyle{Color: s.shade(), Radius: radius, Shape: s.marker()}, at)
		}
	}
}

// join draws a line of a series through points: one alone has none.
func (a area) join(s Series, points []vg.Point) {
	if len(points) > 1 {
		a.StrokeLines(draw.LineStyle{Color: s.shade(), Width: 2.2}, points)
	}
}

func (Lines) key(c draw.Canvas, _ Theme, s Series, x, y, width vg.Length) {
	c.StrokeLine2(draw.LineStyle{Color: s.shade(), Width: 2.2}, x, y, x+width, y)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: s.shade(), Radius: 4, Shape: s.marker()}, vg.Point{X: x + width/2, Y: y})
}
