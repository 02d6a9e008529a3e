package zookeeper

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// TestAWaitGoesOnAtAnotherServer kills the server of the session that waits.
func TestAWaitGoesOnAtAnotherServer(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Nodes: 3, Timeout: 2 * time.Second, Options: quick("session-timeout", "10s")})
	store := open(t, deployed.Setup)
	drivertest.OutlivesNode(t, store.must(t, 0), store.must(t, 1), func(ctx context.Context) error {
		return deployed.KillNode(ctx, deployed.Names()[0])
	})
}

// TestAWaitSeesWhatHappenedWhileItWasCut deletes and creates a key anew while
// the waiting session has no connection.
func TestAWaitSeesWhatHappenedWhileItWasCut(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Options: quick("session-timeout", "10s")})
	store := open(t, deployed.Setup)
	waiter, other := store.must(t, 0), store.must(t, 1)
	if err := other.Create(t.Context(), []byte("/a"), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- waiter.AwaitAbsent(ctx, []byte("/a")) }()
	for { // nobody tells when the wait has begun: until it was in time
		for waiter.zk().State() != zk.StateHasSession {
			waiter.pause(ctx)
		}
		waiter.turns.mu.Lock() // it does not come to dial
		waiter.breakOff(false)
		for waiter.zk().State() == zk.StateHasSession {
			waiter.pause(ctx)
		}
		err := errors.Join(other.Delete(ctx, []byte("/a")), other.Create(ctx, []byte("/a"), nil))
		waiter.turns.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			return
		case <-time.After(2 * time.Second):
		}
	}
}

// TestAWaitOutlivesItsSession gives the session up, as the guard would.
func TestAWaitOutlivesItsSession(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Options: quick()})
	store := open(t, deployed.Setup)
	waiter, other := store.must(t, 0), store.must(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- waiter.AwaitPresent(ctx, []byte("/a")) }()
	time.Sleep(300 * time.Millisecond)
	waiter.breakOff(true)
	if err := other.Create(ctx, []byte("/a"), nil); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := waiter.Set(ctx, []byte("/a"), nil); err != nil {
		t.Error(err)
	}
}

// TestAnAbandonedSessionLeavesNothing but its znodes; TestMain looks for what it
// has left running.
func TestAnAbandonedSessionLeavesNothing(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Options: quick("session-timeout", "5s")})
	store := open(t, deployed.Setup)
	incidents := make(chan driver.Incident, 10)
	store.Notify(func(i driver.Incident) { incidents <- i })
	dying, observer := store.must(t, 0), store.must(t, 1)
	events, err := dying.Watch(t.Context(), []byte("/e/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dying.CreateEphemeral(t.Context(), []byte("/e/a"), nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(dying.Abandon(), dying.Abandon(), dying.Close()); err != nil {
		t.Fatal(err)
	}
	for range events { // it is closed
	}
	_, stat, err := observer.zk().Get("/e/a")
	if err != nil || stat.EphemeralOwner != dying.zk().SessionID() {
		t.Errorf("the znode of a session that was abandoned: %+v, %v", stat, err)
	}
	if err := dying.Create(t.Context(), []byte("/e/b"), nil); err == nil {
		t.Error("a session that was abandoned still writes")
	}
	// One that is without a connection cannot come back.
	later := store.must(t, 0)
	if err := deployed.KillNode(t.Context(), deployed.Names()[0]); err != nil {
		t.Fatal(err)
	}
	if err := later.Abandon(); err != nil {
		t.Fatal(err)
	}
	for len(incidents) > 0 {
		if i := <-incidents; i.Kind == driver.SessionExpired {
			t.Errorf("%+v", i)
		}
	}
}
