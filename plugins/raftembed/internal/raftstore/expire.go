package raftstore

import (
	"context"
	"time"

	"github.com/hashicorp/raft"
)

const expiryEvery = 100 * time.Millisecond

// expire closes the sessions that have given no sign of life for their
// timeout. Only the leader does so; a new one gives every session a full
// timeout first.
func (n *node) expire() {
	tick := time.NewTicker(expiryEvery)
	defer tick.Stop()
	var led uint64 // the term in which we were leader at the last look
	for {
		select {
		case <-n.stopping:
			return
		case <-tick.C:
		}
		if n.raft.State() != raft.Leader {
			led = 0
			continue
		}
		if term := n.raft.CurrentTerm(); term != led {
			led = term
			n.mu.Lock()
			clear(n.seen)
			n.mu.Unlock()
		}
		for _, id := range n.silent() {
			p := &proposal{done: make(chan struct{}, 1)}
			ctx, cancel := context.WithTimeout(context.Background(), ownWithin)
			// When it fails the session is still there at the next look.
			_, _ = n.execute(ctx, &command{kind: kindCloseSession, session: id}, p)
			cancel()
		}
	}
}

// silent returns the sessions whose timeout has passed.
func (n *node) silent() []uint64 {
	sessions := n.machine.sessionTimeouts()
	n.mu.Lock()
	defer n.mu.Unlock()
	var silent []uint64
	now := time.Now()
	for id, timeout := range sessions {
		seen, known := n.seen[id]
		if !known {
			n.seen[id] = now
		} else if now.Sub(seen) > time.Duration(timeout) {
			silent = append(silent, id)
		}
	}
	for id := range n.seen {
		if _, open := sessions[id]; !open {
			delete(n.seen, id)
		}
	}
	return silent
}

func (n *node) alive(session uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen[session] = time.Now()
}
