package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Axis is a numeric x axis, on which everything stands at its true distance.
type Axis struct {
	Unit   Unit
	Log    bool      // everything is above 0
	Places []float64 // of the marks, each of which has a tick; none: there are ticks at round values
	Names  []string  // of the places, ascending, if they are not called by their numbers
	// Low and High are the least range; 0 leaves it to the places.
	Low, High float64
}

// tick is a named place of an axis.
type tick struct {
	at   float64
	name string
}

// Distances on a numeric axis, in points.
const (
	inset    = 14 // of the outermost places, so that they stand clear of the y axis
	betweenX = 8  // the least between two names
)

// draw names places beneath an area, and says where marks stand in it.
func (a Axis) draw(in *area) {
	s := a.scale()
	edge := vg.Length(0)
	if len(a.Places) > 0 {
		edge = inset
	}
	if n := len(a.Names); n > 0 { // the last one ends in the panel
		edge = max(edge, min(in.theme.Label.Width(a.Names[n-1])/2-4, in.Size().X/6))
	}
	place := func(x float64) vg.Length { return s.at(x, in.Min.X+edge, in.Max.X-edge) }
	line := draw.LineStyle{Color: in.theme.Axis, Width: 1}
	all := a.distinct()
	for _, at := range all {
		in.StrokeLine2(line, place(at), in.Min.Y, place(at), in.Min.Y-2)
	}
	for _, t := range a.named(s, place, in.theme.Label.Width) {
		x := place(t.at)
		in.StrokeLine2(line, x, in.Min.Y, x, in.Min.Y-4)
		in.theme.text(in.Canvas, in.theme.Label, x, in.Min.Y-5, draw.XCenter, draw.YTop, t.name)
	}
	in.x, in.across = place, s
	in.at = func(i int) vg.Length { return place(a.Places[i]) }
	in.slot = in.Size().X
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

// scale reaches over all places, and over the least range.
func (a Axis) scale() scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range a.Places {
		low, high = min(low, x), max(high, x)
	}
	if a.Low < a.High {
		low, high = min(low, a.Low), max(high, a.High)
	}
	switch {
	case low < high:
	case low > high: // there is nothing
		low, high = 1, 10
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
		ticks = append(ticks, tick{x, a.name(x)})
	}
	return ticks
}

// name is what a place is called.
func (a Axis) name(x float64) string {
	if a.Names == nil {
		return a.Unit.exact(x)
	}
	return a.Names[slices.Index(a.distinct(), x)]
}

// named chooses the ticks whose names have room: of the places all, or each nth of
// them if that keeps the first and the last, or what there is room for. No name
// stands where nothing was measured.
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

// candidates are the ticks that an axis may have, the best first.
func (a Axis) candidates(s scale) [][]tick {
	var lists [][]tick
	if len(a.Places) == 0 {
		for n := 8; n > 1; n-- {
			var ticks []tick
			for _, x := range s.round(n) {
				ticks = append(ticks, tick{x, a.Unit.round(x)})
			}
			lists = append(lists, ticks)
		}
		return lists
	}
	all := a.wanted()
	steps := len(all) - 1
	for n := 1; n == 1 || n <= steps/2; n++ {
		if steps%n == 0 {
			lists = append(lists, every(n, all))
		}
	}
	return append(lists, all)
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

// every returns each nth of a list, beginning with the first.
func every[T any](n int, of []T) []T {
	var kept []T
	for i := 0; i < len(of); i += n {
		kept = append(kept, of[i])
	}
	return kept
}
