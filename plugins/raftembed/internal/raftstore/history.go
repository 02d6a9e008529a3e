package raftstore

import (
	"context"
	"strings"
)

// A node keeps the last changes for watches that begin again after a lost
// connection: so many, and of so many bytes in keys and values.
const (
	historyLength = 1 << 14
	historyBytes  = 32 << 20
)

// ChangeKind is what a change does to a key.
type ChangeKind string

// The kinds of changes, as they stand in the protocol.
const (
	Created ChangeKind = "created"
	Changed ChangeKind = "changed"
	Deleted ChangeKind = "deleted"
)

// change is one entry of the history.
type change struct {
	revision int64
	kind     ChangeKind
	key      string
	value    []byte // shared with the entry
}

func (c *change) size() int { return len(c.key) + len(c.value) }

// record counts a change, tells those who wait for it, and keeps it, for which
// older ones may have to go.
func (m *machine) record(c change) {
	m.revision++
	c.revision = m.revision
	m.held += c.size()
	for m.floor < m.revision-historyLength || m.held > historyBytes && m.floor < m.revision-1 {
		m.floor++
		oldest := &m.history[m.floor%historyLength]
		m.held -= oldest.size()
		*oldest = change{}
	}
	m.history[m.revision%historyLength] = c
	switch c.kind {
	case Created:
		m.seen(c.key, true)
	case Deleted:
		m.seen(c.key, false)
	}
}

// changesAfter waits for changes of keys with a prefix that came after a
// revision, and returns them with the revision up to which it has looked and
// the number, at most, that were no longer in the history. It returns none when stopped
// reports true; whoever makes it so calls wake.
func (m *machine) changesAfter(revision int64, prefix string, stopped func() bool) (found []change, upTo int64, missed int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for {
		if revision < m.floor {
			missed += int(m.floor - revision)
			revision = m.floor
		}
		for revision < m.revision {
			revision++
			if c := m.history[revision%historyLength]; c.kind != "" && strings.HasPrefix(c.key, prefix) {
				found = append(found, c)
			}
		}
		if len(found) > 0 || missed > 0 || stopped() {
			return found, revision, missed
		}
		m.changed.Wait()
	}
}

// wake makes every waiting watch look whether it is stopped.
func (m *machine) wake() {
	m.mu.Lock() // a watch is either before its look or waits
	defer m.mu.Unlock()
	m.changed.Broadcast()
}

// watch hands over changes until ctx or the node ends or take returns false,
// and returns the revision up to which it has handed them over.
func (n *node) watch(ctx context.Context, prefix string, after int64, take func([]change, int) bool) int64 {
	defer context.AfterFunc(ctx, n.machine.wake)()
	over := func() bool { return ctx.Err() != nil || n.stopped.Load() }
	for {
		changes, upTo, missed := n.machine.changesAfter(after, prefix, over)
		if over() || !take(changes, missed) {
			return after
		}
		after = upTo
	}
}
