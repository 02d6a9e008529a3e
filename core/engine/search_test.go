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
