package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
)

// incidentsKept is how many incidents of a run are archived one by one; those
// that come after are only counted.
const incidentsKept = 1000

// endpointsKept is how many endpoints are told apart, of which a cluster has few.
const endpointsKept = 100

// incidents passes on what befalls the sessions of a run.
type incidents struct {
	mu     sync.Mutex
	zero   time.Time
	outbox *Outbox // nil until the run has begun
	counts map[driver.IncidentKind]int
	lost   map[string]int // connections, by the endpoint that they were to
	total  int
}

func (i *incidents) begin(zero time.Time, outbox *Outbox) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.zero, i.outbox, i.counts, i.lost = zero, outbox, map[driver.IncidentKind]int{}, map[string]int{}
}

// tell takes an incident. What happens before the run began is no part of it.
func (i *incidents) tell(incident driver.Incident) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.outbox == nil {
		return
	}
	i.counts[incident.Kind]++
	if _, known := i.lost[incident.Node]; incident.Kind == driver.SessionLost && (known || len(i.lost) < endpointsKept) {
		i.lost[incident.Node]++
	}
	if i.total++; i.total > incidentsKept {
		return
	}
	// When it cannot be sent the encoder meets the same error.
	_ = i.outbox.Put(protocol.Incident(time.Since(i.zero), incident))
}

// expired reports whether a session has expired.
func (i *incidents) expired() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.counts[driver.SessionExpired] > 0
}

// warnings sums up the incidents, and takes none from then on.
func (i *incidents) warnings() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.outbox = nil
	var warnings []string
	if n := i.counts[driver.SessionExpired]; n > 0 {
		warnings = append(warnings, fmt.Sprintf("sessions expired %d times: their ephemeral keys were gone, and operations failed meanwhile", n))
	}
	if n := i.counts[driver.SessionLost]; n > 0 {
		warnings = append(warnings, fmt.Sprintf("sessions lost their connection %d times%s", n, i.where()))
	}
	if i.total > incidentsKept {
		warnings = append(warnings, fmt.Sprintf("only the first %d of %d incidents are among the events", incidentsKept, i.total))
	}
	return warnings
}

// where says to which endpoints connections were lost, if that is known.
func (i *incidents) where() string {
	var places []string
	for _, endpoint := range slices.Sorted(maps.Keys(i.lost)) {
		if endpoint != "" {
			places = append(places, fmt.Sprintf("%s (%d)", endpoint, i.lost[endpoint]))
		}
	}
	if len(places) == 0 {
		return ""
	}
	return ", to " + strings.Join(places, ", ")
}
