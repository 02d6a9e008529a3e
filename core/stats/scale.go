package stats

import (
	"math"
	"slices"
)

// scale is what values are compared on: their logarithms, so that differences are
// ratios, or themselves where one of them has no logarithm.
type scale struct {
	logarithmic bool
	base        float64 // what plain differences are shares of
}

func scaleOf(a, b []Value) scale {
	unlogged := func(v Value) bool { return v.Value <= 0 }
	if !slices.ContainsFunc(a, unlogged) && !slices.ContainsFunc(b, unlogged) {
		return scale{logarithmic: true}
	}
	return scale{base: math.Abs(Summarize(numbers(a)).Value)}
}

func (s scale) of(v float64) float64 {
	if s.logarithmic {
		return math.Log(v)
	}
	return v
}

// unscaled returns what is at a place on the scale.
func (s scale) unscaled(v float64) float64 {
	if s.logarithmic {
		return math.Exp(v)
	}
	return v
}

// each returns all values on the scale.
func (s scale) each(values []float64) []float64 {
	scaled := make([]float64, len(values))
	for i, v := range values {
		scaled[i] = s.of(v)
	}
	return scaled
}

// share returns a shift on the scale as a share of what it began from.
func (s scale) share(shift float64) float64 {
	switch {
	case shift == 0:
		return 0
	case s.logarithmic:
		return math.Expm1(shift)
	default:
		return shift / s.base
	}
}

// interval returns the shares between which all but so many of the smallest and
// of the greatest shifts lie.
func (s scale) interval(shifts ordered, cut int) (low, high float64) {
	if cut < 0 {
		return math.Inf(-1), math.Inf(1)
	}
	return s.share(shifts.at(cut + 1)), s.share(shifts.at(shifts.n - cut))
}

// withinBlocks returns the shift of B over A in each block that both have, or
// nothing if most blocks of both sides are theirs alone.
func (s scale) withinBlocks(a, b []Value) []float64 {
	before, after := s.blocks(a), s.blocks(b)
	var common []int
	for block := range before {
		if _, ok := after[block]; ok {
			common = append(common, block)
		}
	}
	if 2*len(common) <= min(len(before), len(after)) {
		return nil
	}
	slices.Sort(common)
	shifts := make([]float64, len(common))
	for i, block := range common {
		shifts[i] = after[block] - before[block]
	}
	return shifts
}

// blocks returns the mean of each block on the scale.
func (s scale) blocks(values []Value) map[int]float64 {
	sums, counts := map[int]float64{}, map[int]float64{}
	for _, v := range values {
		if v.Block >= 0 {
			sums[v.Block] += s.of(v.Value)
			counts[v.Block]++
		}
	}
	for block := range sums {
		sums[block] /= counts[block]
	}
	return sums
}

// measured returns the values that are numbers.
func measured(values []Value) []Value {
	return slices.DeleteFunc(slices.Clone(values), func(v Value) bool { return !finite(v.Value) })
}

func numbers(values []Value) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		list[i] = v.Value
	}
	return list
}
