package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noise makes what repeated runs come to: values about one that are log-normal with
// some outliers, on a machine that may drift.
type noise struct {
	*rand.Rand
	spread float64 // standard deviation of logarithms
	kept   float64 // share of what a value was off that the next one keeps
	walk   float64 // how far the machine drifts from block to block, in the same unit
	odd    float64 // share of values that are up to twice as great
}

func newNoise(seed uint64) *noise {
	return &noise{Rand: rand.New(rand.NewPCG(seed, 5)), spread: 0.05, odd: 0.02}
}

func (n *noise) values(count int, level float64) []float64 {
	values, off := make([]float64, count), n.NormFloat64()
	for i := range values {
		values[i] = level * math.Exp(n.spread*off+n.oddity())
		off = n.kept*off + math.Sqrt(1-n.kept*n.kept)*n.NormFloat64()
	}
	return values
}

func (n *noise) oddity() float64 {
	if n.Float64() >= n.odd {
		return 0
	}
	return n.Float64() * math.Ln2
}

// sides measures two sides beside each other in so many blocks, between which the
// machine drifts.
func (n *noise) sides(blocks int, factor float64) (a, b []Value) {
	machine := 0.0
	for block := range blocks {
		machine += n.walk * n.NormFloat64()
		level := math.Exp(machine)
		a = append(a, Value{block, n.values(1, level)[0]})
		b = append(b, Value{block, n.values(1, level*factor)[0]})
	}
	return a, b
}

// unblocked takes the blocks away.
func unblocked(values []Value) []Value { return blockless(numbers(values)...) }

// found returns the share of trials in which a comparison in blocks reports a
// difference, and one without blocks.
func (n *noise) found(trials, blocks int, factor float64) (paired, apart float64) {
	return n.foundInBlocks(trials, blocks, factor), n.foundApart(trials, blocks, factor)
}

func (n *noise) foundInBlocks(trials, blocks int, factor float64) (share float64) {
	for range trials {
		if d := Compare(n.sides(blocks, factor)); d.P <= 0.05 {
			share += 1 / float64(trials)
		}
	}
	return share
}

func (n *noise) foundApart(trials, repeats int, factor float64) (share float64) {
	for range trials {
		a, b := n.sides(repeats, factor)
		if d := Compare(unblocked(a), unblocked(b)); d.P <= 0.05 {
			share += 1 / float64(trials)
		}
	}
	return share
}

func TestLikeSamplesSeldomDiffer(t *testing.T) {
	const trials = 2000 // of which chance makes 5 % within half a percent
	for name, change := range map[string]func(*noise){
		"steady": func(*noise) {}, "outliers": func(n *noise) { n.odd = 0.1 }, "drift": func(n *noise) { n.walk = 0.05 },
	} {
		for _, repeats := range []int{6, 10} {
			n := newNoise(11)
			change(n)
			paired, apart := n.found(trials, repeats, 1)
			t.Logf("%s, %d repeats: in blocks %.1f %%, apart %.1f %% of %d differ", name, repeats, 100*paired, 100*apart, trials)
			if paired > 0.065 || apart > 0.065 {
				t.Errorf("%s, %d repeats: more than 6.5 %%", name, repeats)
			}
		}
	}
}

// The log-ratios within blocks spread by 5 %.
func TestASlowdownOfATenthIsFoundInTenRepeats(t *testing.T) {
	cases := map[string]struct {
		walk, odd float64
		least     float64
	}{
		"steady":             {0, 0, 0.9},
		"drift":              {0.05, 0, 0.9},
		"drift and outliers": {0.05, 0.02, 0.8}, // one in the wrong direction is enough to hide it
	}
	for name, c := range cases {
		n := newNoise(12)
		n.spread, n.walk, n.odd = n.spread/math.Sqrt2, c.walk, c.odd
		paired, apart := n.found(400, 10, 1/1.1)
		t.Logf("%s: in blocks found in %.1f %%, apart in %.1f %% of 400", name, 100*paired, 100*apart)
		if paired < c.least {
			t.Errorf("%s: less than %v", name, c.least)
		}
	}
}

func TestBlocksTakeFewerRepeatsOnAMachineThatDrifts(t *testing.T) {
	needed := map[bool]int{} // by whether in blocks
	for repeats := 6; repeats <= 50 && len(needed) < 2; repeats += 2 {
		n := newNoise(13)
		n.walk = 0.05
		paired, apart := n.found(200, repeats, 1.1)
		for inBlocks, share := range map[bool]float64{true: paired, false: apart} {
			if _, had := needed[inBlocks]; !had && share >= 0.9 {
				needed[inBlocks] = repeats
			}
		}
	}
	t.Logf("10 %% are found in 90 %% with %d repeats in blocks, %d apart", needed[true], needed[false])
	if needed[true] == 0 || needed[true] >= needed[false] {
		t.Errorf("%d repeats in blocks, %d apart (0: more than 50)", needed[true], needed[false])
	}
}

// The interval covers the truth in 95 %, whatever the noise.
func TestIntervalsCoverTheTruth(t *testing.T) {
	const trials, truth = 1000, 0.2
	for _, blocks := range []int{6, 12, 60} {
		n, covered, coveredApart := newNoise(14), 0, 0
		for range trials {
			a, b := n.sides(blocks, 1+truth)
			if d := Compare(a, b); d.Low <= truth && truth <= d.High {
				covered++
			}
			if d := Compare(unblocked(a), unblocked(b)); d.Low <= truth && truth <= d.High {
				coveredApart++
			}
		}
		t.Logf("%d repeats: the interval covers the truth in %.1f %% in blocks, in %.1f %% apart", blocks, 100*float64(covered)/trials, 100*float64(coveredApart)/trials)
		if covered < 935*trials/1000 || coveredApart < 935*trials/1000 {
			t.Errorf("%d repeats: less than 93.5 %%", blocks)
		}
	}
}
