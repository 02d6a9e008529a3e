package chart

import (
	"math"

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
// linear one begins at zero.
func newScale(low, high float64, log bool, ticks int) scale {
	if log {
		return logScale(low, high, ticks)
	}
	if !(high > 0) {
		high = 1
	}
	step := niceStep(high / float64(max(ticks, 1)))
	s := scale{}
	for i := 0; ; i++ {
		tick := float64(i) * step
		s.ticks = append(s.ticks, tick)
		if tick >= high {
			s.high = tick
			return s
		}
	}
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
// many as asked for, and at powers of ten where they would be more.
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
	s := scale{log: true, ticks: powers}
	if len(fine) <= ticks+2 {
		s.ticks = fine
	}
	s.low, s.high = s.ticks[0], s.ticks[len(s.ticks)-1]
	return s
}

// at returns where a value lies between bottom and top.
func (s scale) at(v float64, bottom, top vg.Length) vg.Length {
	share := (v - s.low) / (s.high - s.low)
	if s.log {
		share = math.Log(max(v, s.low)/s.low) / math.Log(s.high/s.low)
	}
	return bottom + vg.Length(min(max(share, 0), 1))*(top-bottom)
}
