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
	layer() layer
	draw(area)
	// key draws the legend's key of a series.
	key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length)
	// only is the mark with the series at these indexes alone.
	only(series []int) Mark
}

// layer is what a mark is drawn between.
type layer int

const (
	ground   layer = iota // beneath the lines of the y axis
	standing              // on the x axis, which is drawn over it
	over                  // over the x axis: its places have ticks
)

// area is the inside of a panel.
type area struct {
	draw.Canvas
	theme  Theme
	y      scale
	unit   Unit // of y
	looks  []look
	of     Panel
	at     func(place int) vg.Length // where a place of x stands
	x      func(float64) vg.Length   // where a value of a numeric x axis stands
	across scale                     // of a numeric x axis
	slot   vg.Length                 // least distance between two places
	room   vg.Length                 // round a place, for the series to stand apart
}

func (a area) height(value float64) vg.Length { return a.y.at(value, a.Min.Y, a.Max.Y) }

// Estimates are medians with their intervals, by series and then by place of x.
// N = 0: there is none.
type Estimates [][]stats.Estimate

// only are the estimates of some series.
func (es Estimates) only(series []int) Estimates { return chosen(es, series) }

// chosen are the elements of a list at some indexes.
func chosen[T any](of []T, at []int) []T {
	if of == nil {
		return nil
	}
	some := make([]T, len(at))
	for i, j := range at {
		some[i] = of[j]
	}
	return some
}

// span is what values reach over, and their intervals.
type span struct {
	low, high   float64 // the least and the greatest value
	least, most float64 // of the intervals too
	above       float64 // the least value above 0
	floor       float64 // the least above 0 of the intervals too
	empty       bool
}

var nothing = span{low: math.Inf(1), high: math.Inf(-1), least: math.Inf(1), most: math.Inf(-1), above: math.Inf(1), floor: math.Inf(1), empty: true}

func (s span) and(more span) span {
	return span{
		min(s.low, more.low), max(s.high, more.high), min(s.least, more.least), max(s.most, more.most),
		min(s.above, more.above), min(s.floor, more.floor), s.empty && more.empty,
	}
}

// with is a span that holds a value with its interval.
func (s span) with(low, value, high float64) span {
	s.empty = false
	s.low, s.high = min(s.low, value), max(s.high, value)
	if value > 0 {
		s.above = min(s.above, value)
	}
	return s.reaching(low).reaching(value).reaching(high)
}

// reaching is a span to which something else reaches that is no value.
func (s span) reaching(x float64) span {
	s.least, s.most = min(s.least, x), max(s.most, x)
	if x > 0 {
		s.floor = min(s.floor, x)
	}
	return s
}

// Intervals are cut where they reach further beyond all values than this: one wide
// interval must not press all that is measured into a corner.
const (
	beyond    = 1.5 // times the value that is furthest from 0, on a linear axis
	beyondLog = 10  // times the greatest and the least, on a logarithmic one
)

// within is the range that an axis needs for a span.
func (s span) within(log bool) (low, high float64) {
	switch {
	case s.empty:
		return 0, 0
	case log && s.high > 0:
		return max(s.floor, s.above/beyondLog), min(s.most, s.high*beyondLog)
	}
	reach := beyond * max(math.Abs(s.low), math.Abs(s.high))
	return max(s.least, -reach), min(s.most, reach)
}

func (es Estimates) span() span {
	s := nothing
	for _, e := range slices.Concat(es...) {
		switch {
		case e.N == 0:
		case e.Known():
			s = s.with(e.Low, e.Value, e.High)
		default:
			s = s.with(e.Value, e.Value, e.Value)
		}
	}
	return s
}

// estimates are those of a mark that has them.
func (es Estimates) estimates() Estimates { return es }

// intervals reports whether any estimate has an interval.
func (es Estimates) intervals() bool {
	return slices.ContainsFunc(slices.Concat(es...), func(e stats.Estimate) bool { return e.N > 0 && e.Known() })
}

// has reports whether there is any estimate of a series.
func (es Estimates) has(series int) bool {
	return slices.ContainsFunc(es[series], func(e stats.Estimate) bool { return e.N > 0 })
}

// Flags mark some of the estimates, by series and then by place, with a ring.
// Nil: none.
type Flags [][]bool

func (f Flags) at(series, place int) bool { return f != nil && f[series][place] }

// ring draws the mark of a flagged value.
func (a area) ring(at vg.Point, radius vg.Length) {
	a.DrawGlyphNoClip(draw.GlyphStyle{Color: a.theme.Warning.Color, Radius: radius, Shape: thickRing{}}, at)
}

// thickRing is a circle that is seen around a marker.
type thickRing struct{}

func (thickRing) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: style.Color, Width: 1.6})
	var p vg.Path
	p.Move(vg.Point{X: at.X + style.Radius, Y: at.Y})
	p.Arc(at, style.Radius, 0, 2*math.Pi)
	p.Close()
	c.Stroke(p)
}

// whisker draws an interval. Where it leaves the axis it ends in an arrow.
func (a area) whisker(style draw.LineStyle, e stats.Estimate, x, half vg.Length) {
	low, high := a.height(e.Low), a.height(e.High)
	a.SetLineStyle(style)
	var p vg.Path
	p.Move(vg.Point{X: x, Y: low})
	p.Line(vg.Point{X: x, Y: high})
	for _, end := range []struct {
		y         vg.Length
		goesOn    bool
		direction vg.Length
	}{{low, e.Low < a.y.low, -1}, {high, e.High > a.y.high, 1}} {
		if end.goesOn {
			a.arrow(style, x, end.y, half, end.direction)
			continue
		}
		p.Move(vg.Point{X: x - half, Y: end.y})
		p.Line(vg.Point{X: x + half, Y: end.y})
	}
	a.Stroke(p)
}

// arrow says that something goes on beyond the axis.
func (a area) arrow(style draw.LineStyle, x, y, half, direction vg.Length) {
	half = max(half, 2.5)
	a.FillPolygon(style.Color, []vg.Point{{X: x - half, Y: y}, {X: x + half, Y: y}, {X: x, Y: y + direction*half*1.5}})
}

// off reports whether a value lies outside the axis, and in which direction.
func (a area) off(value float64) (direction vg.Length, outside bool) {
	switch {
	case value > a.y.high*(1+1e-9):
		return 1, true
	case value < a.y.low-1e-9*math.Abs(a.y.low) && !(value == 0 && a.y.low == 0):
		return -1, true
	}
	return 0, false
}
