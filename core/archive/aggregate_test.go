package archive

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
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
	totals := newAggregate(record.Run{ID: 1, Threads: 1}, testPhases[:1])
	phase := totals.phases[0]
	thread := phase.thread(0)
	totals.samples = likely(rand.New(rand.NewPCG(1, 1)), 0, 4096, 1e6)
	step := totals.samples[4095].End()
	once := func() {
		totals.count(phase, thread, 0)
		for i := range totals.samples {
			totals.samples[i].Start += step
			totals.samples[i].Intended += step
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

// TestLatencyCountsFromTheIntendedStart has a thread that is late from its
// second operation on, over several seconds.
func TestLatencyCountsFromTheIntendedStart(t *testing.T) {
	const service = int64(200e6)
	var samples []sample.Sample
	for i := range int64(20) {
		samples = append(samples, sample.Sample{Intended: i * 100e6, Start: i * service, Latency: service, Op: sample.OpSet})
	}
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases[2:])
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		w.Started(time.Now(), ""), w.PhaseStarted(0, 0),
		w.Chunk(sample.Header{Count: 20}, sample.NewEncoder().Append(nil, samples)),
		w.PhaseEnded(0, 4*time.Second, 20, 7),
		w.Verdict(record.Verdict{Phase: testPhases[2].Name, Property: "read-back", Result: record.Violated, Checked: 3, Detail: "one is lost", History: "line"}),
		w.Finish(t.Context(), record.Complete, ""))
	if err != nil {
		t.Fatal(err)
	}
	summaries, err := a.Summaries(t.Context(), w.ID())
	if err != nil || len(summaries) != 1 {
		t.Fatal(summaries, err)
	}
	s := summaries[0]
	near := func(got, want int64) bool { return math.Abs(float64(got-want)) <= 0.001*float64(want) }
	// The i-th operation ends at (i+1)·200 ms and should have started at i·100 ms.
	if !near(s.MeanNS, 1150e6) || !near(s.P50NS, 1100e6) || s.MaxNS != 2100e6 {
		t.Errorf("latencies %d, %d, %d", s.MeanNS, s.P50NS, s.MaxNS)
	}
	if s.ServiceMeanNS != service || !near(s.ServiceP50NS, service) || !near(s.ServiceP999NS, service) || s.ServiceMaxNS != service {
		t.Errorf("service times %d, %d, %d, %d", s.ServiceMeanNS, s.ServiceP50NS, s.ServiceP999NS, s.ServiceMaxNS)
	}
	if got := one[int64](t, a, "select max_ns from thread_seconds where second = 3"); got != 2000e6 {
		t.Errorf("the slowest of the fourth second took %d", got)
	}
	if got := one[int64](t, a, "select unstarted from phases where run_id = ?", w.ID()); got != 7 {
		t.Errorf("%d unstarted", got)
	}
	verdicts, err := a.Verdicts(t.Context(), w.ID())
	if want := []record.Verdict{{RunID: w.ID(), Phase: testPhases[2].Name, Property: "read-back", Result: record.Violated, Checked: 3, Detail: "one is lost", History: "line"}}; !slices.Equal(verdicts, want) || err != nil {
		t.Errorf("%+v, %v", verdicts, err)
	}
	sound(t, a)
}
