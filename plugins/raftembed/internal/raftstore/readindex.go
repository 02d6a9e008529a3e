package raftstore

import (
	"context"
	"sync"

	"github.com/hashicorp/raft"
)

// readIndex makes reads of the leader's state linearizable. A write is
// acknowledged once the leader of its time has applied it. So a read of this
// node's state sees all that was acknowledged before it began if
//
//   - this node had applied everything committed in earlier terms (a barrier
//     at the beginning of its term), and
//   - a majority confirmed after the read began that this node still leads, so
//     that nobody else can have acknowledged anything in the meantime.
//
// The confirmation is shared by all reads that wait for it together.
type readIndex struct {
	raft     *raft.Raft
	stopping <-chan struct{}

	mu      sync.Mutex
	next    *confirmation
	begin   chan struct{} // of capacity 1: somebody waits for next
	settled uint64        // the term whose barrier has passed
}

// confirmation is one round of asking the majority.
type confirmation struct {
	done chan struct{}
	err  error
}

func newReadIndex(r *raft.Raft, stopping <-chan struct{}) *readIndex {
	return &readIndex{raft: r, stopping: stopping, next: newConfirmation(), begin: make(chan struct{}, 1)}
}

func newConfirmation() *confirmation { return &confirmation{done: make(chan struct{})} }

// wait returns once this node's state may be read.
func (r *readIndex) wait(ctx context.Context) error {
	r.mu.Lock()
	mine := r.next
	r.mu.Unlock()
	select {
	case r.begin <- struct{}{}:
	default:
	}
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.stopping:
		return errNotLeader
	}
}

func (r *readIndex) run() {
	for {
		select {
		case <-r.stopping:
			return
		case <-r.begin:
		}
		round := r.take() // whoever comes from now on waits for the next round
		round.finish(r.confirm())
	}
}

func (r *readIndex) take() *confirmation {
	r.mu.Lock()
	defer r.mu.Unlock()
	round := r.next
	r.next = newConfirmation()
	return round
}

func (c *confirmation) finish(err error) {
	c.err = err
	close(c.done)
}

func (r *readIndex) confirm() error {
	term := r.raft.CurrentTerm()
	if term != r.settled {
		if err := r.raft.Barrier(ownWithin).Error(); err != nil {
			return errNotLeader
		}
		if r.raft.CurrentTerm() != term {
			return errNotLeader
		}
		r.settled = term
	}
	if err := r.raft.VerifyLeader().Error(); err != nil || r.raft.CurrentTerm() != term {
		return errNotLeader
	}
	return nil
}
