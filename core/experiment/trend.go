package experiment

import (
	"time"

	"github.com/benchctl/benchctl/core/stats"
)

const (
	trendLeast = 2 * time.Second        // phases shorter than this show no trend
	trendStep  = 200 * time.Millisecond // progress comes every quarter of a second
	trendSteps = 120                    // of a long phase
)

// trend is how the operations of a phase came in over time.
type trend struct {
	began  time.Duration
	points []point
}

type point struct {
	at  time.Duration
	ops int64 // until then
}

func (t *trend) start(at time.Duration) { t.began, t.points = at, t.points[:0] }

func (t *trend) add(at time.Duration, ops int64) { t.points = append(t.points, point{at, ops}) }

// rising reports whether the phase began clearly below the rate at which it settled:
// what was measured had not warmed up yet.
func (t *trend) rising(ended time.Duration, ops int64) bool {
	if ended-t.began < trendLeast {
		return false
	}
	return stats.Settle(t.rates(ended, ops)).Rising()
}

// rates returns the operations a second of one stretch after the other. What is left
// of a step in the end is not one: a few operations more would make it a rate of
// its own.
func (t *trend) rates(ended time.Duration, ops int64) []float64 {
	step := max(trendStep, (ended-t.began)/trendSteps)
	var rates []float64
	last := point{at: t.began}
	for _, p := range append(t.points, point{ended, ops}) {
		if took := p.at - last.at; took >= step {
			rates = append(rates, float64(p.ops-last.ops)/took.Seconds())
			last = p
		}
	}
	return rates
}
