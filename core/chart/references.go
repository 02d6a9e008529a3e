package chart

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// References are named lines at places side by side, such as figures that others have
// published of an operation. They belong to no series.
type References []Reference

// Reference is one of them, at a place.
type Reference struct {
	Place int
	At    float64
	Label string
}

func (r References) span() span {
	s := nothing
	for _, reference := range r {
		s = s.with(reference.At, reference.At, reference.At)
	}
	s.empty = true // references alone are no figure
	return s
}

func (References) layer() layer { return over }

func (r References) only([]int) Mark { return r }

func (r References) draw(a area) {
	style := a.theme.Caption
	line := draw.LineStyle{Color: a.theme.Axis, Width: 1.2, Dashes: []vg.Length{4, 3}}
	half := a.slot * 0.47
	ends := map[int]vg.Length{} // where the last name of each place ends
	for _, reference := range slices.SortedStableFunc(slices.Values(r), func(x, y Reference) int { return cmp.Compare(x.At, y.At) }) {
		middle, y := a.at(reference.Place), a.height(reference.At)
		if direction, outside := a.off(reference.At); outside {
			a.arrow(line, middle+half-4, y, 3, direction)
		} else {
			a.StrokeLine2(line, middle-half, y, middle+half, y)
		}
		base := min(y+2, a.Max.Y-style.Font.Size)
		if end, others := ends[reference.Place]; others {
			base = max(base, end)
		}
		label := reference.Label + ": " + a.unit.exact(reference.At)
		a.theme.text(a.Canvas, style, middle-half, base, draw.XLeft, draw.YBottom, elided(style, label, 2*half))
		ends[reference.Place] = base + style.Font.Size*1.2
	}
}

func (References) key(draw.Canvas, Theme, look, vg.Length, vg.Length, vg.Length) {}
