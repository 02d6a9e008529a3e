// Package stats computes what repeats say: medians with their intervals, differences,
// what they could have shown, and where a series changes. It knows numbers only, not
// what was measured. docs/statistics.md explains each.
package stats

import (
	"encoding/json"
	"math"

	"golang.org/x/perf/benchmath"
)

// Confidence is the level of intervals.
const Confidence = 0.95

// Enough is how many repeats an interval at that level needs. The whole range
// of Fewest covers the median in only RangeConfidence of cases, which is shown
// with a warning; fewer have no interval.
const (
	Enough = 6
	Fewest = 5
)

// RangeConfidence is how often the range of Fewest values covers the median:
// unless all of them fall on one side of it.
var RangeConfidence = 1 - math.Pow(2, 1-Fewest)

// Estimate is the median of repeats with its confidence interval.
type Estimate struct {
	Value     float64
	Low, High float64 // infinite where there are too few repeats
	N         int     // repeats; 0: there is no estimate
}

// Known reports whether there is an interval.
func (e Estimate) Known() bool { return !math.IsInf(e.Low, 0) && !math.IsInf(e.High, 0) }

// Spread returns the larger half of the interval as a share of the value.
func (e Estimate) Spread() float64 { return max(e.Value-e.Low, e.High-e.Value) / e.Value }

// wide is the spread above which a share of the value tells less than the ends of
// the interval do, of which the lower is never below zero.
const wide = 0.5

// Wide reports whether the interval is to be given by its ends.
func (e Estimate) Wide() bool { return e.Known() && e.Spread() > wide }

// MarshalJSON writes the interval where it is known.
func (e Estimate) MarshalJSON() ([]byte, error) {
	document := struct {
		Value float64  `json:"value"`
		Low   *float64 `json:"low,omitempty"`
		High  *float64 `json:"high,omitempty"`
		N     int      `json:"n"`
	}{Value: e.Value, N: e.N}
	if e.Known() {
		document.Low, document.High = &e.Low, &e.High
	}
	return json.Marshal(document)
}

// Carries reports whether so many values carry a percentile: at least one of them
// lies beyond it. Else it is no more than the greatest of them.
func Carries(values int64, percent float64) bool {
	const rounding = 1e-6
	return float64(values)*(100-percent) >= 100-rounding
}

// Summarize estimates the median of repeats. The interval comes from order
// statistics and assumes nothing of the distribution (benchmath.AssumeNothing).
func Summarize(values []float64) Estimate {
	if len(values) == 0 {
		return Estimate{}
	}
	level := Confidence
	if len(values) == Fewest {
		level = RangeConfidence
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(values, &benchmath.DefaultThresholds), level)
	return Estimate{Value: s.Center, Low: s.Lo, High: s.Hi, N: len(values)}
}
