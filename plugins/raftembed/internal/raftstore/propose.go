package raftstore

import (
	"context"
	"errors"

	"github.com/hashicorp/raft"
)

const (
	maxBatch = 256 // commands in one log entry
	inFlight = 4   // log entries that are proposed and not yet applied
)

// proposal is a command on its way through the log. Its owner may use it again
// once done has been received from.
type proposal struct {
	command []byte // encoded
	result  result
	err     error
	done    chan struct{} // of capacity 1
}

// batch is a log entry on its way, with the proposals in it.
type batch struct {
	proposals []*proposal
	future    raft.ApplyFuture
}

// propose packs the commands that wait into log entries. While some entries
// are on their way the next commands gather, so that a busy node writes few
// large entries and an idle one does not wait.
func (n *node) propose() {
	defer close(n.waiting)
	var packed []byte
	for {
		var first *proposal
		select {
		case <-n.stopping:
			n.refuse()
			return
		case first = <-n.proposals:
		}
		b := batch{proposals: []*proposal{first}}
		packed = append(packed[:0], first.command...)
	gather:
		for len(b.proposals) < maxBatch {
			select {
			case p := <-n.proposals:
				b.proposals = append(b.proposals, p)
				packed = append(packed, p.command...)
			default:
				break gather
			}
		}
		b.future = n.raft.Apply(append([]byte(nil), packed...), 0)
		select {
		case n.waiting <- b:
		case <-n.stopping:
			b.finish(raft.ErrRaftShutdown)
			n.refuse()
			return
		}
	}
}

// refuse answers the proposals that came too late.
func (n *node) refuse() {
	for {
		select {
		case p := <-n.proposals:
			p.err = raft.ErrRaftShutdown
			p.done <- struct{}{}
		default:
			return
		}
	}
}

// answer hands the results of applied entries to their proposers.
func (n *node) answer() {
	for b := range n.waiting {
		b.finish(b.future.Error())
	}
}

func (b batch) finish(err error) {
	var results []result
	if err == nil {
		results, _ = b.future.Response().([]result)
	}
	for i, p := range b.proposals {
		p.err = err
		if err == nil && i < len(results) {
			p.result = results[i]
		}
		p.done <- struct{}{}
	}
}

// execute executes a command as the leader. errNotLeader is returned before
// anything was done; any other error leaves open whether a write took effect,
// and p is then not the caller's any more.
func (n *node) execute(ctx context.Context, c *command, p *proposal) (result, error) {
	if n.stopped.Load() || n.raft.State() != raft.Leader {
		return result{}, errNotLeader
	}
	switch {
	case c.kind == kindKeepAlive:
		n.alive(c.session)
		return result{}, nil
	case !c.kind.writes():
		if err := n.readers.wait(ctx); err != nil {
			return result{}, err
		}
		return n.machine.read(c), nil
	}
	p.command = appendCommand(p.command[:0], c)
	select {
	case n.proposals <- p:
	case <-n.stopping:
		return result{}, errNotLeader
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return result{}, ctx.Err()
	case <-n.stopping:
		return result{}, raft.ErrRaftShutdown
	}
	switch {
	case p.err == nil:
		return p.result, nil
	case errors.Is(p.err, raft.ErrNotLeader), errors.Is(p.err, raft.ErrLeadershipTransferInProgress):
		return result{}, errNotLeader
	}
	return result{}, p.err
}
