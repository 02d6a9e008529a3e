package raftstore

import (
	"context"
	"errors"
	"time"
)

// connection executes the requests of one client, and forwards to the leader
// what only the leader can do.
type connection struct {
	node     *node
	proposal *proposal
	leader   *dialed // to the client port of the leader
}

func (c *connection) execute(ctx context.Context, command *command, forwarded bool, timeout time.Duration) result {
	if !command.kind.writes() && command.version >= local {
		return c.node.readLocal(ctx, timeout, command)
	}
	deadline := time.Now().Add(timeout)
	connected := ctx
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for {
		r, err := c.node.execute(ctx, command, c.proposal)
		if err == nil {
			return r
		}
		c.proposal = newProposal()
		if !errors.Is(err, errNotLeader) {
			return classify(err)
		}
		if forwarded {
			return result{class: classMoved}
		}
		if r, done := c.forward(connected, deadline, command); done {
			return r
		}
		select {
		case <-ctx.Done():
			return classify(errNotLeader)
		case <-time.After(retryEvery):
		}
	}
}

// forward asks the leader; done is false if the command was certainly not
// executed and may be tried again.
func (c *connection) forward(ctx context.Context, deadline time.Time, command *command) (r result, done bool) {
	leader, ok := c.node.leader()
	if !ok || leader.Name == c.node.Name {
		return result{}, false
	}
	if c.leader == nil || c.leader.address != leader.Client {
		c.forget()
		conn, err := dial(ctx, leader.Client)
		if err != nil {
			return result{}, false
		}
		c.leader = conn
	}
	r, err := c.leader.request(ctx, deadline, command, flagForwarded)
	switch {
	case err != nil:
		c.forget()
		return classify(err), true
	case r.class == classMoved:
		return result{}, false
	}
	return r, true
}

func (c *connection) forget() {
	if c.leader != nil {
		c.leader.close()
		c.leader = nil
	}
}
