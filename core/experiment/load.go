package experiment

import (
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/record"
)

// Shares of the machine's cores above which they, and not the store, may be
// what limits the throughput.
const (
	clientBusy  = 0.9  // by the load generator alone
	machineBusy = 0.95 // by everything that belongs to the run
)

// usage adds up the processor time of the seconds that lie in measured phases.
type usage struct {
	measuring time.Time // since when; zero: a warm-up or nothing is on
	seconds   float64
	client    float64
	nodes     float64
}

func (u *usage) phase(warmup bool) {
	switch {
	case warmup:
		u.measuring = time.Time{}
	case u.measuring.IsZero():
		u.measuring = time.Now()
	}
}

func (u *usage) add(s record.NodeSecond) {
	if u.measuring.IsZero() || time.Since(u.measuring) < time.Second {
		return
	}
	if s.Node != record.ClientNode {
		u.nodes += s.CPUSeconds
		return
	}
	u.client += s.CPUSeconds
	u.seconds += s.Seconds
}

// warning says what the machine may have limited.
func (u *usage) warning(cores int) string {
	if u.seconds == 0 || cores == 0 {
		return ""
	}
	client, nodes := u.client/u.seconds, u.nodes/u.seconds
	switch {
	case client > clientBusy*float64(cores):
		return fmt.Sprintf("the load generator used more than %.0f %% of the machine's %d cores: it may be what limited the throughput, rather than the store", 100*clientBusy, cores)
	case client+nodes > machineBusy*float64(cores):
		return fmt.Sprintf("load generator and nodes together used all of the machine's %d cores: the throughput is what the machine gives them", cores)
	}
	return ""
}

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
