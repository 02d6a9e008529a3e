package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Lines join the points of each series that stand at places side by side. Where
// there is none, a line has a gap: nothing is known of what lies between.
type Lines struct {
	Estimates
	Flags  Flags
	Bridge bool // a line goes on over places where its series has no value
}

func (Lines) layer() layer { return over }

func (l Lines) only(series []int) Mark {
	return Lines{l.Estimates.only(series), chosen(l.Flags, series), l.Bridge}
}

func (l Lines) draw(a area) {
	radius, width := min(4.2, max(a.room*0.6, min(3.2, a.slot*0.45))), vg.Length(lineWidth)
	if len(a.looks) > mostSeries { // which lie close together
		radius, width = 2.6, 1.3
	}
	radius, width = radius*a.theme.scale, width*a.theme.scale
	for i, look := range a.looks {
		a.begin(look)
		shift := a.aside(i)
		var joined []vg.Point
		for j, e := range l.Estimates[i] {
			if e.N == 0 {
				if !l.Bridge {
					a.join(look, width, joined)
					joined = nil
				}
				continue
			}
			joined = append(joined, vg.Point{X: a.at(j) + shift, Y: a.height(e.Value)})
		}
		a.join(look, width, joined)
		for j, e := range l.Estimates[i] {
			if e.N == 0 {
				continue
			}
			x := a.at(j) + shift
			a.point(look, e, x, radius)
			a.value(vg.Point{X: x, Y: a.height(e.Value)}, look, j, a.unit.estimated(e))
			if l.Flags.at(i, j) {
				a.ring(vg.Point{X: x, Y: a.height(e.Value)}, radius+2.6)
			}
		}
	}
	a.end()
}

// aside is how far a series stands from its place, so that equal ones do not hide
// each other.
func (a area) aside(series int) vg.Length {
	shift := vg.Length(series) - vg.Length(len(a.looks)-1)/2
	return shift * min(3, a.room/vg.Length(len(a.looks)))
}

// join draws a line of a series through points: one alone has none.
func (a area) join(look look, width vg.Length, points []vg.Point) {
	if len(points) > 1 {
		a.StrokeLines(lineOf(look, width), points)
	}
}

const lineWidth = 2.2

func lineOf(look look, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: look.color, Width: width, Dashes: look.pattern.dashes()}
}

func (Lines) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	c.StrokeLine2(lineOf(look, lineWidth*theme.scale), x, y, x+width, y)
	look.point(c, theme.Background, vg.Point{X: x + width/2, Y: y}, 4*theme.scale)
}
