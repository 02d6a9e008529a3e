package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Proportions are thin lines on which y goes with x, by the slope of each series: what
// it would come to if twice as much did twice as much. 0: there is none. They need a
// numeric x axis, and set no range.
type Proportions []float64

func (Proportions) span() span { return nothing }

func (Proportions) layer() layer { return ground }

func (p Proportions) only(series []int) Mark { return Proportions(chosen(p, series)) }

func (p Proportions) draw(a area) {
	const steps = 60 // the line bends where only one axis is logarithmic
	for i, look := range a.looks {
		if p[i] == 0 {
			continue
		}
		a.begin(look)
		var line []vg.Point
		for n := range steps + 1 {
			x := a.across.low + (a.across.high-a.across.low)*float64(n)/steps
			if _, outside := a.off(p[i] * x); !outside {
				line = append(line, vg.Point{X: a.x(x), Y: a.height(p[i] * x)})
			}
		}
		a.StrokeLines(draw.LineStyle{Color: look.color, Width: 0.9, Dashes: []vg.Length{2, 3}}, line)
	}
	a.end()
}

func (Proportions) key(draw.Canvas, Theme, look, vg.Length, vg.Length, vg.Length) {}
