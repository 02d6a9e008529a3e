package raftstore

import (
	"context"
	"slices"
	"time"
)

// wait is for a key to be present or absent.
type wait struct {
	key     string
	present bool
	over    chan struct{} // closed when it was seen so
}

// await begins a wait, which may be over at once.
func (m *machine) await(key string, present bool) *wait {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &wait{key, present, make(chan struct{})}
	m.waits[key] = append(m.waits[key], w)
	m.seen(key, m.byKey[key] != nil)
	return w
}

// seen ends the waits for a key to be present or absent. The lock is held.
func (m *machine) seen(key string, present bool) {
	m.drop(key, func(w *wait) bool {
		if w.present == present {
			close(w.over)
		}
		return w.present == present
	})
}

// forget takes a wait back that may be over or not.
func (m *machine) forget(w *wait) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(w.key, func(other *wait) bool { return other == w })
}

func (m *machine) drop(key string, which func(*wait) bool) {
	waits, ok := m.waits[key]
	if !ok {
		return
	}
	if waits = slices.DeleteFunc(waits, which); len(waits) == 0 {
		delete(m.waits, key)
		return
	}
	m.waits[key] = waits
}

// reach waits until the state is no older than a revision, or stopped reports
// true; whoever makes it so calls wake.
func (m *machine) reach(revision int64, stopped func() bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for m.revision < revision && !stopped() {
		m.changed.Wait()
	}
}

// await returns once a key was as awaited in this node's state, in one no older
// than the command says.
func (n *node) await(ctx context.Context, c *command) error {
	if err := n.reach(ctx, c.version); err != nil {
		return err
	}
	w := n.machine.await(string(c.key), c.kind == kindAwaitPresent)
	defer n.machine.forget(w)
	select {
	case <-w.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-n.stopping:
		return errNotLeader
	}
}

// readLocal answers from this node's state, whoever leads, once that is no older
// than what the session has seen.
func (n *node) readLocal(ctx context.Context, within time.Duration, c *command) result {
	if seen := c.version - local; n.machine.latest() < seen {
		ctx, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		if err := n.reach(ctx, seen); err != nil {
			return classify(err)
		}
	}
	return n.machine.read(c)
}

// reach waits until this node's state is no older than a revision.
func (n *node) reach(ctx context.Context, revision int64) error {
	defer context.AfterFunc(ctx, n.machine.wake)()
	n.machine.reach(revision, func() bool { return ctx.Err() != nil || n.stopped.Load() })
	if n.stopped.Load() {
		return errNotLeader
	}
	return ctx.Err()
}
