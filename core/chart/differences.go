package chart

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/stats"
)

// Differences are by how much each series differs at places side by side, with
// intervals about a line where nothing does. Those that are shown have filled markers,
// the others hollow ones.
type Differences struct {
	Estimates
	Zero  float64 // where nothing differs
	Shown Flags
	Worse Flags // in a ring
}

func (d Differences) span() span {
	s := d.Estimates.span()
	if s.empty {
		return s
	}
	return s.with(d.Zero, d.Zero, d.Zero)
}

func (Differences) layer() layer { return over }

func (d Differences) only(series []int) Mark {
	return Differences{d.Estimates.only(series), d.Zero, chosen(d.Shown, series), chosen(d.Worse, series)}
}

func (d Differences) draw(a area) {
	zero := a.height(d.Zero)
	a.StrokeLine2(draw.LineStyle{Color: a.theme.Axis, Width: 1.4}, a.Min.X, zero, a.Max.X, zero)
	width := min(a.slot*0.86/vg.Length(max(len(a.looks), 1)), 90)
	begin := -width * vg.Length(len(a.looks)) / 2
	style, valued := d.values(a, width)
	radius := min(4.2*a.theme.scale, max(width*0.3, 2))
	for i, look := range a.looks {
		for j, e := range d.Estimates[i] {
			if e.N == 0 {
				continue
			}
			x := a.at(j) + begin + width*(vg.Length(i)+0.5)
			look.open = !d.Shown.at(i, j)
			a.point(look, e, x, radius)
			y := a.height(e.Value)
			if d.Worse.at(i, j) {
				a.ring(vg.Point{X: x, Y: y}, radius+2.6)
			}
			if valued {
				a.said(style, e, x, radius, e.Value < d.Zero)
			}
		}
	}
}

// said writes a difference above its interval, or beneath one that lies below, if there
// is room.
func (a area) said(style draw.TextStyle, e stats.Estimate, x, radius vg.Length, below bool) {
	top, bottom := a.height(e.Value)+radius, a.height(e.Value)-radius
	if e.Known() {
		top, bottom = max(top, a.height(e.High)), min(bottom, a.height(e.Low))
	}
	y := top + a.clearance(e)
	if under := bottom - 3 - style.Font.Size; below && under >= a.Min.Y {
		y = under
	}
	a.theme.text(a.Canvas, style, x, y, draw.XCenter, draw.YBottom, a.unit.brief(e.Value))
}

// values is the style in which every difference has room above its marker, if there is
// one.
func (d Differences) values(a area, width vg.Length) (style draw.TextStyle, valued bool) {
	for _, scale := range []vg.Length{1, 0.9, 0.8} {
		style = sized(a.theme.Value, scale)
		narrow := func(e stats.Estimate) bool { return e.N > 0 && style.Width(a.unit.brief(e.Value)) > width-4 }
		if !slices.ContainsFunc(slices.Concat(d.Estimates...), narrow) {
			return style, true
		}
	}
	return style, false
}

func (Differences) key(c draw.Canvas, theme Theme, look look, x, y, width vg.Length) {
	look.open = false
	look.point(c, theme.Background, vg.Point{X: x + width/2, Y: y}, 4*theme.scale)
}
