package archive

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

func TestScanHandsEverySampleToOneTaker(t *testing.T) {
	a := open(t)
	run, want := finished(t, a, 3, 5, 40)
	for _, n := range []int{1, 3} {
		got := make([]map[[2]int]map[int64][]sample.Sample, n)
		takers := make([]func(sample.Header, []sample.Sample), n)
		for i := range takers {
			got[i] = map[[2]int]map[int64][]sample.Sample{}
			takers[i] = func(h sample.Header, samples []sample.Sample) {
				of := [2]int{h.Phase, h.Thread}
				if got[i][of] == nil {
					got[i][of] = map[int64][]sample.Sample{}
				}
				got[i][of][h.First] = slices.Clone(samples)
			}
		}
		if err := a.Scan(t.Context(), run, takers); err != nil {
			t.Fatal(err)
		}
		together := written{}
		chunks := map[[2]int]map[int64][]sample.Sample{}
		for _, of := range got {
			for at, first := range of {
				if chunks[at] == nil {
					chunks[at] = map[int64][]sample.Sample{}
				}
				maps.Copy(chunks[at], first)
			}
		}
		for at, first := range chunks {
			for _, begin := range slices.Sorted(maps.Keys(first)) {
				together[at] = append(together[at], first[begin]...)
			}
		}
		if diff := cmp.Diff(want, together); diff != "" {
			t.Errorf("%d takers: %s", n, diff)
		}
	}
}

func TestScanSaysWhatIsDamaged(t *testing.T) {
	none := []func(sample.Header, []sample.Sample){func(sample.Header, []sample.Sample) {}, func(sample.Header, []sample.Sample) {}}
	for name, c := range map[string]struct{ harm, want string }{
		"a chunk":           {"update chunks set data = zeroblob(20) where thread = 1", "thread 1, chunk"},
		"a chunk's number":  {"update chunks set count = 41 where first = 40", "it holds 40 samples, should hold 41"},
		"a chunk that went": {"delete from chunks where first = 80", "has 1800 samples, and the chunks of 1440 are there"},
	} {
		a := open(t)
		run, _ := finished(t, a, 3, 5, 40)
		if _, err := a.writer.ExecContext(t.Context(), c.harm); err != nil {
			t.Fatal(err)
		}
		if err := a.Scan(t.Context(), run, none); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestScanEndsWithItsContext(t *testing.T) {
	a := open(t)
	run, _ := finished(t, a, 3, 20, 40)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := a.Scan(ctx, run, []func(sample.Header, []sample.Sample){func(sample.Header, []sample.Sample) { stop() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func TestQuantilesAreThoseOfTheSummaries(t *testing.T) {
	a := open(t)
	run, _ := finished(t, a, 3, 5, 40)
	summaries, err := a.Summaries(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	var want, got [][]int64
	for _, s := range summaries {
		if !s.Warmup {
			want = append(want, []int64{s.P50NS, s.P99NS, s.MaxNS})
		}
	}
	err = a.Quantiles(t.Context(), []float64{50, 99, 100}, func(_ record.Summary, at []int64) error {
		got = append(got, slices.Clone(at))
		return nil
	}, run)
	if err != nil || len(want) == 0 {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkScanBeside counts the samples of a run on two processors.
func BenchmarkScanBeside(b *testing.B) {
	a := open(b)
	run, all := finished(b, a, 4, 60, 4096)
	total := 0
	for _, samples := range all {
		total += len(samples)
	}
	b.ReportAllocs()
	for b.Loop() {
		var most [2]int64
		var takers []func(sample.Header, []sample.Sample)
		for i := range most {
			takers = append(takers, func(_ sample.Header, samples []sample.Sample) {
				for j := range samples {
					most[i] = max(most[i], samples[j].Latency)
				}
			})
		}
		if err := a.Scan(b.Context(), run, takers); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(total), "ns/sample")
}
