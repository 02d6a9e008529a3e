package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Axis is a numeric x axis, on which places stand at their true distances.
type Axis struct {
	Unit   Unit
	Log    bool      // every place is above 0
	Places []float64 // of the marks
}

// tick is a named place of an axis.
type tick struct {
	at   float64
	name string
}

// Distances on a numeric axis, in points.
const (
	inset    = 14 // of the outermost values, so that they stand clear of the y axis
	betweenX = 8  // the least between two names
)

// draw names places beneath an area, and says where marks stand in it.
func (a Axis) draw(in *area) {
	s := a.scale()
	place := func(x float64) vg.Length { return s.at(x, in.Min.X+inset, in.Max.X-inset) }
	for _, t := range a.named(s, place, in.theme.Label.Width) {
		x := place(t.at)
		in.StrokeLine2(draw.LineStyle{Color: in.theme.Axis, Width: 1}, x, in.Min.Y, x, in.Min.Y-3)
		in.theme.text(in.Canvas, in.theme.Label, x, in.Min.Y-5, draw.XCenter, draw.YTop, t.name)
	}
	in.at = func(i int) vg.Length { return place(a.Places[i]) }
	in.slot = in.Size().X
	all := a.distinct()
	for i := range max(len(all)-1, 0) {
		in.slot = min(in.slot, place(all[i+1])-place(all[i]))
	}
	in.room = min(mostRoom, in.slot/5)
}

// distinct returns every place once, in ascending order.
func (a Axis) distinct() []float64 {
	all := slices.Clone(a.Places)
	slices.Sort(all)
	return slices.Compact(all)
}

// scale reaches from the least place to the greatest.
func (a Axis) scale() scale {
	all := a.distinct()
	if len(all) == 0 {
		return scale{low: 1, high: 10, log: a.Log}
	}
	low, high := all[0], all[len(all)-1]
	switch {
	case low < high:
	case a.Log:
		low, high = low/2, high*2
	default:
		low, high = low-1, high+1
	}
	return scale{low: low, high: high, log: a.Log}
}

// wanted are the ticks of all places.
func (a Axis) wanted() []tick {
	var ticks []tick
	for _, x := range a.distinct() {
		ticks = append(ticks, tick{x, a.Unit.exact(x)})
	}
	return ticks
}

// named chooses the ticks whose names have room.
func (a Axis) named(s scale, place func(float64) vg.Length, width func(string) vg.Length) []tick {
	room := func(a, b tick) bool {
		return place(b.at)-place(a.at) >= (width(a.name)+width(b.name))/2+betweenX
	}
	var ticks []tick
	for _, ticks = range a.candidates(s) {
		crowded := false
		for i := range max(len(ticks)-1, 0) {
			crowded = crowded || !room(ticks[i], ticks[i+1])
		}
		if !crowded {
			return ticks
		}
	}
	return thin(ticks, room)
}

// candidates are the ticks that an axis may have, the best first: all that are
// wanted; each nth of them, if that keeps the first and the last; then fewer and
// fewer round values, or again all that are wanted.
func (a Axis) candidates(s scale) [][]tick {
	var lists [][]tick
	all := a.wanted()
	steps := len(all) - 1
	for n := 1; n == 1 || n <= steps/2; n++ {
		if steps >= 0 && steps%n == 0 {
			lists = append(lists, every(n, all))
		}
	}
	if a.Unit != Count { // round sizes and durations are not powers of ten
		return append(lists, all)
	}
	for n := 8; n > 1; n-- {
		var ticks []tick
		for _, x := range s.round(n) {
			ticks = append(ticks, tick{x, a.Unit.exact(x)})
		}
		lists = append(lists, ticks)
	}
	return lists
}

// thin leaves out ticks for which there is no room, but not the first and the
// last.
func thin(ticks []tick, room func(a, b tick) bool) []tick {
	if len(ticks) < 3 {
		return ticks
	}
	last := ticks[len(ticks)-1]
	kept := []tick{ticks[0]}
	for _, t := range ticks[1 : len(ticks)-1] {
		if room(kept[len(kept)-1], t) && room(t, last) {
			kept = append(kept, t)
		}
	}
	return append(kept, last)
}

// round returns at most about n round values within the scale.
func (s scale) round(n int) []float64 {
	var values []float64
	if s.log {
		values = slices.DeleteFunc(logScale(s.low, s.high, n).ticks, func(x float64) bool {
			return x < s.low*(1-1e-9) || x > s.high*(1+1e-9)
		})
		for len(values) > n {
			values = every(2, values)
		}
		return values
	}
	step := niceStep((s.high - s.low) / float64(n))
	for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+step*1e-9; i++ {
		values = append(values, i*step+0) // not -0
	}
	return values
}

// every returns each nth of a list, beginning with the first.
func every[T any](n int, of []T) []T {
	var kept []T
	for i := 0; i < len(of); i += n {
		kept = append(kept, of[i])
	}
	return kept
}
