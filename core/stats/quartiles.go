package stats

import (
	"slices"

	moremath "github.com/aclements/go-moremath/stats"
)

// Quartiles returns the first quartile, the median and the third quartile of values,
// of which there is at least one (method 8 of Hyndman and Fan, 1996).
func Quartiles(values []float64) (first, median, third float64) {
	s := moremath.Sample{Xs: slices.Sorted(slices.Values(values)), Sorted: true}
	return s.Quantile(0.25), s.Quantile(0.5), s.Quantile(0.75)
}
