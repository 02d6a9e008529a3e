package etcd

import (
	"context"
	"errors"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// openAll opens a store with some sessions.
func openAll(t *testing.T, setup driver.Setup, sessions int) []*session {
	t.Helper()
	store, err := Driver().Open(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*session, sessions)
	for i := range all {
		opened, err := store.Session(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { opened.Close() })
		all[i] = opened.(*session)
	}
	return all
}

// TestAWaitGoesOnAtAnotherNode kills the node of the session that waits.
func TestAWaitGoesOnAtAnotherNode(t *testing.T) {
	t.Parallel()
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{Nodes: 3, Timeout: 2 * time.Second, Options: map[string]string{"election": "500ms"}})
	all := openAll(t, deployed.Setup, 2)
	drivertest.OutlivesNode(t, all[0], all[1], func(ctx context.Context) error {
		return deployed.KillNode(ctx, deployed.Names()[0])
	})
}

// TestAnAbandonedSessionLeavesNothing but its lease; TestMain looks for what it
// has left running.
func TestAnAbandonedSessionLeavesNothing(t *testing.T) {
	t.Parallel()
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{Timeout: time.Second, Options: quick})
	all := openAll(t, deployed.Setup, 2)
	dying, observer := all[0], all[1]
	incidents := make(chan driver.Incident, 10)
	dying.store.Notify(func(i driver.Incident) { incidents <- i })
	events, err := dying.Watch(t.Context(), []byte("/e/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dying.CreateEphemeral(t.Context(), []byte("/e/a"), nil); err != nil {
		t.Fatal(err)
	}
	id := dying.lease.id
	if err := errors.Join(dying.Abandon(), dying.Abandon(), dying.Close()); err != nil {
		t.Fatal(err)
	}
	for range events { // it is closed
	}
	left, err := observer.client.TimeToLive(t.Context(), id, clientv3.WithAttachedKeys())
	if err != nil || left.TTL <= 0 || len(left.Keys) != 1 {
		t.Errorf("the lease of a session that was abandoned: %+v, %v", left, err)
	}
	if err := dying.Create(t.Context(), []byte("/e/b"), nil); err == nil {
		t.Error("a session that was abandoned still writes")
	}
	if len(incidents) > 0 {
		t.Errorf("incident %+v", <-incidents)
	}
}
