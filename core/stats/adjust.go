package stats

import (
	"cmp"
	"math"
	"slices"
)

// Adjust corrects p values for their number, in their order: of those that are
// then at most 0.05 no more than 5 % are expected to be chance (Benjamini and
// Hochberg 1995). NaN stays NaN and is not counted; give it for comparisons with
// too few repeats, that could not have shown anything.
func Adjust(p []float64) []float64 {
	adjusted := slices.Clone(p)
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	least := 1.0
	for rank, i := range slices.Backward(order) {
		least = min(least, p[i]*float64(len(order))/float64(rank+1))
		adjusted[i] = least
	}
	return adjusted
}
