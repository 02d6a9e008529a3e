package experiment

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

// TestAClockThatIsSetMovesNothing has a plugin whose wall clock was another when
// it read the run's zero than benchctl's is when it hears of it.
func TestAClockThatIsSetMovesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		set, early time.Duration
	}{
		"not set":             {0, 0},
		"not set, heard late": {0, 300 * time.Millisecond},
		"an hour on":          {time.Hour, 0},
		"an hour back":        {-time.Hour, 0},
		"a second back":       {-time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var sampled, began time.Duration
				w.Sample = func(ctx context.Context, zero time.Time, _ Cluster, _ int, _ func(record.NodeSecond)) {
					sampled = time.Since(zero)
					<-ctx.Done()
				}
				w.load = func(_ context.Context, r protocol.RunRequest, sink protocol.Sink) error {
					time.Sleep(time.Second) // sessions are opened
					began = c.early
					zero := time.Now().Round(0).Add(-c.set) // as it comes over the protocol
					time.Sleep(c.early)
					err := sink.Started(zero, "")
					time.Sleep(2 * time.Second)
					w.clusters[0].lose("node-2")
					for phase := range r.Load.Stages() {
						err = errors.Join(err, sink.PhaseStarted(phase, 0), sink.PhaseEnded(phase, time.Second, 10, 0))
					}
					return err
				}
				if _, err := w.Execute(t.Context(), planOf(t, repeated(1))); err != nil {
					t.Fatal(err)
				}
				if sampled != began {
					t.Errorf("processes are sampled from %v on, want %v", sampled, began)
				}
				for _, e := range w.runs[0].events {
					if e.Kind == "node-exited" && e.At != began+2*time.Second {
						t.Errorf("a node was lost at %v, want %v", e.At, began+2*time.Second)
					}
				}
			})
		})
	}
}

func TestWhatIsWrittenIsSaidOnlyWhereItIsCountedTruly(t *testing.T) {
	for _, folds := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.foldsWrites = folds
			w.Sample = func(_ context.Context, _ time.Time, _ Cluster, _ int, report func(record.NodeSecond)) {
				report(record.NodeSecond{Node: "node-1", WrittenBytes: new(int64(1 << 30)), HandedBytes: new(int64(200))})
			}
			if _, err := w.Execute(t.Context(), planOf(t, repeated(1))); err != nil {
				t.Fatal(err)
			}
			s := w.runs[0].seconds[0]
			if (s.WrittenBytes == nil) != folds || s.HandedBytes == nil || *s.HandedBytes != 200 {
				t.Errorf("writes are folded: %v; archived %+v", folds, s)
			}
		})
	}
}
