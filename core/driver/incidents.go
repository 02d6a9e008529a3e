package driver

import (
	"fmt"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver/driverpb"
)

// incidentsKept is how many incidents of a run are archived one by one; those
// that come after are only counted.
const incidentsKept = 1000

// incidents passes on what befalls the sessions of a run.
type incidents struct {
	mu     sync.Mutex
	zero   time.Time
	outbox *outbox // nil until the run has begun
	counts map[IncidentKind]int
	total  int
}

func (i *incidents) begin(zero time.Time, outbox *outbox) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.zero, i.outbox, i.counts = zero, outbox, map[IncidentKind]int{}
}

// tell takes an incident. What happens before the run began is no part of it.
func (i *incidents) tell(incident Incident) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.outbox == nil {
		return
	}
	i.counts[incident.Kind]++
	if i.total++; i.total > incidentsKept {
		return
	}
	// When it cannot be sent the encoder meets the same error.
	_ = i.outbox.put(&driverpb.RunEvent{Event: &driverpb.RunEvent_Incident{Incident: &driverpb.Incident{
		AtNs: int64(time.Since(i.zero)), Kind: string(incident.Kind), Node: incident.Node, Detail: incident.Detail,
	}}})
}

// expired reports whether a session has expired.
func (i *incidents) expired() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.counts[SessionExpired] > 0
}

// warnings sums up the incidents, and takes none from then on.
func (i *incidents) warnings() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.outbox = nil
	var warnings []string
	if n := i.counts[SessionExpired]; n > 0 {
		warnings = append(warnings, fmt.Sprintf("sessions expired %d times: their ephemeral keys were gone, and operations failed meanwhile", n))
	}
	if n := i.counts[SessionLost]; n > 0 {
		warnings = append(warnings, fmt.Sprintf("sessions lost their connection %d times", n))
	}
	if i.total > incidentsKept {
		warnings = append(warnings, fmt.Sprintf("only the first %d of %d incidents are among the events", incidentsKept, i.total))
	}
	return warnings
}
