package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Looks is a plan to compare by blocks while blocks are added, and to stop when it
// is decided. Looking often makes chance a difference more often; so each look
// asks for more, by the same Level (Pocock 1977): as much as keeps the chance that
// any look finds a difference where none is at 5 %. The intervals of all looks
// cover the truth together in 95 % (Jennison and Turnbull 1984), so that a decision
// for either side may rest on them.
//
// The signs and ranks of shifts that are symmetric about zero have one joint
// distribution, whatever that of the shifts (Hájek and Šidák 1967). So the level is
// found by simulation, the same for all that is compared.
type Looks struct {
	At    []int   // numbers of blocks after which to look, ascending
	Level float64 // that p must come down to; the intervals are at one minus it
}

// Decision is what a look comes to.
type Decision int

// Decisions.
const (
	Undecided Decision = iota
	Different          // p is at most the level
	Equal              // the interval lies within the margin
)

const (
	firstLook = 8   // with fewer blocks p does not come down to the level of several looks
	mostLooks = 200 // blocks; the simulation takes the square of it
	paths     = 20000
)

// PlanLooks plans looks at comparisons of up to so many blocks: first at 8, then
// whenever a third more has come, and at the last.
func PlanLooks(most int) (Looks, error) {
	if most < FewestBlocks || most > mostLooks {
		return Looks{}, fmt.Errorf("%d blocks cannot be planned for: give from %d, which a verdict takes, to %d", most, FewestBlocks, mostLooks)
	}
	var at []int
	for n := firstLook; n < most; n += max(2, n/3) {
		at = append(at, n)
	}
	at = append(at, most)
	return Looks{at, levelOf(at)}, nil
}

// Decide looks at two sides, whose interval is returned at the level of the plan.
// A margin of 0.05 is 5 % more or less. It is undecided where the blocks that both
// sides have are not as many as at a planned look.
func (l Looks) Decide(a, b []Value, margin float64) (Difference, Decision) {
	d := compare(a, b, l.Level)
	switch {
	case !d.Paired || !slices.Contains(l.At, d.A):
		return d, Undecided
	case d.P <= l.Level:
		return d, Different
	case -margin <= d.Low && d.High <= margin:
		return d, Equal
	default:
		return d, Undecided
	}
}

// levelOf returns the greatest level at which chance is a difference at any of the
// looks in less than 5 % of simulated comparisons, by three standard errors of
// their number.
func levelOf(at []int) float64 {
	const alpha = 1 - Confidence
	least := leastPs(at)
	slices.Sort(least)
	within := int((alpha - 3*math.Sqrt(alpha*(1-alpha)/paths)) * paths)
	for within > 0 && least[within-1] == least[within] {
		within-- // a level takes all or none of those that are equal
	}
	if within == 0 {
		return 0
	}
	return least[within-1]
}

// leastPs returns for many comparisons of what does not differ the least p of all
// looks at it.
func leastPs(at []int) []float64 {
	noise := rand.New(rand.NewPCG(1977, 1984))
	ps := make([]func(sum int) float64, len(at))
	for i, n := range at {
		ps[i] = untiedP(n)
	}
	least, shifts := make([]float64, paths), make([]float64, at[len(at)-1])
	for path := range least {
		sum, look, p := 0, 0, 1.0
		for i := range shifts {
			shifts[i] = noise.NormFloat64()
			for _, earlier := range shifts[:i+1] {
				if earlier+shifts[i] > 0 { // so many averages above zero are the sum of ranks
					sum++
				}
			}
			if i+1 == at[look] {
				p = min(p, ps[look](sum))
				look++
			}
		}
		least[path] = p
	}
	return least
}

// untiedP returns the two-sided p of a sum of ranks of n shifts that all differ.
func untiedP(n int) func(sum int) float64 {
	total, ranks := n*(n+1)/2, make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	if n > exactRanks {
		deviation := math.Sqrt(float64(n*(n+1)*(2*n+1)) / 24)
		return func(sum int) float64 {
			return normalP(math.Abs(float64(total)/2-float64(sum))-0.5, deviation)
		}
	}
	p := exactP(ranks)
	return func(sum int) float64 { return p[min(sum, total-sum)] }
}
