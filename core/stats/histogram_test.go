package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHistogramKnowsValuesToAStep(t *testing.T) {
	for _, v := range []int64{0, 1, 127, 128, 129, 255, 256, 257, 1000, 123_456_789, 1 << 40, math.MaxInt64 / 3, math.MaxInt64} {
		var h Histogram
		h.Add(v)
		if got := h.Percentile(50); got != v {
			t.Errorf("one value of %d: its median is %d", v, got)
		}
		h.Each(func(low, high, n int64) {
			if n != 1 || v < low || v > high || high-low > low/steps {
				t.Errorf("%d lies in %d to %d, %d times", v, low, high, n)
			}
		})
	}
}

func TestHistogramHasThePercentilesOfItsValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var whole, odd, even Histogram
	var values []int64
	for i := range 10_001 {
		v := int64(1e6 * math.Exp(2*rng.NormFloat64()))
		values = append(values, v)
		whole.Add(v)
		if i%2 == 0 {
			even.Add(v)
		} else {
			odd.Add(v)
		}
	}
	even.Merge(&odd)
	slices.Sort(values)
	for _, percent := range []float64{0, 1, 50, 90, 99, 99.9, 100} {
		rank := max(int(percent/100*float64(len(values))+0.5), 1)
		want, got := values[rank-1], whole.Percentile(percent)
		if got < want || float64(got-want) > float64(want)/steps {
			t.Errorf("p%g is %d, want %d", percent, got, want)
		}
		if merged := even.Percentile(percent); merged != got {
			t.Errorf("p%g of halves put together is %d, want %d", percent, merged, got)
		}
	}
	if whole.N() != int64(len(values)) || whole.Most() != values[len(values)-1] {
		t.Errorf("%d values up to %d", whole.N(), whole.Most())
	}
}

func TestHistogramOfNothing(t *testing.T) {
	var h Histogram
	h.Merge(&Histogram{})
	if h.Percentile(99) != 0 || h.N() != 0 {
		t.Errorf("p99 is %d of %d", h.Percentile(99), h.N())
	}
}

func BenchmarkHistogram(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]int64, 4096)
	for i := range values {
		values[i] = int64(3e5 * math.Exp(0.4*rng.NormFloat64()))
	}
	b.ReportAllocs()
	var h Histogram
	i := 0
	for b.Loop() {
		h.Add(values[i%len(values)])
		i++
	}
}
