package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// scale maps values to heights.
type scale struct {
	low, high float64
	log       bool
	ticks     []float64
}

// newScale chooses a scale that holds all values between low and high, with
// about the number of ticks asked for, at 1, 2 or 5 times a power of ten. A
// linear one has zero on it.
func newScale(low, high float64, log bool, ticks int) scale {
	if log {
		return logScale(low, high, ticks)
	}
	low, high = min(low, 0), max(high, 0)
	if low == high {
		high = 1
	}
	step := niceStep((high - low) / float64(max(ticks, 1)))
	s := scale{}
	for i := math.Floor(low/step + 1e-9); ; i++ {
		tick := i*step + 0 // not -0
		s.ticks = append(s.ticks, tick)
		if tick >= high {
			s.low, s.high = s.ticks[0], tick
			return s
		}
	}
}

// fixedScale is from low to high, as somebody chose, with ticks at round values
// between them.
func fixedScale(low, high float64, log bool, ticks int) scale {
	s := scale{low: low, high: high, log: log}
	s.ticks = s.round(max(ticks, 2))
	if len(s.ticks) < 2 {
		s.ticks = []float64{low, high}
	}
	return s
}

// niceStep returns the least 1, 2 or 5 times a power of ten that is no less
// than x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step := m * power; step >= x*(1-1e-9) {
			return step
		}
	}
	return 10 * power
}

// logScale has ticks at 1, 2 and 5 times powers of ten where they are about as
// many as asked for, and at powers of ten, or each nth of them, where they would
// be more.
func logScale(low, high float64, ticks int) scale {
	first := math.Pow(10, math.Floor(math.Log10(low)+1e-9))
	last := math.Pow(10, math.Ceil(math.Log10(high)-1e-9))
	if last <= first {
		last = first * 10
	}
	var powers, fine []float64
	for power := first; power <= last*(1+1e-9); power *= 10 {
		powers = append(powers, power)
		for _, m := range []float64{1, 2, 5} {
			if tick := m * power; tick <= last*(1+1e-9) {
				fine = append(fine, tick)
			}
		}
	}
	for len(fine) > 2 && fine[1] <= low { // what lies outside the values is only empty space
		fine = fine[1:]
	}
	for len(fine) > 2 && fine[len(fine)-2] >= high {
		fine = fine[:len(fine)-1]
	}
	s := scale{log: true, ticks: fine, low: fine[0], high: fine[len(fine)-1]}
	if len(fine) <= ticks+2 {
		return s
	}
	powers = slices.DeleteFunc(powers, func(x float64) bool { return x < s.low*(1-1e-9) || x > s.high*(1+1e-9) })
	if len(powers) < 2 {
		powers = []float64{s.low, s.high}
	}
	s.ticks = powers
	for n := 2; len(s.ticks) > ticks+2; n++ {
		s.ticks = every(n, powers)
	}
	return s
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

// spaced are the ticks, or the first and the last of them if not all have so much
// room between them.
func (s scale) spaced(height, room vg.Length) []float64 {
	for i := range len(s.ticks) - 1 {
		if s.at(s.ticks[i+1], 0, height)-s.at(s.ticks[i], 0, height) < room {
			return []float64{s.ticks[0], s.ticks[len(s.ticks)-1]}
		}
	}
	return s.ticks
}

// at returns where a value lies between bottom and top.
func (s scale) at(v float64, bottom, top vg.Length) vg.Length {
	share := (v - s.low) / (s.high - s.low)
	if s.log {
		share = math.Log(max(v, s.low)/s.low) / math.Log(s.high/s.low)
	}
	return bottom + vg.Length(min(max(share, 0), 1))*(top-bottom)
}
