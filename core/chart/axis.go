package chart

import (
	"math"
	"strconv"
	"strings"
	"time"

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

func logScale(low, high float64, ticks int) scale {
	s := scale{log: true}
	s.low = math.Pow(10, math.Floor(math.Log10(low)+1e-9))
	s.high = math.Pow(10, math.Ceil(math.Log10(high)-1e-9))
	if s.high <= s.low {
		s.high = s.low * 10
	}
	steps := []float64{1}
	if decades := math.Round(math.Log10(s.high / s.low)); decades <= 2 && ticks >= 5 {
		steps = []float64{1, 2, 5}
	}
	for power := s.low; power <= s.high*(1+1e-9); power *= 10 {
		for _, m := range steps {
			if tick := m * power; tick <= s.high*(1+1e-9) {
				s.ticks = append(s.ticks, tick)
			}
		}
	}
	if len(steps) > 1 { // what lies outside the values is only empty space
		for len(s.ticks) > 2 && s.ticks[1] <= low {
			s.ticks = s.ticks[1:]
		}
		for len(s.ticks) > 2 && s.ticks[len(s.ticks)-2] >= high {
			s.ticks = s.ticks[:len(s.ticks)-1]
		}
		s.low, s.high = s.ticks[0], s.ticks[len(s.ticks)-1]
	}
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

// FormatNumber writes a number with at most three significant digits below a
// thousand and thousands separators above.
func FormatNumber(x float64) string {
	if x != 0 && math.Abs(x) < 1000 {
		digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
		text := strconv.FormatFloat(x, 'f', min(digits, 6), 64)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	}
	text := strconv.FormatFloat(math.Round(math.Abs(x)), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if x < 0 {
		text = "-" + text
	}
	return text
}

// FormatLatency writes nanoseconds in the unit that suits them.
func FormatLatency(ns float64) string {
	switch {
	case ns >= float64(time.Second):
		return FormatNumber(ns/1e9) + " s"
	case ns >= float64(time.Millisecond):
		return FormatNumber(ns/1e6) + " ms"
	case ns >= float64(time.Microsecond):
		return FormatNumber(ns/1e3) + " µs"
	}
	return FormatNumber(ns) + " ns"
}
