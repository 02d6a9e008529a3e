package stats

import (
	"math"

	moremath "github.com/aclements/go-moremath/stats"
)

// alike is how far levels may be from each other for what settles at one of them.
const alike = 0.05

// Settling is where a series comes to the level that it keeps to its end.
type Settling struct {
	From  int     // index of the first value from which on
	Level float64 // the mean from there on
	Mean  float64 // of all of the series
}

// Settle returns where a series settles, by its changes: at the first of the last
// levels that are within 5 % of the very last. A series without a change has been
// at its level from its beginning.
func Settle(series []float64) Settling {
	s := Settling{Mean: moremath.Mean(series)}
	levels := newLevels(series)
	levels.dependence = 1 // a slope, which is what is looked for, is values that are like the last
	changes := levels.find(1 - Confidence)
	for i := len(changes) - 1; i >= 0; i-- {
		if last := changes[len(changes)-1].After; math.Abs(changes[i].Before-last) > alike*math.Abs(last) {
			s.From = changes[i].At
			break
		}
	}
	s.Level = moremath.Mean(series[s.From:])
	return s
}

// Rising reports whether a series began so far below the level at which it settled
// that its mean is clearly too low: what was measured had not warmed up.
func (s Settling) Rising() bool { return s.From > 0 && s.Level > (1+alike)*s.Mean }
