package experiment

import (
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/node"
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
	seconds   int
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

func (u *usage) add(s node.Second) {
	if u.measuring.IsZero() || time.Since(u.measuring) < time.Second {
		return
	}
	if s.Node != node.Client {
		u.nodes += s.CPUSeconds
		return
	}
	u.client += s.CPUSeconds
	u.seconds++
}

// warning says what the machine may have limited.
func (u *usage) warning(cores int) string {
	if u.seconds == 0 || cores == 0 {
		return ""
	}
	client, nodes := u.client/float64(u.seconds), u.nodes/float64(u.seconds)
	switch {
	case client > clientBusy*float64(cores):
		return fmt.Sprintf("the load generator used %.1f of the machine's %d cores: it may be what limited the throughput, rather than the store", client, cores)
	case client+nodes > machineBusy*float64(cores):
		return fmt.Sprintf("load generator (%.1f) and nodes (%.1f) together used all of the machine's %d cores: the throughput is what the machine gives them", client, nodes, cores)
	}
	return ""
}
