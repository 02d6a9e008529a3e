package stats

import (
	"cmp"
	"math"
	"slices"

	moremath "github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
)

// Fewest repeats with which p can come to 0.05: blocks, or values of each side.
// Of unequal sides 3 and 5 do too, as do 2 and 8.
const (
	FewestBlocks = 6
	FewestEach   = 4
)

// exactRanks is the number of values up to which the distributions of the tests
// are computed exactly. Beyond they are as good as normal.
const exactRanks = 50

// signedRank returns the two-sided p of the signed-rank test (Wilcoxon 1945) that
// shifts are symmetric about zero. Equal sizes share the mean of their ranks, and
// shifts of zero take ranks and have no sign (Pratt 1959); the distribution is the
// exact one of these very ranks under all signs, and beyond 50 the normal one with
// a correction for continuity.
func signedRank(shifts []float64) float64 {
	ranks, up := signedRanks(shifts)
	total, squares := 0, 0.0
	for _, r := range ranks {
		total += r
		squares += float64(r) * float64(r)
	}
	smaller := min(up, total-up)
	switch {
	case len(ranks) == 0:
		return 1
	case len(ranks) > exactRanks:
		return normalP(float64(total)/2-float64(smaller)-1, math.Sqrt(squares/4))
	default:
		return exactP(ranks)[smaller]
	}
}

// exactP returns the two-sided p of each sum of ranks up to half of all.
func exactP(ranks []int) []float64 {
	chances := signedSums(ranks)
	p, below := make([]float64, len(chances)/2+1), 0.0
	for sum := range p {
		below += chances[sum]
		p[sum] = min(1, 2*below)
	}
	return p
}

// normalP returns the two-sided p of what is so far from the mean.
func normalP(off, deviation float64) float64 {
	return math.Erfc(max(0, off) / deviation / math.Sqrt2)
}

// signedRanks returns twice the rank of each shift that is not zero, which is a
// whole number, and the sum of those of the positive.
func signedRanks(shifts []float64) (ranks []int, up int) {
	bySize := slices.Clone(shifts)
	slices.SortFunc(bySize, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	for first := 0; first < len(bySize); {
		next := first
		for next < len(bySize) && math.Abs(bySize[next]) == math.Abs(bySize[first]) {
			next++
		}
		for _, shift := range bySize[first:next] {
			twice := first + 1 + next
			if shift != 0 {
				ranks = append(ranks, twice)
			}
			if shift > 0 {
				up += twice
			}
		}
		first = next
	}
	return ranks, up
}

// signedSums returns how probable each sum of ranks is, of which each is in it or
// not with the same chance.
func signedSums(ranks []int) []float64 {
	chances, top := []float64{1}, 0
	for _, r := range ranks {
		top += r
		next := make([]float64, top+1)
		for sum, chance := range chances {
			next[sum] += chance / 2
			next[sum+r] += chance / 2
		}
		chances = next
	}
	return chances
}

// signedRankCut returns how many of the smallest averages of n shifts lie outside
// an interval that misses with the given chance on that side; negative if even the
// smallest does not cover it (Tukey 1949; Hollander and Wolfe 1999, 3.3).
func signedRankCut(n int, tail float64) int {
	count := float64(n)
	if n > exactRanks {
		return normalCut(count*(count+1)/4, math.Sqrt(count*(count+1)*(2*count+1)/24), tail)
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	below := 0.0
	for sum, chance := range signedSums(ranks) {
		if below += chance; below > tail {
			return sum - 1
		}
	}
	return -1
}

// rankSum returns the two-sided p of the rank-sum test (Mann and Whitney 1947) as
// benchstat does.
func rankSum(a, b []float64) float64 {
	sample := func(values []float64) *benchmath.Sample {
		return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	}
	return benchmath.AssumeNothing.Compare(sample(a), sample(b)).P
}

// leastRankSum returns the least p that the test can have: two of all the ways to
// draw the first side from both.
func leastRankSum(a, b int) float64 {
	p := 2.0
	for i := 1; i <= min(a, b); i++ {
		p *= float64(i) / float64(max(a, b)+i)
	}
	return p
}

// rankSumCut is as signedRankCut, of the differences between two sides (Moses 1953;
// Hollander and Wolfe 1999, 4.3).
func rankSumCut(a, b int, tail float64) int {
	m, n := float64(a), float64(b)
	cut := normalCut(m*n/2, math.Sqrt(m*n*(m+n+1)/12), tail)
	if max(a, b) > exactRanks {
		return cut
	}
	exact := moremath.UDist{N1: a, N2: b}
	for cut >= 0 && exact.CDF(float64(cut)) > tail {
		cut--
	}
	for exact.CDF(float64(cut+1)) <= tail {
		cut++
	}
	return cut
}

// normalCut returns the greatest whole number that a statistic of this mean and
// deviation is not above with the given chance, corrected for continuity.
func normalCut(mean, deviation, tail float64) int {
	return max(-1, int(math.Floor(mean+deviation*moremath.StdNormal.InvCDF(tail)-0.5)))
}
