package raftembed

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// TestAWaitGoesOnAtAnotherNode kills the node of the session that waits.
func TestAWaitGoesOnAtAnotherNode(t *testing.T) {
	for _, placement := range []string{embedded, processes} {
		t.Run(placement, func(t *testing.T) {
			t.Parallel()
			r := deploy(t, 3, "placement", placement)
			drivertest.OutlivesNode(t, r.session(0), r.session(1), func(ctx context.Context) error {
				return r.KillNode(ctx, r.Names()[0])
			})
		})
	}
}

// until fails the test if something does not come true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// TestAnAbandonedSessionLeavesNothing but its keys; TestMain looks for what it
// has left running.
func TestAnAbandonedSessionLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		dying, observer := r.session(0), r.session(1)
		events, err := dying.Watch(t.Context(), []byte("/e/"))
		if err != nil {
			t.Fatal(err)
		}
		key, err := dying.CreateEphemeralSequential(t.Context(), []byte("/e/s-"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(dying.Abandon(), dying.Abandon(), dying.Close()); err != nil {
			t.Fatal(err)
		}
		for range events { // it is closed
		}
		if _, err := observer.Get(t.Context(), []byte(key)); err != nil {
			t.Errorf("the key of a session that was abandoned: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := observer.AwaitAbsent(ctx, []byte(key)); err != nil {
			t.Errorf("the key of a session that was abandoned stays: %v", err)
		}
	})
}
