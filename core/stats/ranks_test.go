package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near reports whether values agree to so many of their size.
func near(got, want, share float64) bool {
	return got == want || math.Abs(got-want) <= share*math.Abs(want)
}

// depression are the differences of the Hamilton depression scale of nine patients
// (Hollander and Wolfe 1999, example 3.1).
var depression = []float64{0.878 - 1.83, 0.647 - 0.50, 0.598 - 1.62, 2.05 - 2.48, 1.06 - 1.68, 1.29 - 1.88, 1.06 - 1.55, 3.14 - 3.06, 1.29 - 1.30}

func TestSignedRank(t *testing.T) {
	cases := map[string]struct {
		shifts []float64
		p      float64
	}{
		"depression scale, Hollander and Wolfe 3.1": {depression, 0.0390625},
		"Darwin's maize, manual of scipy.stats.wilcoxon": {
			[]float64{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75}, 0.041259765625},
		"many with ties and zeros, scipy 1.10.1's wilcoxon with pratt and correction": {
			slices.Repeat([]float64{0, 0, 1, -2, 3, 3, -4, 5, 6, 7, 8, 8}, 6), 3.0676249924488436e-07},
		"all one way":      {[]float64{1, 2, 3, 4, 5, 6}, 0.03125},
		"nothing":          {nil, 1},
		"nothing but zero": {[]float64{0, 0, 0}, 1},
		"in balance":       {[]float64{-1, 1}, 1},
	}
	for name, c := range cases {
		if got := signedRank(c.shifts); !near(got, c.p, 1e-9) {
			t.Errorf("%s: p = %v, want %v", name, got, c.p)
		}
	}
}

// With ties and zeros the distribution is that of all signs of the very ranks.
func TestSignedRankIsThatOfAllSigns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 10; n++ {
		for range 20 {
			shifts := make([]float64, n)
			for i := range shifts {
				shifts[i] = float64(r.IntN(9) - 4)
			}
			off := func(signs int) float64 { // of the sum of signed ranks from zero
				sum := 0.0
				for i, shift := range shifts {
					rank := 0.5
					for _, other := range shifts {
						switch {
						case math.Abs(other) < math.Abs(shift):
							rank++
						case math.Abs(other) == math.Abs(shift):
							rank += 0.5
						}
					}
					switch {
					case shift == 0:
					case signs>>i&1 == 1:
						sum += rank
					default:
						sum -= rank
					}
				}
				return math.Abs(sum)
			}
			seen, asFar := 0, 0
			for i, shift := range shifts {
				if shift > 0 {
					seen |= 1 << i
				}
			}
			for signs := range 1 << n {
				if off(signs) >= off(seen) {
					asFar++
				}
			}
			if got, want := signedRank(shifts), float64(asFar)/float64(int(1)<<n); !near(got, want, 1e-12) {
				t.Errorf("%v: p = %v, want %v", shifts, got, want)
			}
		}
	}
}

// Critical values at 0.05 on two sides: Wilcoxon and Wilcox (1964), table 2.
func TestSignedRankCut(t *testing.T) {
	for n, want := range map[int]int{1: -1, 5: -1, 6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 20: 52, 25: 89, 30: 137, 50: 434} {
		if got := signedRankCut(n, 0.025); got != want {
			t.Errorf("%d values: %d, want %d", n, got, want)
		}
	}
	ranks := make([]int, 60)
	below, exact := 0.0, -1
	for i := range ranks {
		ranks[i] = i + 1
	}
	for _, chance := range signedSums(ranks) {
		if below += chance; below > 0.025 {
			break
		}
		exact++
	}
	if got := signedRankCut(60, 0.025); got < exact-1 || got > exact+1 {
		t.Errorf("60 values, normal: %d, exact: %d", got, exact)
	}
}

