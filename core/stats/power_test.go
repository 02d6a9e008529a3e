package stats

import (
	"math"
	"testing"

	moremath "github.com/aclements/go-moremath/stats"
)

// With six blocks a shift is shown when all six log-ratios have its sign, and that
// has a closed form.
func TestSixBlocksHaveAClosedForm(t *testing.T) {
	want := moremath.StdNormal.InvCDF(math.Pow(0.8, 1./6))
	if got := blocksModel(6).shift; !near(got, want, 0.015) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What is called detectable is shown in 80 %, tried on fresh noise whose spread is
// known; and nearly so where it is known from many runs with outliers.
func TestWhatIsDetectableIsShownIn80Percent(t *testing.T) {
	const trials = 1000
	for name, odd := range map[string]float64{"normal": 0, "outliers": 0.05} {
		n := newNoise(21)
		n.odd = odd
		a, b := n.sides(1000, 1)
		ratios, sides := Compare(a, b).Spread, Compare(unblocked(a), unblocked(b)).Spread
		for _, repeats := range []int{6, 8, 12, 20, 21} {
			paired := n.foundInBlocks(trials, repeats, 1+DetectableInBlocks(ratios, repeats))
			apart := n.foundApart(trials, repeats, 1+DetectableApart(sides, repeats))
			t.Logf("%d repeats, %s: in blocks %.1f %%, apart %.1f %%", repeats, name, 100*paired, 100*apart)
			least, most := 0.76, 0.84
			if odd > 0 {
				least, most = 0.68, 0.86
			}
			for _, share := range []float64{paired, apart} {
				if share < least || share > most {
					t.Errorf("%d repeats, %s: %.3f, want from %v to %v", repeats, name, share, least, most)
				}
			}
		}
	}
}

func TestSpreadIsThatOfTheNoise(t *testing.T) {
	const trials = 500
	for _, repeats := range []int{2, 3, 6, 12, 21} {
		for name, odd := range map[string]float64{"normal": 0, "outliers": 0.05} {
			n := newNoise(22)
			n.odd = odd
			one, blocks, sides, deviation := 0.0, 0.0, 0.0, 0.0
			for range trials {
				a, b := n.sides(repeats, 1.3)
				one += Spread(numbers(a)) / trials
				blocks += Compare(a, b).Spread / math.Sqrt2 / trials
				sides += Compare(unblocked(a), unblocked(b)).Spread / trials
				deviation += moremath.StdDev(scale{logarithmic: true}.each(numbers(a))) / trials
			}
			t.Logf("%d repeats, %s: %.4f of one side, %.4f of blocks, %.4f of two sides; standard deviation %.4f", repeats, name, one, blocks, sides, deviation)
			for _, got := range []float64{one, blocks, sides} {
				if odd == 0 && !near(got, n.spread, 0.1) {
					t.Errorf("%d repeats: %v, want %v", repeats, got, n.spread)
				}
				if odd > 0 && repeats >= 6 && got > deviation {
					t.Errorf("%d repeats with outliers: %v, the standard deviation is %v", repeats, got, deviation)
				}
			}
		}
	}
	for name, values := range map[string][]float64{"none": nil, "one": {1}, "zero": {1, 0}, "not a number": {1, math.NaN()}} {
		if got := Spread(values); !math.IsNaN(got) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := Spread([]float64{1, 1, 1, 1, 1, math.E}); math.Abs(got-math.Sqrt(1./6)) > 0.1 {
		t.Errorf("all but one alike: %v", got)
	}
}

func TestMoreRepeatsShowLess(t *testing.T) {
	a, b := newNoise(23).sides(6, 1)
	for name, d := range map[string]Difference{"in blocks": Compare(a, b), "apart": Compare(unblocked(a), unblocked(b))} {
		if d.DetectableWith(6) != d.Detectable {
			t.Errorf("%s: with as many it is %v, not %v", name, d.DetectableWith(6), d.Detectable)
		}
		least := math.Inf(1)
		for _, repeats := range []int{6, 8, 12, 20, 21, 100, 1000} {
			got := d.DetectableWith(repeats)
			if got >= least {
				t.Errorf("%s: %d repeats show %v, fewer %v", name, repeats, got, least)
			}
			least = got
		}
		for _, repeats := range []int{-1, 0, 1, 3} {
			if got := d.DetectableWith(repeats); !math.IsNaN(got) {
				t.Errorf("%s: %d repeats show %v", name, repeats, got)
			}
		}
	}
	counts := Compare(inBlocks(0, 0, 4, 5, 6, 5, 7, 3), inBlocks(0, 1, 4, 6, 5, 5, 8, 3))
	if got := counts.DetectableWith(7); !(got > 0 && got < 1) || got != counts.Detectable {
		t.Errorf("plain differences: %v", got)
	}
}
