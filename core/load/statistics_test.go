package load

import (
	"math"
	"slices"
)

// unlikely is the quantile of the standard normal distribution that one in a
// thousand exceeds: what a sample of what was asked for rarely shows.
const unlikely = 3.09

// fits compares counts with the probabilities that they should follow, by
// Pearson's chi-square. Cells of which fewer than 5 are expected are merged
// with the next. The bound is Wilson's and Hilferty's approximation ("The
// distribution of chi-square", PNAS 17, 1931).
func fits(counts []int, probabilities []float64) bool {
	n := 0
	for _, count := range counts {
		n += count
	}
	var square, observed, expected float64
	cells := 0
	for i, p := range probabilities {
		if p == 0 && counts[i] > 0 {
			return false
		}
		observed += float64(counts[i])
		expected += p * float64(n)
		if expected < 5 && i < len(probabilities)-1 {
			continue
		}
		if expected > 0 {
			square += squared(observed-expected) / expected
			cells++
		}
		observed, expected = 0, 0
	}
	if cells == 1 {
		return true // all are where they should be
	}
	k := 2 / (9 * float64(cells-1))
	return square < float64(cells-1)*math.Pow(1-k+unlikely*math.Sqrt(k), 3)
}

// follows compares a sample with a continuous distribution function, by
// Kolmogorov and Smirnov. One sample in a thousand exceeds the bound.
func follows(sample []float64, distribution func(float64) float64) bool {
	slices.Sort(sample)
	n, distance := float64(len(sample)), 0.0
	for i, x := range sample {
		p := distribution(x)
		distance = max(distance, p-float64(i)/n, float64(i+1)/n-p)
	}
	return distance*math.Sqrt(n) < 1.95
}

func squared(x float64) float64 { return x * x }

func meanAndVariance(sample []float64) (mean, variance float64) {
	for _, x := range sample {
		mean += x / float64(len(sample))
	}
	for _, x := range sample {
		variance += squared(x-mean) / float64(len(sample)-1)
	}
	return mean, variance
}
