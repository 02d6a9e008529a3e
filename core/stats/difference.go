package stats

import (
	"encoding/json"
	"math"
	"slices"
)

// Value is one repeat of what is compared.
type Value struct {
	Block int     // in which it was measured; negative: in none
	Value float64 // one that is NaN or infinite is no measurement and is left out
}

// Difference is how much two sides of repeats differ, and how sure that is.
type Difference struct {
	Paired bool // by the blocks that both sides have
	A, B   int  // values of each side that were compared; paired: blocks, both the same

	Effect     float64 // of B over A, as a share: 0.1 is 10 % more; NaN where a side has no value
	Low, High  float64 // its 95 % interval, with the effect in it; infinite where there are too few
	P          float64 // of the two-sided test that nothing differs; NaN where a side has no value
	Enough     bool    // enough repeats for p to come to 0.05
	Needed     int     // how many that takes: blocks, or values of each side
	Spread     float64 // of the log-ratios of blocks, or of the logarithms of each side; NaN of fewer than two
	Detectable float64 // the least share that so many repeats show in 80 %; NaN where not known

	linear bool // the spread is a share of A's median already, not a logarithm
}

// Compare compares two sides of repeats.
//
// Where most blocks of the side with fewer are the other's too, it compares
// within these blocks, so that what drifts from block to block cancels: the
// logarithm of B over A in each, of several values of a side in a block their
// mean logarithm. P is of the signed-rank test (Wilcoxon 1945), and the effect
// is the shift of Hodges and Lehmann (1963) with its exact interval. What was
// measured in other blocks is not looked at then.
//
// Otherwise the sides are independent. P is that of benchstat, of the test of
// Mann and Whitney (1947), and the effect as there the ratio of the medians. The
// interval is that of the shift of Hodges and Lehmann between logarithms, widened
// to the effect where the ratio of the medians lies outside.
//
// Zero and what is below has no logarithm. Where any value is so, all differences
// are plain ones, and effect and interval are shares of A's median: 0 where
// nothing differs, and infinite for what there is more of than none.
func Compare(a, b []Value) Difference { return compare(a, b, 1-Confidence) }

// compare compares, in blocks with an interval at one minus a level.
func compare(a, b []Value, level float64) Difference {
	a, b = measured(a), measured(b)
	s := scaleOf(a, b)
	if shifts := s.withinBlocks(a, b); shifts != nil {
		return s.paired(shifts, level)
	}
	return s.apart(numbers(a), numbers(b))
}

// DetectableWith returns the least share that n repeats would show in 80 %, of
// each side or blocks, if they spread as these: the smaller it is the less a
// difference can hide behind p over 0.05. It is NaN where n is not enough for a
// verdict or the spread is not known.
func (d Difference) DetectableWith(n int) float64 {
	if d.Paired {
		return d.detectable(blocksModel(n))
	}
	return d.detectable(sidesModel(n, n))
}

func (d Difference) detectable(m model) float64 {
	if d.linear {
		return d.Spread * m.shift
	}
	return math.Expm1(d.Spread * m.shift)
}

// Known reports whether there is an interval.
func (d Difference) Known() bool { return finite(d.Low) && finite(d.High) }

// MarshalJSON leaves out what is not known.
func (d Difference) MarshalJSON() ([]byte, error) {
	document := struct {
		Paired     bool     `json:"paired"`
		A          int      `json:"a"`
		B          int      `json:"b"`
		Effect     *float64 `json:"effect,omitempty"`
		Low        *float64 `json:"low,omitempty"`
		High       *float64 `json:"high,omitempty"`
		P          *float64 `json:"p,omitempty"`
		Enough     bool     `json:"enough"`
		Needed     int      `json:"needed"`
		Spread     *float64 `json:"spread,omitempty"`
		Detectable *float64 `json:"detectable,omitempty"`
	}{Paired: d.Paired, A: d.A, B: d.B, Effect: known(d.Effect), P: known(d.P), Enough: d.Enough, Needed: d.Needed, Spread: known(d.Spread), Detectable: known(d.Detectable)}
	if d.Known() {
		document.Low, document.High = &d.Low, &d.High
	}
	return json.Marshal(document)
}

func known(v float64) *float64 {
	if !finite(v) {
		return nil
	}
	return &v
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (s scale) paired(shifts []float64, level float64) Difference {
	n := len(shifts)
	slices.Sort(shifts)
	walsh := averages(shifts)
	d := Difference{Paired: true, A: n, B: n, Effect: s.share(walsh.median()), P: signedRank(shifts)}
	d.Needed, d.Enough = FewestBlocks, n >= FewestBlocks
	d.Low, d.High = s.interval(walsh, signedRankCut(n, level/2))
	return s.withPower(d, blocksModel(n), shifts)
}

func (s scale) apart(a, b []float64) Difference {
	nan := math.NaN()
	d := Difference{A: len(a), B: len(b), Effect: nan, Low: math.Inf(-1), High: math.Inf(1), P: nan, Needed: FewestEach, Spread: nan, Detectable: nan}
	if len(a) == 0 || len(b) == 0 {
		return d
	}
	slices.Sort(a)
	slices.Sort(b)
	d.P, d.Enough = rankSum(a, b), leastRankSum(len(a), len(b)) <= 1-Confidence
	before, after := Summarize(a).Value, Summarize(b).Value
	d.Effect = (after - before) / math.Abs(before)
	if after == before {
		d.Effect = 0
	}
	a, b = s.each(a), s.each(b)
	m := sidesModel(len(a), len(b))
	d.Low, d.High = s.interval(differences(a, b), m.cut)
	d.Low, d.High = min(d.Low, d.Effect), max(d.High, d.Effect)
	return s.withPower(d, m, a, b)
}

// withPower adds the spread of sorted values, and what can be seen through it.
func (s scale) withPower(d Difference, m model, groups ...[]float64) Difference {
	d.linear = !s.logarithmic
	d.Spread = rawSpread(groups...) / m.spread
	if d.linear {
		d.Spread /= s.base
	}
	d.Detectable = d.detectable(m)
	return d
}
