package raftstore

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/raft"
)

// Nodes are members of one cluster that live in this process.
type Nodes struct {
	mu      sync.Mutex
	configs map[string]Config
	running map[string]*node
}

// Provision says which nodes there are from now on. It starts none.
func (ns *Nodes) Provision(configs []Config) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.configs, ns.running = map[string]Config{}, map[string]*node{}
	for _, c := range configs {
		ns.configs[c.Name] = c
	}
}

// Start starts a node from what is in its folder. It returns when the node runs,
// whoever leads.
func (ns *Nodes) Start(name string) error {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	config, ok := ns.configs[name]
	if !ok {
		return fmt.Errorf("there is no node %s in this process", name)
	}
	if ns.running[name] != nil {
		return fmt.Errorf("node %s runs already", name)
	}
	n, err := startNode(config)
	if err != nil {
		return err
	}
	ns.running[name] = n
	return nil
}

// Stop ends a node in order.
func (ns *Nodes) Stop(name string) error { return ns.end(name, (*node).stop) }

// Kill ends a node as the death of its process would.
func (ns *Nodes) Kill(name string) error { return ns.end(name, (*node).kill) }

func (ns *Nodes) end(name string, how func(*node) error) error {
	ns.mu.Lock()
	n := ns.running[name]
	delete(ns.running, name)
	ns.mu.Unlock()
	if n == nil {
		return fmt.Errorf("node %s does not run", name)
	}
	return how(n)
}

// leader returns the node that leads, nil if none does.
func (ns *Nodes) leader() *node {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for _, n := range ns.running {
		if !n.stopped.Load() && n.raft.State() == raft.Leader {
			return n
		}
	}
	return nil
}

// at returns the running node at a place in the order of names, or after it.
func (ns *Nodes) at(index int) *node {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	nodes := make([]*node, 0, len(ns.running))
	for _, n := range ns.running {
		nodes = append(nodes, n)
	}
	if len(nodes) == 0 {
		return nil
	}
	slices.SortFunc(nodes, func(a, b *node) int { return strings.Compare(a.Name, b.Name) })
	return nodes[index%len(nodes)]
}
