package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/engine"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/plugins/memory"
)

// slowed is the memory store with gets that a test slows down.
type slowed struct {
	driver.Driver
	get func()
}

func (d slowed) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	opened, err := d.Driver.Open(ctx, setup)
	return slowedStore{opened, d.get}, err
}

type slowedStore struct {
	driver.Store
	get func()
}

func (s slowedStore) Session(ctx context.Context, thread int) (driver.Session, error) {
	opened, err := s.Store.Session(ctx, thread)
	return slowedSession{opened, s.get}, err
}

type slowedSession struct {
	driver.Session
	get func()
}

func (s slowedSession) Get(ctx context.Context, key []byte) ([]byte, error) {
	s.get()
	return s.Session.Get(ctx, key)
}

// gets is a workload that fills a key space and then gets as the phase says.
func gets(phase load.Phase) *load.Load {
	w := reads(1)
	phase.Name, phase.Mix = "get", []load.Share{{Op: sample.OpGet, Weight: 1}}
	if phase.Rate > 0 {
		phase.Per, phase.Arrivals = load.PerTotal, load.ProcessConstant
	}
	w.Phases[1] = phase
	return w
}

// archived runs a workload on a driver and returns the archive with the run.
func archived(t *testing.T, d driver.Driver, w *load.Load, threads int) *archive.Archive {
	t.Helper()
	a, err := archive.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	execute(t, d, w, threads, a)
	return a
}

