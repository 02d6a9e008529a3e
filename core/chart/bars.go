package chart

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/stats"
)

// Bars are a group of bars at every place. Their length means something only from
// zero, so on a logarithmic axis, and on one that begins elsewhere, they are
// points. Either every bar has its value above it or none has.
type Bars struct {
	Estimates
	Flags Flags
}

func (Bars) layer() layer { return standing }

func (b Bars) only(series []int) Mark { return Bars{b.Estimates.only(series), chosen(b.Flags, series)} }

func (b Bars) draw(a area) {
	width := min(a.slot*0.82/vg.Length(max(len(a.looks), 1)), 90)
	begin := -width * vg.Length(len(a.looks)) / 2
	style, valued := b.values(a, width)
	pointed := a.y.log || a.y.low != 0
	radius := min(4.2*a.theme.scale, max(width*0.4, 2)) // of points
	for i, look := range a.looks {
		a.begin(look)
		for j, e := range b.Estimates[i] {
			if e.N == 0 {
				continue
			}
			left := a.at(j) + begin + width*vg.Length(i)
			x := left + width/2
			top := a.height(e.Value)
			a.value(vg.Point{X: x, Y: top}, look, j, a.unit.estimated(e))
			direction, outside := a.off(e.Value)
			if pointed {
				a.point(look, e, x, radius)
			} else {
				gap := min(width*0.08, 2)
				a.bar(look, vg.Rectangle{Min: vg.Point{X: left + gap, Y: a.Min.Y}, Max: vg.Point{X: left + width - gap, Y: top}})
				a.interval(look, e, x, min(width*0.18, 5))
				if outside {
					a.arrow(draw.LineStyle{Color: a.theme.Axis}, x, top, min(width*0.3, 5), direction)
				}
			}
			if b.Flags.at(i, j) {
				a.ring(vg.Point{X: x, Y: top}, min(max(width*0.4, 3), 7))
			}
			if valued {
				above := top
				if e.Known() {
					above = max(above, a.height(e.High))
				}
				if pointed {
					above = max(above, top+radius)
				}
				a.theme.text(a.Canvas, style, x, above+a.clearance(e), draw.XCenter, draw.YBottom, a.unit.measured(e.Value))
			}
		}
	}
	a.end()
}

// clearance is how far above a bar its value stands.
func (a area) clearance(e stats.Estimate) vg.Length {
	if _, outside := a.off(e.Value); outside || e.Known() && e.High > a.y.high {
		return 8 // above the arrow
	}
	return 3
}

// values is the style in which the value of every bar has room above it, if there
// is one.
func (b Bars) values(a area, width vg.Length) (style draw.TextStyle, valued bool) {
	for _, scale := range []vg.Length{1, 0.9, 0.8} {
		style = sized(a.theme.Value, scale)
		narrow := func(e stats.Estimate) bool { return e.N > 0 && style.Width(a.unit.measured(e.Value)) > width-1 }
		if !slices.ContainsFunc(slices.Concat(b.Estimates...), narrow) {
			return style, true
		}
	}
	return style, false
}

// bar draws a bar in its pattern.
func (a area) bar(look look, r vg.Rectangle) {
	if look.pattern == solid {
		fill(a.Canvas, r, look.color)
		return
	}
	outline := draw.LineStyle{Color: look.color, Width: min(1.6, r.Size().X/4)}
	if look.pattern == striped {
		for y := r.Min.Y + 2; y < r.Max.Y; y += 4 {
			a.StrokeLine2(outline, r.Min.X, y, r.Max.X, y)
		}
	}
	inset := outline.Width / 2
	left, right, top := r.Min.X+inset, r.Max.X-inset, max(r.Max.Y-inset, r.Min.Y)
	a.StrokeLines(outline, []vg.Point{{X: left, Y: r.Min.Y}, {X: left, Y: top}, {X: right, Y: top}, {X: right, Y: r.Min.Y}, {X: left, Y: r.Min.Y}})
}

// interval draws a bar's interval: in the colour of the ground where it lies on
// the bar, in that of the axes where it rises above it.
func (a area) interval(look look, e stats.Estimate, x, half vg.Length) {
	if !e.Known() {
		return
	}
	inside := draw.LineStyle{Color: a.theme.Background, Width: min(1.3, max(half/2, 0.6))}
	if look.pattern != solid {
		inside.Color = a.theme.Axis
	}
	above := inside
	above.Color = a.theme.Axis
	low, top, high := a.height(e.Low), a.height(e.Value), a.height(e.High)
	a.StrokeLine2(inside, x, low, x, top)
	a.StrokeLine2(inside, x-half, low, x+half, low)
	a.StrokeLine2(above, x, top, x, high)
	if e.High > a.y.high {
		a.arrow(above, x, high, half, 1)
		return
	}
	a.StrokeLine2(above, x-half, high, x+half, high)
}

// point draws a value as a marker with its interval.
func (a area) point(look look, e stats.Estimate, x, radius vg.Length) {
	if e.Known() {
		a.whisker(draw.LineStyle{Color: look.color, Width: 1.3}, e, x, radius/1.4)
	}
	y := a.height(e.Value)
	if direction, outside := a.off(e.Value); outside {
		a.arrow(draw.LineStyle{Color: look.color}, x, y, radius, direction)
		return
	}
	look.point(a.Canvas, a.theme.Background, vg.Point{X: x, Y: y}, radius)
}

func (Bars) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	r := vg.Rectangle{Min: vg.Point{X: x + 2, Y: y - 5.5*theme.scale}, Max: vg.Point{X: x + width - 2, Y: y + 5.5*theme.scale}}
	area{Canvas: c, theme: theme}.bar(look, r)
}
