package stats

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/aclements/go-moremath/mathx"
	moremath "github.com/aclements/go-moremath/stats"
)

// Change is a place in a series where its level changes.
type Change struct {
	At            int     // index of the first value of the new level
	Before, After float64 // the levels: geometric means from change to change; arithmetic ones where a value is not above zero
	Effect        float64 // of the new level over the former, as a share
	Low, High     float64 // its 95 % interval
	P             float64 // corrected for the places at which the series could have changed
}

// MarshalJSON leaves out what is infinite: the effect of a level that was zero.
func (c Change) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		At     int      `json:"at"`
		Before float64  `json:"before"`
		After  float64  `json:"after"`
		Effect *float64 `json:"effect,omitempty"`
		Low    *float64 `json:"low,omitempty"`
		High   *float64 `json:"high,omitempty"`
		P      float64  `json:"p"`
	}{c.At, c.Before, c.After, known(c.Effect), known(c.Low), known(c.High), c.P})
}

// FewestForChanges is how many values a series needs for a change in it to be found.
const FewestForChanges = 2 * shortestLevel

const (
	shortestLevel = 4    // values
	weak          = 0.05 // p of a split that is followed further
	sureChange    = 0.01 // p of a change
)

// Changes returns where the level of a series changes, in order.
//
// It splits the series where its beginning is farthest, in energy, from a stretch that
// follows, and both parts again (E-divisive; Matteson and James 2014). Whether a split
// is a change a t-test between the levels on both sides decides, in the place of
// permutations (Fleming et al. 2023): it has no chance in it, and works on levels of
// a few values. As there, splits that are weak are followed too, and joined again in
// the end, the weakest first.
//
// What is done besides: the test is on logarithms, outliers are brought near their
// level, p is multiplied by the number of places (Bonferroni), and values count for
// fewer where each is like the one before. A change is one at 0.01. Values that are
// NaN or infinite are left out. It takes the square of the values in time: 10 ms for
// 1,000.
func Changes(series []float64) []Change { return newLevels(series).find(sureChange) }

// levels is a series that is cut where its level may change.
type levels struct {
	scale      scale
	values     []float64 // on the scale
	index      []int     // of each in the series
	cuts       []int     // first values of new levels, ascending
	step       float64   // the median difference from a value to the next
	dependence float64   // how many values count for one
}

// great is how many median steps a value may be off before it is an outlier: nearly
// four standard deviations of normal noise.
const great = 4

func newLevels(series []float64) *levels {
	l := &levels{scale: scale{logarithmic: true}}
	for i, v := range series {
		if finite(v) {
			l.values, l.index = append(l.values, v), append(l.index, i)
			l.scale.logarithmic = l.scale.logarithmic && v > 0
		}
	}
	l.values = l.scale.each(l.values)
	if len(l.values) >= 2*shortestLevel {
		l.look()
	}
	return l
}

// look finds how much values differ from the next, and whether they keep a share of
// what they are off: by it the squares of the differences over two are greater than
// those over one. Great differences are cut down, so that changes, slopes and outliers
// are not taken for it, or left out if that makes it less: in a short series a change is
// in two differences of two and only in one of one, however far it is cut down.
func (l *levels) look() {
	overOne, overTwo := l.steps(1), l.steps(2)
	slices.Sort(overOne)
	l.step, l.dependence = overOne[len(overOne)/2], 1
	if l.step == 0 {
		return
	}
	cut := square(l.cutDown(overTwo)) / square(l.cutDown(overOne))
	without := square(l.withoutGreat(overTwo)) / square(l.withoutGreat(overOne))
	kept := min(max(0, min(cut, without)-1), 0.9)
	l.dependence = (1 + kept) / (1 - kept)
}

func (l *levels) cutDown(steps []float64) []float64 {
	cut := slices.Clone(steps)
	for i, step := range cut {
		cut[i] = min(step, great*l.step)
	}
	return cut
}

func (l *levels) withoutGreat(steps []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(steps), func(step float64) bool { return step > great*l.step })
}

// square is the mean square of steps, or 0 of none.
func square(steps []float64) float64 {
	sum := 0.0
	for _, step := range steps {
		sum += step * step
	}
	return sum / float64(max(len(steps), 1))
}

// steps returns how far values are from those so many later.
func (l *levels) steps(over int) []float64 {
	steps := make([]float64, len(l.values)-over)
	for i := range steps {
		steps[i] = math.Abs(l.values[i+over] - l.values[i])
	}
	return steps
}

// find returns the changes whose p is at most so great.
func (l *levels) find(sure float64) []Change {
	if len(l.values) < 2*shortestLevel {
		return nil
	}
	l.split(0, len(l.values))
	l.join(sure)
	l.settle()
	l.join(sure)
	return l.changes()
}

// split cuts a stretch where its beginning is farthest from what follows, and both
// parts again.
func (l *levels) split(from, to int) {
	at, until, ok := l.farthest(from, to)
	if !ok || l.test(from, at, until).p > weak {
		return
	}
	l.split(from, at)
	l.cuts = append(l.cuts, at)
	l.split(at, to)
}