func measured(t *testing.T, a *archive.Archive) record.Summary {
	t.Helper()
	summaries, err := a.Summaries(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(summaries, func(s record.Summary) bool { return s.Phase == "get" })
	if i < 0 {
		t.Fatal("nothing was measured")
	}
	return summaries[i]
}

// TestAStallShowsInLatencies has a store that stalls for one second in ten, at
// a thousand arrivals a second: a tenth of the arrivals have to wait, though
// only four operations, one of each thread, take long.
func TestAStallShowsInLatencies(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	var until atomic.Pointer[time.Time]
	d := slowed{memory.Driver(), func() {
		if calls.Add(1) == 5000 {
			end := time.Now().Add(time.Second)
			until.Store(&end)
		}
		if end := until.Load(); end != nil {
			time.Sleep(time.Until(*end))
		}
	}}
	a := archived(t, d, gets(load.Phase{For: 10 * time.Second, Rate: 1000}), 4)
	s := measured(t, a)
	phases, err := a.Phases(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if s.Ops < 9000 || s.Ops+phases[1].Unstarted != 10_000 { // a busy machine leaves a few
		t.Errorf("%d operations and %d arrivals that were not started in 10 s at 1,000 a second", s.Ops, phases[1].Unstarted)
	}
	if p999 := time.Duration(s.P999NS); p999 < 900*time.Millisecond {
		t.Errorf("p99.9 from the intended start is %v", p999)
	}
	if p99 := time.Duration(s.P99NS); p99 < 700*time.Millisecond {
		t.Errorf("p99 from the intended start is %v", p99)
	}
	if service := time.Duration(s.ServiceP999NS); service > 500*time.Millisecond {
		t.Errorf("p99.9 of the service time is %v", service)
	}
	if longest := time.Duration(s.ServiceMaxNS); longest < 900*time.Millisecond {
		t.Errorf("the longest service time is %v", longest)
	}
}

func TestArrivalsThatCannotBeStartedAreCounted(t *testing.T) {
	d := slowed{memory.Driver(), func() { time.Sleep(10 * time.Millisecond) }}
	a := archived(t, d, gets(load.Phase{For: time.Second, Rate: 1000}), 2)
	phases, err := a.Phases(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	s := measured(t, a)
	if s.Ops == 0 || s.Ops > 210 || s.Ops+phases[1].Unstarted != 1000 { // fewer on a busy machine
		t.Errorf("%d operations and %d arrivals that were not started, of 1,000", s.Ops, phases[1].Unstarted)
	}
	if phases[0].Unstarted != 0 {
		t.Errorf("%d in a closed loop", phases[0].Unstarted)
	}
}

func TestThreadsThink(t *testing.T) {
	a := archived(t, memory.Driver(), gets(load.Phase{For: 500 * time.Millisecond, Think: 10 * time.Millisecond}), 3)
	if s := measured(t, a); s.Ops == 0 || s.Ops > 3*51 { // fewer on a busy machine
		t.Errorf("%d operations of 3 threads in 500 ms with pauses of 10 ms", s.Ops)
	}
	ends := map[int]int64{}
	err := a.Samples(t.Context(), 1, func(h sample.Header, samples []sample.Sample) error {
		if h.Phase != 1 {
			return nil
		}
		for _, s := range samples {
			if end, ok := ends[h.Thread]; ok && s.Start-end < int64(10*time.Millisecond) {
				t.Errorf("thread %d thinks for %v", h.Thread, time.Duration(s.Start-end))
			}
			ends[h.Thread] = s.End()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestThreadsBecomeActive has threads 0 to 3 join one after the other.
func TestThreadsBecomeActive(t *testing.T) {
	t.Parallel()
	w := gets(load.Phase{For: 4 * time.Second, Active: 1, ActiveTo: 4, Think: time.Millisecond})
	a := archived(t, memory.Driver(), w, 4)
	phases, err := a.Phases(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	firsts := map[int]time.Duration{}
	err = a.Samples(t.Context(), 1, func(h sample.Header, samples []sample.Sample) error {
		if h.Phase == 1 && h.First == 0 {
			firsts[h.Thread] = time.Duration(samples[0].Start) - phases[1].Started
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for thread := range 4 {
		want := time.Duration(thread) * time.Second
		if first, ok := firsts[thread]; !ok || first < want || first > want+time.Second {
			t.Errorf("thread %d begins after %v, want %v and not when the next does", thread, first, want)
		}
	}
}

// TestASearchEndsAtWhatTheStoreGives has a store that serves 500 a second, so
// that a higher rate builds up a queue.
func TestASearchEndsAtWhatTheStoreGives(t *testing.T) {
	t.Parallel()
	d := slowed{memory.Driver(), func() { time.Sleep(2 * time.Millisecond) }}
	w := gets(load.Phase{
		For: 400 * time.Millisecond, Rate: 50, RateTo: 10_000, Steps: 12,
		Until: &load.Bound{Of: "p90", Below: 30 * time.Millisecond},
	})
	a := archived(t, d, w, 1)
	s := measured(t, a)
	if s.Throughput > 520 {
		t.Errorf("the store gives %.0f a second", s.Throughput)
	}
	events, err := a.Events(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var tried, ended []string
	for _, e := range events {
		switch e.Kind {
		case string(engine.SearchTried):
			tried = append(tried, e.Detail)
		case string(engine.SearchEnded):
			ended = append(ended, e.Detail)
		}
	}
	if len(tried) == 0 || len(ended) != 1 || !strings.HasPrefix(tried[0], "50 arrivals a second: ") {
		t.Fatalf("%q, %q", tried, ended)
	}
	// No machine keeps the bound at 600 a second; a busy one may at no rate at all.
	var kept, broken float64
	if _, err := fmt.Sscanf(ended[0], "p90 < 30ms is kept at %f arrivals a second, and broken at %f", &kept, &broken); kept >= 600 || err != nil && !strings.HasPrefix(ended[0], "no rate keeps p90 < 30ms: 50 arrivals a second, the lowest, break it") {
		t.Errorf("%q: %v", ended, err)
	}
	phases, err := a.Phases(t.Context(), 1)
	if err != nil || len(phases) != 14 {
		t.Fatal(phases, err)
	}
	if first, last := phases[1], phases[13]; first.Name != "get-try-01" || !first.Warmup || first.Samples == 0 || last.Name != "get" || last.Warmup {
		t.Errorf("%+v, %+v", first, last)
	}
}

// BenchmarkArrivals measures how late operations start after they should, on a
// store that answers at once, and how much of a processor that takes.
func BenchmarkArrivals(b *testing.B) {
	for name, threads := range map[string]int{"1-thread": 1, "10-threads": 10, "100-threads": 100} {
		b.Run(name, func(b *testing.B) {
			const rate, lasts = 50_000, 3 * time.Second
			for b.Loop() {
				a, err := archive.Open(b.Context(), filepath.Join(b.TempDir(), "a.db"))
				if err != nil {
					b.Fatal(err)
				}
				before := processorTime()
				execute(b, memory.Driver(), gets(load.Phase{For: lasts, Rate: rate}), threads, a)
				used := processorTime() - before
				var late []int64
				err = a.Samples(b.Context(), 1, func(h sample.Header, samples []sample.Sample) error {
					for _, s := range samples {
						if h.Phase == 1 {
							late = append(late, s.Start-s.Intended)
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				slices.Sort(late)
				b.ReportMetric(float64(late[len(late)/2])/1e3, "µs-late-p50")
				b.ReportMetric(float64(late[len(late)*99/100])/1e3, "µs-late-p99")
				b.ReportMetric(float64(len(late))/lasts.Seconds(), "started/s")
				b.ReportMetric(used.Seconds()/lasts.Seconds(), "cores")
				b.ReportMetric(0, "ns/op")
				a.Close()
			}
		})
	}
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail for itself
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
