package raftembed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// inside is the nodes that live in the plugin's process.
type inside struct {
	mu      sync.Mutex
	configs map[string]nodeConfig
	running map[string]*node
}

func (in *inside) provision(configs []nodeConfig) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.configs, in.running = map[string]nodeConfig{}, map[string]*node{}
	for _, c := range configs {
		in.configs[c.name] = c
	}
}

func (in *inside) start(name string) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	config, ok := in.configs[name]
	if !ok {
		return fmt.Errorf("there is no node %s inside the plugin", name)
	}
	if in.running[name] != nil {
		return fmt.Errorf("node %s runs already", name)
	}
	n, err := startNode(config)
	if err != nil {
		return err
	}
	in.running[name] = n
	return nil
}

func (in *inside) end(name string, how func(*node) error) error {
	in.mu.Lock()
	n := in.running[name]
	delete(in.running, name)
	in.mu.Unlock()
	if n == nil {
		return fmt.Errorf("node %s does not run", name)
	}
	return how(n)
}

// leader returns the node that leads, nil if none does.
func (in *inside) leader() *node {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, n := range in.running {
		if !n.stopped.Load() && n.raft.State() == raft.Leader {
			return n
		}
	}
	return nil
}

// at returns the running node at a place in the order of names, or after it.
func (in *inside) at(index int) *node {
	in.mu.Lock()
	defer in.mu.Unlock()
	nodes := make([]*node, 0, len(in.running))
	for _, n := range in.running {
		nodes = append(nodes, n)
	}
	if len(nodes) == 0 {
		return nil
	}
	slices.SortFunc(nodes, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	return nodes[index%len(nodes)]
}

// direct carries commands by a call to the leader in the same process, which
// is what a program gets that embeds Raft and runs on the leader. Local reads
// and watches are served by the node at the session's index.
type direct struct {
	nodes    *inside
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
