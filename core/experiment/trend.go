package experiment

import "time"

const (
	trendLeast  = 2 * time.Second // phases shorter than this show no trend
	trendRising = 1.25            // the last third's rate over the first's
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

// rising reports whether the phase was clearly faster at its end than at its
// beginning: what was measured had not warmed up yet.
func (t *trend) rising(ended time.Duration, ops int64) bool {
	took := ended - t.began
	if took < trendLeast {
		return false
	}
	first, ok := t.nearest(t.began + took/3)
	last, ok2 := t.nearest(ended - took/3)
	if !ok || !ok2 || first.at >= last.at || first.ops == 0 {
		return false
	}
	before := float64(first.ops) / float64(first.at-t.began)
	after := float64(ops-last.ops) / float64(ended-last.at)
	return after > trendRising*before
}

// nearest returns the point that is closest to a moment.
func (t *trend) nearest(at time.Duration) (best point, ok bool) {
	for _, p := range t.points {
		if !ok || (p.at-at).Abs() < (best.at-at).Abs() {
			best, ok = p, true
		}
	}
	return best, ok
}