// Critical values at 0.05 on two sides: Milton (1964).
func TestRankSumCut(t *testing.T) {
	for sides, want := range map[[2]int]int{
		{1, 1}: -1, {3, 3}: -1, {2, 8}: 0, {3, 5}: 0, {4, 4}: 0, {5, 5}: 2, {5, 10}: 8, {6, 6}: 5, {7, 7}: 8, {8, 8}: 13, {9, 9}: 17, {10, 10}: 23, {15, 15}: 64, {20, 20}: 127,
	} {
		for _, cut := range []int{rankSumCut(sides[0], sides[1], 0.025), rankSumCut(sides[1], sides[0], 0.025)} {
			if cut != want {
				t.Errorf("%v values: %d, want %d", sides, cut, want)
			}
		}
	}
	if exact, normal := rankSumCut(50, 50, 0.025), rankSumCut(51, 50, 0.025); normal < exact || normal > exact+25 {
		t.Errorf("50 and 50 values: %d, 51 and 50: %d", exact, normal)
	}
}

// Manual of scipy.stats.mannwhitneyu.
func TestRankSum(t *testing.T) {
	if p := rankSum([]float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12}); !near(p, 1./9, 1e-12) {
		t.Errorf("p = %v", p)
	}
}

func TestLeastRankSum(t *testing.T) {
	for sides, want := range map[[2]int]float64{{1, 1}: 1, {3, 3}: 0.1, {4, 4}: 2. / 70, {3, 5}: 2. / 56, {2, 8}: 2. / 45, {2, 7}: 2. / 36} {
		if got := leastRankSum(sides[0], sides[1]); !near(got, want, 1e-12) {
			t.Errorf("%v values: %v, want %v", sides, got, want)
		}
	}
}

func TestOrderStatisticsAreThoseOfTheList(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	draw := func(n int) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Round(r.NormFloat64()*10) / 8
		}
		slices.Sort(values)
		return values
	}
	for n := 1; n < 12; n++ {
		a, b := draw(n), draw(12-n)
		var walsh, between, apart []float64
		for i, v := range a {
			for j, w := range a[i:] {
				walsh = append(walsh, v/2+w/2)
				if j > 0 {
					apart = append(apart, w-v)
				}
			}
			for _, w := range b {
				between = append(between, w-v)
			}
		}
		for i, v := range b {
			for _, w := range b[i+1:] {
				apart = append(apart, w-v)
			}
		}
		for what, c := range map[string]struct {
			list  []float64
			order ordered
		}{"averages": {walsh, averages(a)}, "differences": {between, differences(a, b)}, "distances": {apart, distances(a, b)}} {
			slices.Sort(c.list)
			if c.order.n != len(c.list) {
				t.Fatalf("%s: %d, want %d", what, c.order.n, len(c.list))
			}
			for k, want := range c.list {
				if got := c.order.at(k + 1); got != want {
					t.Errorf("%s of %v and %v: number %d is %v, want %v", what, a, b, k+1, got, want)
				}
			}
		}
	}
}

func TestHodgesLehmann(t *testing.T) {
	sorted := slices.Sorted(slices.Values(depression))
	walsh, cut := averages(sorted), signedRankCut(9, 0.025)
	got := fmt.Sprintf("%.3f %.3f %.3f", walsh.median(), walsh.at(cut+1), walsh.at(walsh.n-cut))
	if want := "-0.460 -0.786 -0.010"; got != want { // Hollander and Wolfe 1999, examples 3.3 and 3.4
		t.Errorf("depression scale: %s, want %s", got, want)
	}
	term := []float64{0.73, 0.80, 0.83, 1.04, 1.38, 1.45, 1.46, 1.64, 1.89, 1.91}
	early := []float64{0.74, 0.88, 0.90, 1.15, 1.21}
	between, cut := differences(term, early), rankSumCut(10, 5, 0.025)
	got = fmt.Sprintf("%.4f %.3f %.3f %.3f", rankSum(term, early), between.median(), between.at(cut+1), between.at(between.n-cut))
	if want := "0.2544 -0.305 -0.760 0.150"; got != want { // the same, examples 4.1, 4.3 and 4.4
		t.Errorf("permeability: %s, want %s", got, want)
	}
}
