package stats

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"golang.org/x/perf/benchmath"
)

// inBlocks puts each value in a block of its own, from a first one on.
func inBlocks(first int, values ...float64) []Value {
	list := make([]Value, len(values))
	for i, v := range values {
		list[i] = Value{first + i, v}
	}
	return list
}

// blockless puts values in no block.
func blockless(values ...float64) []Value {
	list := inBlocks(0, values...)
	for i := range list {
		list[i].Block = -1
	}
	return list
}

// text is a difference to compare with, with four digits.
func text(t *testing.T, d Difference) string {
	t.Helper()
	round := func(v float64) float64 { return math.Round(v*1e4) / 1e4 }
	d.Effect, d.Low, d.High, d.P, d.Spread, d.Detectable = round(d.Effect), round(d.Low), round(d.High), round(d.P), round(d.Spread), round(d.Detectable)
	document, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}

func TestCompare(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	a := []float64{100, 110, 120, 130, 140, 150}
	times := func(factor ...float64) []float64 {
		b := slices.Clone(a)
		for i := range b {
			b[i] *= factor[i%len(factor)]
		}
		return b
	}
	cases := map[string]struct {
		a, b []Value
		want string
	}{
		"nothing":        {nil, nil, `{"paired":false,"a":0,"b":0,"enough":false,"needed":4}`},
		"one side":       {inBlocks(0, 1, 2), nil, `{"paired":false,"a":2,"b":0,"enough":false,"needed":4}`},
		"blocks":         {inBlocks(0, a...), inBlocks(0, times(1.1, 1.2)...), `{"paired":true,"a":6,"b":6,"effect":0.1489,"low":0.1,"high":0.2,"p":0.0313,"enough":true,"needed":6,"spread":0.0838,"detectable":0.1603}`},
		"five blocks":    {inBlocks(0, a[:5]...), inBlocks(0, times(1.1, 1.2)[:5]...), `{"paired":true,"a":5,"b":5,"effect":0.1489,"p":0.0625,"enough":false,"needed":6,"spread":0.0829}`},
		"no blocks":      {blockless(a...), blockless(times(2)...), `{"paired":false,"a":6,"b":6,"effect":1,"low":0.6,"high":1.5,"p":0.0022,"enough":true,"needed":4,"spread":0.1681,"detectable":0.3831}`},
		"other blocks":   {inBlocks(0, a...), inBlocks(6, times(2)...), `{"paired":false,"a":6,"b":6,"effect":1,"low":0.6,"high":1.5,"p":0.0022,"enough":true,"needed":4,"spread":0.1681,"detectable":0.3831}`},
		"three each":     {blockless(a[:3]...), blockless(times(2)[:3]...), `{"paired":false,"a":3,"b":3,"effect":1,"p":0.1,"enough":false,"needed":4,"spread":0.0937}`},
		"one each":       {blockless(4), blockless(5), `{"paired":false,"a":1,"b":1,"effect":0.25,"p":1,"enough":false,"needed":4}`},
		"half in common": {inBlocks(0, a...), inBlocks(3, times(2)...), `{"paired":false,"a":6,"b":6,"effect":1,"low":0.6,"high":1.5,"p":0.0022,"enough":true,"needed":4,"spread":0.1681,"detectable":0.3831}`},
		"most in common": {inBlocks(0, a...), inBlocks(2, times(2)...), `{"paired":true,"a":4,"b":4,"effect":0.7015,"p":0.125,"enough":false,"needed":6,"spread":0.0178}`},
		"not measured":   {append(inBlocks(0, a...), Value{6, nan}, Value{7, inf}), append(inBlocks(0, times(1.5)...), Value{6, 1}, Value{7, 1}), `{"paired":true,"a":6,"b":6,"effect":0.5,"low":0.5,"high":0.5,"p":0.0313,"enough":true,"needed":6,"spread":0,"detectable":0}`},
		"no errors":      {inBlocks(0, 0, 0, 0, 0, 0, 0), inBlocks(0, 0, 0, 0, 0, 0, 0), `{"paired":true,"a":6,"b":6,"effect":0,"low":0,"high":0,"p":1,"enough":true,"needed":6}`},
		"from no errors": {inBlocks(0, 0, 0, 0, 0, 0, 0), inBlocks(0, 1, 2, 3, 4, 5, 6), `{"paired":true,"a":6,"b":6,"p":0.0313,"enough":true,"needed":6}`},
		"to no errors":   {inBlocks(0, 5, 6, 7, 8, 9, 10), inBlocks(0, 0, 0, 0, 0, 0, 0), `{"paired":true,"a":6,"b":6,"effect":-1,"low":-1.3333,"high":-0.6667,"p":0.0313,"enough":true,"needed":6,"spread":0.2567,"detectable":0.4557}`},
		"below zero":     {blockless(-10, -10, -10, -10), blockless(-5, -5, -5, -5), `{"paired":false,"a":4,"b":4,"effect":0.5,"low":0.5,"high":0.5,"p":0.0286,"enough":true,"needed":4,"spread":0,"detectable":0}`},
		"alike":          {inBlocks(0, a...), inBlocks(0, a...), `{"paired":true,"a":6,"b":6,"effect":0,"low":0,"high":0,"p":1,"enough":true,"needed":6,"spread":0,"detectable":0}`},
	}
	for name, c := range cases {
		if got := text(t, Compare(c.a, c.b)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestSeveralValuesOfABlockAreTheirMeanLogarithm(t *testing.T) {
	one, several := inBlocks(0, 10, 20, 30, 40, 50, 60), []Value{}
	for _, v := range one {
		several = append(several, Value{v.Block, v.Value / 2}, Value{v.Block, v.Value * 2})
	}
	other := inBlocks(0, 11, 23, 34, 45, 51, 65)
	if got, want := Compare(several, other), Compare(one, other); got.A != 6 || !near(got.Effect, want.Effect, 1e-9) || got.P != want.P {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestSidesAreNotChangedAndTurnRound(t *testing.T) {
	for name, blocks := range map[string]func(int, ...float64) []Value{"in blocks": inBlocks, "apart": func(_ int, v ...float64) []Value { return blockless(v...) }} {
		a, b := blocks(0, 9, 7, 8, 5, 6, 4, 11), blocks(0, 10, 9, 8.5, 7, 6.5, 7, 10.5)
		kept := slices.Clone(a)
		there, back := Compare(a, b), Compare(b, a)
		if !slices.Equal(a, kept) {
			t.Errorf("%s: %v has become %v", name, kept, a)
		}
		for what, pair := range map[string][2]float64{"effect": {there.Effect, back.Effect}, "low": {there.Low, back.High}, "high": {there.High, back.Low}} {
			if !near((1+pair[0])*(1+pair[1]), 1, 1e-9) {
				t.Errorf("%s: %s is %v there and %v back", name, what, pair[0], pair[1])
			}
		}
		if there.P != back.P {
			t.Errorf("%s: p is %v there and %v back", name, there.P, back.P)
		}
	}
}

// P and the interval say the same: where p is at most 0.05 it leaves zero out.
func TestIntervalsAgreeWithP(t *testing.T) {
	for name, blocks := range map[string]func(int, ...float64) []Value{"in blocks": inBlocks, "apart": func(_ int, v ...float64) []Value { return blockless(v...) }} {
		noise, differ := newNoise(7), 0
		for trial := range 400 {
			n := 6 + trial%8
			d := Compare(blocks(0, noise.values(n, 1)...), blocks(0, noise.values(n, 1.06)...))
			outside := d.Low > 0 || d.High < 0
			if d.P <= 0.05 {
				differ++
			}
			// Apart, the interval is widened to the ratio of medians, which may be on the other side.
			if outside != (d.P <= 0.05) && (d.Paired || outside) {
				t.Errorf("%s: %+v", name, d)
			}
		}
		if differ < 40 || differ > 360 {
			t.Errorf("%s: %d of 400 differ", name, differ)
		}
	}
}

func TestIndependentSidesAreComparedLikeBenchstat(t *testing.T) {
	noise := newNoise(8)
	for n := 2; n < 60; n += 7 {
		a, b := noise.values(n, 1), noise.values(n+2, 1.1)
		if n%2 == 0 {
			copy(b, a[:n/2]) // ties
		}
		d := Compare(blockless(a...), blockless(b...))
		before := benchmath.NewSample(slices.Clone(a), &benchmath.DefaultThresholds)
		after := benchmath.NewSample(slices.Clone(b), &benchmath.DefaultThresholds)
		ratio := benchmath.AssumeNothing.Summary(after, 0.95).Center / benchmath.AssumeNothing.Summary(before, 0.95).Center
		if p := benchmath.AssumeNothing.Compare(before, after).P; d.P != p || !near(d.Effect, ratio-1, 1e-12) || d.A != n || d.B != n+2 {
			t.Errorf("%d and %d values: %+v; benchstat has p %v and %v", n, n+2, d, p, ratio-1)
		}
	}
}

func TestAThousandBlocks(t *testing.T) {
	noise := newNoise(9)
	d := Compare(inBlocks(0, noise.values(1000, 1)...), inBlocks(0, noise.values(1000, 1.02)...))
	if d.A != 1000 || d.P > 0.001 || d.Low > 0.02 || d.High < 0.02 || d.High-d.Low > 0.02 {
		t.Errorf("%+v", d)
	}
}

// The example of Benjamini and Hochberg (1995), adjusted as in the manual of
// scipy.stats.false_discovery_control.
func TestAdjust(t *testing.T) {
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	want := []float64{0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765, 0.486, 0.58118182, 0.714875, 0.75323077, 0.81321429, 1}
	slices.Reverse(p[:8])
	slices.Reverse(want[:8])
	p, want = slices.Insert(p, 3, math.NaN()), slices.Insert(want, 3, math.NaN())
	for i, got := range Adjust(p) {
		if !near(got, want[i], 1e-7) && !math.IsNaN(want[i]) || math.IsNaN(got) != math.IsNaN(want[i]) {
			t.Errorf("%v is adjusted to %v, want %v", p[i], got, want[i])
		}
	}
	if got := Adjust(nil); len(got) != 0 {
		t.Errorf("none: %v", got)
	}
}
