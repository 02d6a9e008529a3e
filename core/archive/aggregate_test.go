package archive

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSelectRankAgreesWithSorting(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func(i, n int) int64{
		"random":     func(int, int) int64 { return rng.Int64() },
		"few values": func(int, int) int64 { return rng.Int64N(3) },
		"equal":      func(int, int) int64 { return 5 },
		"ascending":  func(i, _ int) int64 { return int64(i) },
		"descending": func(i, n int) int64 { return int64(n - i) },
		"organ pipe": func(i, n int) int64 { return int64(min(i, n-i)) },
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 2, 3, 16, 17, 18, 100, 1000, 5000} {
				values := make([]int64, n)
				for i := range values {
					values[i] = shape(i, n)
				}
				sorted := slices.Sorted(slices.Values(values))
				for _, k := range []int{0, n / 3, n / 2, n - 1} {
					mixed := slices.Clone(values)
					if got := selectRank(mixed, k); got != sorted[k] {
						t.Errorf("rank %d of %d is %d, want %d", k, n, got, sorted[k])
					}
					if slices.Max(mixed[:k+1]) != sorted[k] || slices.Min(mixed[k:]) != sorted[k] {
						t.Errorf("rank %d of %d does not part the values", k, n)
					}
				}
				p50, p99, largest := ranks(slices.Clone(values))
				if p50 != sorted[max((n*50+50)/100, 1)-1] || p99 != sorted[max((n*99+50)/100, 1)-1] || largest != sorted[n-1] {
					t.Errorf("%d values: p50 %d, p99 %d, max %d", n, p50, p99, largest)
				}
			}
		})
	}
}

func TestAggregateAllocatesNothingPerSample(t *testing.T) {
	totals := newAggregate(1, 1, testPhases[:1])
	phase := totals.phases[0]
	thread := phase.thread(0)
	totals.samples = likely(rand.New(rand.NewPCG(1, 1)), 0, 4096, 1e6)
	step := totals.samples[4095].End()
	once := func() {
		totals.count(phase, thread, 0)
		for i := range totals.samples {
			totals.samples[i].Start += step
		}
	}
	for range 10 {
		once()
	}
	// Rows are the only thing that grows, by a few each second.
	if got := testing.AllocsPerRun(20, once); got > 40 {
		t.Errorf("%v allocations for 4096 samples", got)
	}
}
