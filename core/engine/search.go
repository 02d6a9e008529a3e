package engine

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

const (
	searchClose   = 1.05 // rates nearer to each other than this are not told apart
	searchFailing = 0.01 // share of arrivals that may fail or not be started at a rate that keeps the bound
)

// search looks for the highest rate at which a phase keeps its bound: it
// doubles the rate until the bound is broken, and then halves the distance, on
// a logarithmic scale, between the highest rate that kept it and the lowest
// that broke it.
type search struct {
	phase     load.Phase
	kept      float64 // 0: none did
	broken    float64 // 0: none did
	latencies *hdrhistogram.Histogram
	failed    int64
	few       bool // operations at some rate: too few for the percentile that the bound is on
}

func newSearch(phase load.Phase) *search {
	return &search{phase: phase, latencies: hdrhistogram.New(1, int64(hour), 3)}
}

const hour = 3600e9

// next returns the rate to try, and false when no other is worth it.
func (s *search) next() (rate float64, ok bool) {
	low, high := s.phase.Rate, s.phase.RateTo
	switch {
	case s.kept == 0 && s.broken == 0:
		return low, true
	case s.kept == 0, s.kept >= high:
		return 0, false
	case s.broken == 0:
		return min(2*s.kept, high), true
	case s.broken <= s.kept*searchClose:
		return 0, false
	}
	return math.Sqrt(s.kept * s.broken), true
}

// begin forgets what the stage before came to.
func (s *search) begin() {
	s.latencies.Reset()
	s.failed = 0
}

// observe takes samples of the rate that is tried.
func (s *search) observe(samples []sample.Sample) {
	for i := range samples {
		if samples[i].Status != sample.OK {
			s.failed++
			continue
		}
		_ = s.latencies.RecordValue(min(samples[i].End()-samples[i].Intended, int64(hour))) // within its range
	}
}

// end judges the rate that was tried, and says why.
func (s *search) end(rate float64, unstarted int64) (kept bool, why string) {
	succeeded := s.latencies.TotalCount()
	if s.failed+unstarted > int64(searchFailing*float64(succeeded+s.failed+unstarted)) || succeeded == 0 {
		why = fmt.Sprintf("%d operations succeeded, %d failed and %d were not started: broken", succeeded, s.failed, unstarted)
	} else {
		value := s.value()
		kept = value < int64(s.phase.Until.Below)
		why = fmt.Sprintf("%s %.4g ms: %s", s.phase.Until.Of, float64(value)/1e6, map[bool]string{true: "kept", false: "broken"}[kept])
	}
	if kept {
		s.kept = max(s.kept, rate)
	} else if s.broken == 0 || rate < s.broken {
		s.broken = rate
	}
	return kept, fmt.Sprintf("%.6g arrivals a second: %s", rate, why)
}

// percentiles are those that a bound may be on.
var percentiles = map[load.Statistic]float64{"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9, "max": 100}

// value returns the statistic that the bound is on. Of operations that are too few
// for a percentile, of which none lies beyond it, it is the greatest.
func (s *search) value() int64 {
	percentile, ok := percentiles[s.phase.Until.Of]
	switch {
	case !ok:
		return int64(s.latencies.Mean())
	case percentile < 100 && float64(s.latencies.TotalCount())*(100-percentile) < 100-1e-6:
		s.few = true
		return s.latencies.Max()
	}
	return s.latencies.ValueAtPercentile(percentile)
}

// result is the rate that the phase itself is to be executed at, and what is
// to be said of it.
func (s *search) result() (rate float64, text string) {
	switch {
	case s.kept == 0:
		return s.phase.Rate, fmt.Sprintf("no rate keeps %s: %.6g arrivals a second, the lowest, break it", s.phase.Until, s.phase.Rate)
	case s.broken == 0:
		return s.kept, fmt.Sprintf("%s is kept at %.6g arrivals a second, the highest rate that was to be tried", s.phase.Until, s.kept)
	}
	return s.kept, fmt.Sprintf("%s is kept at %.6g arrivals a second, and broken at %.6g", s.phase.Until, s.kept, s.broken)
}

// The kinds of events by which a search is told.
const (
	SearchTried driver.IncidentKind = "search-tried" // a rate was
	SearchEnded driver.IncidentKind = "search-ended"
)
