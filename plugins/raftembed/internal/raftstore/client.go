package raftstore

import (
	"context"
	"time"
)

// Client is how sessions reach a cluster: the nodes of this process by calls,
// or those of Endpoints over TCP.
type Client struct {
	Nodes          *Nodes
	Endpoints      []string      // the nodes' addresses for clients; nil to call Nodes
	Timeout        time.Duration // of one operation
	SessionTimeout time.Duration // silence of a session after which its ephemeral keys vanish
	Local          bool          // reads are those of the session's own node
}

// Ready waits until there is a leader that has finished its barrier. If ctx ends
// before, it returns the error of the last try.
func (c *Client) Ready(ctx context.Context) error {
	to := c.requester(0)
	defer to.close()
	for {
		r := to.do(ctx, &command{kind: kindSync})
		if err := r.failure(); err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// Session opens a session, which says nothing to the cluster before its first
// operation. Sessions go to the nodes in turn, by their index.
func (c *Client) Session(index int) *Session {
	dial := func() requester { return c.requester(index) }
	s := &Session{requester: dial(), dial: dial, timeout: c.SessionTimeout}
	s.living, s.leave = context.WithCancel(context.Background())
	if c.Local {
		s.local = local
	}
	return s
}

func (c *Client) requester(index int) requester {
	if c.Endpoints != nil {
		return &remote{endpoints: c.Endpoints, index: index, timeout: c.Timeout}
	}
	return &direct{nodes: c.Nodes, index: index, timeout: c.Timeout, proposal: newProposal()}
}

// requester carries the commands of one session to the cluster. do is called
// by one goroutine at a time; the result's slices are valid until its next
// call.
type requester interface {
	do(ctx context.Context, c *command) result
	// watch hands over the changes of keys with a prefix that come after a
	// revision, until ctx ends.
	watch(ctx context.Context, prefix string, after int64, take func(changes []change, missed int) bool)
	// await returns once the session's node, or one after it, has seen what a
	// command awaits, or with the error of ctx.
	await(ctx context.Context, c *command) error
	close()
}
