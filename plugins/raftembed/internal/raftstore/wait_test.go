package raftstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"
)

// waiting returns how many keys are waited for at a node.
func (m *machine) waiting() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.waits)
}

func TestAWaitUsesTheConnectionOfItsSession(t *testing.T) {
	t.Parallel()
	r := deploy(t, 1, called)
	n := r.nodes.at(0)
	at, err := serve(n, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer at.stop()
	to := &remote{endpoints: []string{at.listener.Addr().String()}, timeout: time.Minute}
	defer to.close()
	put := func(ctx context.Context, key string) {
		t.Helper()
		if r := to.do(ctx, &command{kind: kindPut, key: []byte(key)}); r.class != OK {
			t.Fatal(r)
		}
	}
	connections := func() int {
		at.mu.Lock()
		defer at.mu.Unlock()
		return len(at.conns)
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
	if r := set(keys[0], []byte("/absent"), keys[1]); r.class != NotFound {
		t.Errorf("with an absent key: %v", r.class)
	}
	if r := m.apply(&command{kind: kindSetAll, value: []byte("\xff")}); r.class != Malformed {
		t.Errorf("malformed: %v", r.class)
	}
	if !bytes.Equal(image, snapshotOf(t, m)) {
		t.Error("a transaction that failed has changed the state")
	}
	if r := set(keys...); r.class != OK || r.version != 4 {
		t.Errorf("%+v", r)
	}
	for _, key := range keys {
		if got := m.read(&command{kind: kindGet, key: key}); string(got.value) != "1" {
			t.Errorf("%s has the value %q", key, got.value)
		}
	}
}
