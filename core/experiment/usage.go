package experiment

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
)

// Shares of the cores that the run may use above which they, and not the store, may be
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
func (u *usage) warning(e record.Environment) string {
	cores := usable(e)
	if u.seconds == 0 || cores == 0 {
		return ""
	}
	of := "the machine's " + count(e.Cores, "core")
	if cores < float64(e.Cores) {
		of = "the " + format.Cores(cores) + " that it is limited to"
	}
	client, nodes := u.client/u.seconds, u.nodes/u.seconds
	switch {
	case client > clientBusy*cores:
		return fmt.Sprintf("the load generator used more than %.0f %% of %s: it may be what limited the throughput, rather than the store", 100*clientBusy, of)
	case client+nodes > machineBusy*cores:
		return fmt.Sprintf("load generator and nodes together used all of %s: the throughput is what the machine gives them", of)
	}
	return ""
}

// sampling archives every second what the processes of a run use, from its zero
// to its load's end.
type sampling struct {
	mu   sync.Mutex
	used usage

	stop context.CancelFunc // nil: it has not begun
	done sync.WaitGroup
}

// begin lets sample report until end is called.
func (s *sampling) begin(into NoteWriter, sample func(context.Context, func(record.NodeSecond))) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.done.Go(func() {
		sample(ctx, func(second record.NodeSecond) {
			s.mu.Lock()
			s.used.add(second)
			s.mu.Unlock()
			_ = into.NodeSecond(second) // an archive that takes none says so when the run is finished
		})
	})
}

func (s *sampling) phase(warmup bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used.phase(warmup)
}

// end ends the sampling, and says what the machine may have limited.
func (s *sampling) end(e record.Environment) (warning string) {
	if s.stop == nil {
		return ""
	}
	s.stop()
	s.done.Wait()
	return s.used.warning(e)
}
