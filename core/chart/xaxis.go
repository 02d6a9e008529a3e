package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Axis is a numeric x axis, on which values stand at their true distances.
type Axis struct {
	At     [][]float64          // where every value stands, as Panel.Values
	Log    bool                 // every place is above 0
	Ticks  []Tick               // that are wanted, in ascending order
	Format func(float64) string // of round values, which are named where Ticks have no room; nil: as many of Ticks as have
}

// Tick is a named place of an axis.
type Tick struct {
	At   float64
	Name string
}

// Distances on a numeric axis, in points.
const (
	inset    = 14 // of the outermost values, so that they stand clear of the y axis
	betweenX = 8  // the least between two names
)

// draw names places beneath the area of a panel. It returns where a value
// stands, and the least distance between two that differ.
func (a Axis) draw(c draw.Canvas, theme Theme) (place func(float64) vg.Length, nearest vg.Length) {
	s := a.scale()
	place = func(x float64) vg.Length { return s.at(x, c.Min.X+inset, c.Max.X-inset) }
	for _, tick := range a.named(s, place, theme.Label.Width) {
		x := place(tick.At)
		c.StrokeLine2(draw.LineStyle{Color: theme.Axis, Width: 1}, x, c.Min.Y, x, c.Min.Y-3)
		theme.text(c, theme.Label, x, c.Min.Y-5, draw.XCenter, draw.YTop, tick.Name)
	}
	nearest = c.Size().X
	all := a.places()
	for i := range max(len(all)-1, 0) {
		nearest = min(nearest, place(all[i+1])-place(all[i]))
	}
	return place, nearest
}

// places returns every place once, in ascending order.
func (a Axis) places() []float64 {
	all := slices.Concat(a.At...)
	slices.Sort(all)
	return slices.Compact(all)
}

// scale reaches from the least place to the greatest.
func (a Axis) scale() scale {
	all := a.places()
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

// named chooses the ticks whose names have room.
func (a Axis) named(s scale, place func(float64) vg.Length, width func(string) vg.Length) []Tick {
	room := func(a, b Tick) bool {
		return place(b.At)-place(a.At) >= (width(a.Name)+width(b.Name))/2+betweenX
	}
	var ticks []Tick
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
func (a Axis) candidates(s scale) [][]Tick {
	var lists [][]Tick
	steps := len(a.Ticks) - 1
	for n := 1; n == 1 || n <= steps/2; n++ {
		if steps >= 0 && steps%n == 0 {
			lists = append(lists, every(n, a.Ticks))
		}
	}
	if a.Format == nil {
		return append(lists, a.Ticks)
	}
	for n := 8; n > 1; n-- {
		var ticks []Tick
		for _, x := range s.round(n) {
			ticks = append(ticks, Tick{x, a.Format(x)})
		}
		lists = append(lists, ticks)
	}
	return lists
}

// thin leaves out ticks for which there is no room, but not the first and the
// last.
func thin(ticks []Tick, room func(a, b Tick) bool) []Tick {
	if len(ticks) < 3 {
		return ticks
	}
	last := ticks[len(ticks)-1]
	kept := []Tick{ticks[0]}
	for _, tick := range ticks[1 : len(ticks)-1] {
		if room(kept[len(kept)-1], tick) && room(tick, last) {
			kept = append(kept, tick)
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
