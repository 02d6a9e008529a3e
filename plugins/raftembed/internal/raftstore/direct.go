package raftstore

import (
	"context"
	"errors"
	"time"
)

// direct carries commands by a call to the leader in the same process, which
// is what a program gets that embeds Raft and runs on the leader. Local reads
// and watches are served by the node at the session's index.
type direct struct {
	nodes    *Nodes
	index    int
	timeout  time.Duration // of one operation
	leading  *node         // as far as is known
	proposal *proposal
}

func (d *direct) close() {}

func (d *direct) do(ctx context.Context, c *command) result {
	if !c.kind.writes() && c.version >= local {
		if n := d.nodes.at(d.index); n != nil {
			return n.readLocal(ctx, d.timeout, c)
		}
		return classify(errNotLeader)
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	for {
		if d.leading == nil {
			d.leading = d.nodes.leader()
		}
		if d.leading != nil {
			r, err := d.leading.execute(ctx, c, d.proposal)
			if err == nil {
				return r
			}
			d.leading, d.proposal = nil, newProposal()
			if !errors.Is(err, errNotLeader) {
				return classify(err)
			}
		}
		select {
		case <-ctx.Done():
			return classify(errNotLeader)
		case <-time.After(retryEvery):
		}
	}
}

func newProposal() *proposal { return &proposal{done: make(chan struct{}, 1)} }

func (d *direct) watch(ctx context.Context, prefix string, after int64, take func([]change, int) bool) {
	for ctx.Err() == nil {
		n := d.nodes.at(d.index)
		if n == nil {
			select {
			case <-ctx.Done():
			case <-time.After(retryEvery):
			}
			continue
		}
		after = n.watch(ctx, prefix, after, take)
	}
}

func (d *direct) await(ctx context.Context, c *command) error {
	for {
		if n := d.nodes.at(d.index); n != nil && n.await(ctx, c) == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryEvery):
		}
	}
}
