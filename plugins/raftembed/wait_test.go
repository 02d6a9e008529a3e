package raftembed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/core/sample"
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

// waiting returns how many keys are waited for at a node.
func (m *machine) waiting() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.waits)
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

// TestAWaitUsesTheConnectionOfItsSession serves a node that lives in this
// process over TCP.
func TestAWaitUsesTheConnectionOfItsSession(t *testing.T) {
	r := deploy(t, 1)
	n := r.driver.(*raftembed).nodes.at(0)
	served, err := serve(n, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer served.stop()
	to := &remote{endpoints: []string{served.listener.Addr().String()}, timeout: time.Minute}
	defer to.close()
	put := func(ctx context.Context, key string) {
		t.Helper()
		if r := to.do(ctx, &command{kind: kindPut, key: []byte(key)}); r.status != sample.OK {
			t.Fatal(r)
		}
	}
	connections := func() int {
		served.mu.Lock()
		defer served.mu.Unlock()
		return len(served.conns)
	}

	// One that is given up is forgotten, and costs no other operation.
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		put(ctx, "/before")
		ended := make(chan error, 1)
		go func() { ended <- to.await(ctx, &command{kind: kindAwaitPresent, key: []byte("/a")}) }()
		until(t, "the node knows of the wait", func() bool { return n.machine.waiting() == 1 })
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that was cancelled came to %v", err)
		}
		until(t, "the node has forgotten the wait", func() bool { return n.machine.waiting() == 0 })
	}
	put(t.Context(), "/after")

	// One that comes to its end leaves the connection to the next operation.
	for i := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		key := fmt.Sprint("/b", i)
		ended := make(chan error, 1)
		go func() { ended <- to.await(ctx, &command{kind: kindAwaitPresent, key: []byte(key)}) }()
		until(t, "the node knows of the wait", func() bool { return n.machine.waiting() == 1 })
		if err := r.session(0).Create(t.Context(), []byte(key), nil); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil || connections() != 1 {
			t.Errorf("%v, with %d connections", err, connections())
		}
		put(ctx, "/after")
		cancel()
		put(t.Context(), "/after") // dials anew, without an error
	}
}

func TestAStateThatIsRestoredEndsWaits(t *testing.T) {
	whole, m := newMachine(), newMachine()
	for _, key := range []string{"/a", "/b"} {
		whole.apply(&command{kind: kindCreate, key: []byte(key)})
	}
	m.apply(&command{kind: kindCreate, key: []byte("/c")})
	ends := []*wait{m.await("/a", true), m.await("/c", false)}
	goesOn := []*wait{m.await("/d", true), m.await("/d", true)}
	if err := m.Restore(io.NopCloser(bytes.NewReader(snapshotOf(t, whole)))); err != nil {
		t.Fatal(err)
	}
	for _, w := range ends {
		select {
		case <-w.over:
		default:
			t.Errorf("the wait for %s goes on", w.key)
		}
		m.forget(w) // does no harm
	}
	m.forget(goesOn[0])
	m.apply(&command{kind: kindCreate, key: []byte("/d")})
	select {
	case <-goesOn[0].over:
		t.Error("a wait that was forgotten has ended")
	default:
	}
	<-goesOn[1].over
	if left := m.waiting(); left != 0 {
		t.Errorf("%d keys are waited for by nobody", left)
	}
}

func TestATransactionIsDecidedAsAWhole(t *testing.T) {
	m := newMachine()
	keys := [][]byte{[]byte("/a"), []byte("/b")}
	for _, key := range keys {
		m.apply(&command{kind: kindCreate, key: key, value: []byte("0")})
	}
	image := snapshotOf(t, m)
	set := func(keys ...[]byte) result {
		values := slices.Repeat([][]byte{[]byte("1")}, len(keys))
		return m.apply(&command{kind: kindSetAll, value: appendPairs(nil, keys, values)})
	}
	if r := set(keys[0], []byte("/absent"), keys[1]); r.status != sample.NotFound {
		t.Errorf("with an absent key: %v", r.status)
	}
	if r := m.apply(&command{kind: kindSetAll, value: []byte("\xff")}); r.status != sample.Other {
		t.Errorf("malformed: %v", r.status)
	}
	if !bytes.Equal(image, snapshotOf(t, m)) {
		t.Error("a transaction that failed has changed the state")
	}
	if r := set(keys...); r.status != sample.OK || r.version != 4 {
		t.Errorf("%+v", r)
	}
	for _, key := range keys {
		if got := m.read(&command{kind: kindGet, key: key}); string(got.value) != "1" {
			t.Errorf("%s has the value %q", key, got.value)
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