// farthest returns the places in a stretch between which values are farthest, in
// energy, from those before them.
func (l *levels) farthest(from, to int) (at, until int, ok bool) {
	values := l.values[from:to]
	n := len(values)
	if n < 2*shortestLevel {
		return 0, 0, false
	}
	// Sums of distances, of the parts that a cut makes: among those before it,
	// across it, and among those after it.
	before, across, after := make([]float64, n), make([]float64, n), make([]float64, n)
	greatest := math.Inf(-1)
	for last, v := range values {
		toAll := 0.0
		for _, earlier := range values[:last] {
			toAll += math.Abs(v - earlier)
		}
		toBefore := 0.0
		for cut, earlier := range values[:last] {
			across[cut] += toBefore
			after[cut] += toAll - toBefore
			a, b := float64(cut), float64(last+1-cut)
			if cut >= shortestLevel && b >= shortestLevel {
				energy := a * b / (a + b) * (2*across[cut]/(a*b) - before[cut]/(a*(a-1)/2) - after[cut]/(b*(b-1)/2))
				if energy > greatest {
					at, until, greatest = from+cut, from+last+1, energy
				}
			}
			toBefore += math.Abs(v - earlier)
		}
		across[last] = toAll
		if last+1 < n {
			before[last+1] = before[last] + toAll
		}
	}
	return at, until, true
}

// join takes cuts away, the weakest first, until all that are left are changes.
func (l *levels) join(sure float64) {
	tests := make([]tested, len(l.cuts))
	for i := range l.cuts {
		tests[i] = l.testCut(i)
	}
	for len(l.cuts) > 0 {
		weakest := 0
		for i, t := range tests {
			if t.p >= tests[weakest].p {
				weakest = i
			}
		}
		if tests[weakest].p <= sure {
			return
		}
		l.cuts, tests = slices.Delete(l.cuts, weakest, weakest+1), slices.Delete(tests, weakest, weakest+1)
		for i := max(0, weakest-1); i < min(weakest+1, len(l.cuts)); i++ {
			tests[i] = l.testCut(i)
		}
	}
}

// settle moves each cut to where the parts between its neighbours are farthest apart.
func (l *levels) settle() {
	for i := range l.cuts {
		from, to := l.around(i)
		if at, _, ok := l.farthest(from, to); ok {
			l.cuts[i] = at
		}
	}
}

// around returns where the levels on both sides of a cut begin and end.
func (l *levels) around(cut int) (from, to int) {
	to = len(l.values)
	if cut > 0 {
		from = l.cuts[cut-1]
	}
	if cut+1 < len(l.cuts) {
		to = l.cuts[cut+1]
	}
	return from, to
}

// tested is what a t-test between two levels came to.
type tested struct {
	before, after      float64
	deviation, freedom float64 // of their difference
	p                  float64
}

// testCut tests a cut, with p for any of the places where it could be.
func (l *levels) testCut(cut int) tested {
	from, to := l.around(cut)
	t := l.test(from, l.cuts[cut], to)
	t.p = min(1, t.p*float64(len(l.values)-2*shortestLevel+1))
	return t
}

// test compares the two levels of a stretch by Student's test.
func (l *levels) test(from, at, to int) tested {
	a, b := float64(at-from), float64(to-at)
	first, second := slices.Sorted(slices.Values(l.values[from:at])), slices.Sorted(slices.Values(l.values[at:to]))
	before, squaresBefore := l.level(first, second[len(second)/2])
	after, squaresAfter := l.level(second, first[len(first)/2])
	freedom := max(1, (a+b)/l.dependence-2)
	variance := (squaresBefore + squaresAfter) / (a + b - 2)
	deviation := math.Sqrt(variance * l.dependence * (1/a + 1/b))
	t := tested{before, after, deviation, freedom, 1}
	const rounding = 1e-9
	if shift := after - before; math.Abs(shift) > rounding*max(math.Abs(before), math.Abs(after)) {
		t.p = mathx.BetaInc(freedom/(freedom+shift*shift/deviation/deviation), freedom/2, 0.5)
	}
	return t
}

// level returns the mean of sorted values and the sum of the squares about it, with
// outliers brought near their middle. Of an even number the middle is as near to the
// other level as it may be, so that two outliers of four are no level.
func (l *levels) level(sorted []float64, other float64) (mean, squares float64) {
	lower, upper := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	middle, most := min(max(other, lower), upper), great*l.step
	if most == 0 {
		most = math.Inf(1)
	}
	near := make([]float64, len(sorted))
	for i, v := range sorted {
		near[i] = min(max(v, middle-most), middle+most)
	}
	mean = moremath.Mean(near)
	for _, v := range near {
		squares += (v - mean) * (v - mean)
	}
	return mean, squares
}

func (l *levels) changes() []Change {
	var changes []Change
	for i, at := range l.cuts {
		t, s := l.testCut(i), l.scale
		before, after := s.unscaled(t.before), s.unscaled(t.after)
		s.base = math.Abs(before)
		shift, half := t.after-t.before, t.deviation*student(t.freedom, (1+Confidence)/2)
		changes = append(changes, Change{At: l.index[at], Before: before, After: after,
			Effect: s.share(shift), Low: s.share(shift - half), High: s.share(shift + half), P: t.p})
	}
	return changes
}
