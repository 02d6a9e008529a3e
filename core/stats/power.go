package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	moremath "github.com/aclements/go-moremath/stats"
)

// Power is how often a difference that is called detectable is shown.
const Power = 0.8

// DetectableInBlocks returns the least share that so many blocks show in 80 % at
// 0.05 where the log-ratios within blocks spread by so much, for a plan that has
// not run. It is NaN of too few blocks.
func DetectableInBlocks(spread float64, blocks int) float64 {
	return math.Expm1(spread * blocksModel(blocks).shift)
}

// DetectableApart is the same for two independent sides of so many values, whose
// logarithms spread by so much.
func DetectableApart(spread float64, each int) float64 {
	return math.Expm1(spread * sidesModel(each, each).shift)
}

// Spread returns by how much the logarithms of repeats of one thing spread, in the
// unit of a standard deviation: 0.05 is about 5 %. It comes from the median
// distance between any two of them (Shamos 1976), which a few outliers do not move,
// and is that of normal noise. The log-ratio of two such sides spreads by the square
// root of two times it, or by less where blocks have something in common. It is NaN
// of fewer than two values and where one is not above zero.
func Spread(values []float64) float64 {
	logs := scale{logarithmic: true}.each(values)
	if slices.ContainsFunc(logs, func(v float64) bool { return !finite(v) }) {
		return math.NaN()
	}
	slices.Sort(logs)
	return rawSpread(logs) / blocksModel(len(logs)).spread
}

// rawSpread returns the median distance between two values of the same group.
// Where more than half of them are none it returns the deviation of a normal
// distribution in that unit.
func rawSpread(groups ...[]float64) float64 {
	between := distances(groups...)
	if between.n == 0 {
		return math.NaN()
	}
	if median := between.median(); median > 0 {
		return median
	}
	squares, freedom := 0.0, 0.0
	for _, g := range groups {
		squares += float64(len(g)-1) * moremath.Variance(g)
		freedom += float64(len(g) - 1)
	}
	return math.Sqrt(squares/freedom) * normalDistance
}

// normalDistance is the median distance between two values of normal noise of
// deviation one: their difference has the root of two of it.
var normalDistance = math.Sqrt2 * moremath.StdNormal.InvCDF(0.75)

// model is what so many repeats of normal noise of deviation one come to.
type model struct {
	cut    int     // shifts outside the interval on each side; negative: there is none
	shift  float64 // that the test shows in 80 %; NaN of too few
	spread float64 // their median distance, on average
}

// models holds those that were computed: of a number of repeats it is always the same.
var models sync.Map

// blocksModel returns that of the signed-rank test.
func blocksModel(n int) model {
	return modelOf(n, 0, func() model {
		m := model{cut: signedRankCut(n, (1-Confidence)/2)}
		if n > mostSimulated {
			return m.many(n, 1, 1/float64(n))
		}
		return m.simulated(n, 0, func(groups [][]float64) ordered { return averages(groups[0]) })
	})
}

// sidesModel returns that of the rank-sum test.
func sidesModel(a, b int) model {
	return modelOf(a, b, func() model {
		m := model{cut: rankSumCut(a, b, (1-Confidence)/2)}
		if max(a, b) > mostSimulated {
			return m.many(a+b, 2, 1/float64(a)+1/float64(b))
		}
		return m.simulated(a, b, func(groups [][]float64) ordered { return differences(groups[0], groups[1]) })
	})
}

func modelOf(a, b int, computed func() model) model {
	if min(a, b) < 0 || a == 0 {
		return model{-1, math.NaN(), math.NaN()}
	}
	if had, ok := models.Load([2]int{a, b}); ok {
		return had.(model)
	}
	m := computed()
	if m.cut < 0 {
		m.shift = math.NaN()
	}
	models.Store([2]int{a, b}, m)
	return m
}

const (
	mostSimulated = 20   // values; of more the steps of the tests' distributions are fine enough
	simulations   = 2000 // of each number of repeats: the shift is sure to 2 %
)

// many fills in what many values in so many groups come to, of which the shift has
// so great a variance: the shift is what a t-test takes, by the efficiency of ranks
// under normal noise, which is 3/π (Hodges and Lehmann 1956). The distance is greater
// than that of very many by what the simulated ones of fewer are.
func (m model) many(values, groups int, variance float64) model {
	freedom := float64(values - groups)
	m.shift = (student(freedom, (1+Confidence)/2) + student(freedom, Power)) * math.Sqrt(math.Pi/3*variance)
	m.spread = normalDistance * (1 + 0.5/float64(values))
	return m
}

// simulated fills in what simulated samples come to. A shift is shown when the lower
// end of its interval is above zero, so the least one is found without trying any:
// from how far below the truth the lower end lies in 80 %.
func (m model) simulated(a, b int, shifts func(groups [][]float64) ordered) model {
	noise := rand.New(rand.NewPCG(uint64(a), uint64(b)))
	groups, ends := [][]float64{make([]float64, a), make([]float64, b)}, make([]float64, simulations)
	for i := range ends {
		for _, g := range groups {
			for j := range g {
				g[j] = noise.NormFloat64()
			}
			slices.Sort(g)
		}
		m.spread += rawSpread(groups...) / simulations
		if m.cut >= 0 {
			ends[i] = -shifts(groups).at(m.cut + 1)
		}
	}
	m.shift = percentile(ends, Power)
	return m
}

// percentile sorts values and returns the one that a share of them is not above.
func percentile(values []float64, share float64) float64 {
	slices.Sort(values)
	return values[max(0, int(math.Ceil(share*float64(len(values))))-1)]
}
