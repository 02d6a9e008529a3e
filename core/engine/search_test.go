package engine

import (
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// TestASearchFindsWhatAQueueBears offers arrivals to one that serves each for 2 ms.
func TestASearchFindsWhatAQueueBears(t *testing.T) {
	const serves, lasts = int64(2 * time.Millisecond), int64(400 * time.Millisecond)
	for want, phase := range map[float64]load.Phase{
		500: {Rate: 50, RateTo: 10_000, Until: &load.Bound{Of: "p90", Below: 30 * time.Millisecond}},
		300: {Rate: 50, RateTo: 300, Until: &load.Bound{Of: "p90", Below: 30 * time.Millisecond}},
		0:   {Rate: 1000, RateTo: 2000, Until: &load.Bound{Of: "p90", Below: 30 * time.Millisecond}},
	} {
		s, tries := newSearch(phase), 0
		for rate, ok := s.next(); ok; rate, ok = s.next() {
			if tries++; tries > 12 {
				t.Fatalf("it does not end between %g and %g a second", s.kept, s.broken)
			}
			s.begin()
			var end, unstarted int64
			for i := range int64(rate * float64(lasts) / 1e9) {
				intended := int64(float64(i) / rate * 1e9)
				start := max(intended, end)
				if start >= lasts {
					unstarted++
					continue
				}
				end = start + serves
				s.observe([]sample.Sample{{Op: sample.OpGet, Intended: intended, Start: start, Latency: serves}})
			}
			s.end(rate, unstarted)
		}
		if s.kept < want/searchClose || s.kept > want*searchClose {
			t.Errorf("%g arrivals a second are kept, want %g", s.kept, want)
		}
	}
}

// A percentile of fewer operations than it needs is their greatest latency: what
// lies above the bound is not left out of it.
func TestFewOperationsDoNotHideWhatBreaksTheBound(t *testing.T) {
	for operations, want := range map[int]bool{50: false, 99: false, 200: true} {
		s := newSearch(load.Phase{Rate: 100, RateTo: 200, Until: &load.Bound{Of: "p99", Below: 5 * time.Millisecond}})
		for i := range operations {
			latency := int64(time.Millisecond)
			if i == 0 {
				latency = int64(8 * time.Millisecond)
			}
			s.observe([]sample.Sample{{Op: sample.OpGet, Intended: int64(i) * 1e6, Start: int64(i) * 1e6, Latency: latency}})
		}
		if kept, why := s.end(100, 0); kept != want || s.few == want {
			t.Errorf("%d operations: kept %v, few %v, %s", operations, kept, s.few, why)
		}
	}
}
