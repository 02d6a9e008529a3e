package raftstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"go.uber.org/goleak"

	servers "github.com/benchctl/benchctl/core/node"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The ways in which sessions reach the nodes, which live in the test's process.
const (
	called = "called"
	served = "served" // over TCP
)

// patience keeps a machine that stands still for seconds from electing leaders
// that no test asks for. Nobody waits that long: see elect.
const patience = 30 * time.Second

// rig is a cluster under test.
type rig struct {
	t        testing.TB
	nodes    Nodes
	configs  []Config
	services map[string]*service // of nodes that are served
	client   Client
}

// deploy starts a cluster.
func deploy(t testing.TB, nodes int, way string, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, services: map[string]*service{}}
	r.client = Client{Nodes: &r.nodes, Timeout: time.Minute, SessionTimeout: 6 * time.Second}
	places, err := servers.Places(t.TempDir(), nodes, 2)
	if err != nil {
		t.Fatal(err)
	}
	var peers []Peer
	for i, place := range places {
		address := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
		p := Peer{Name: fmt.Sprint("node-", i+1), Raft: address(place.Ports[0])}
		if way == served {
			p.Client = address(place.Ports[1])
			r.client.Endpoints = append(r.client.Endpoints, p.Client)
		}
		peers = append(peers, p)
	}
	for i, p := range peers {
		config := Config{
			Peer: p, Peers: peers, Dir: places[i].Dir, Sync: true,
			Heartbeat: patience, Election: patience, SnapshotThreshold: 100_000, OwnLog: true,
		}
		for _, f := range change {
			f(&config)
		}
		r.configs = append(r.configs, config)
	}
	r.nodes.Provision(r.configs)
	t.Cleanup(func() {
		for _, config := range r.configs {
			if r.nodes.named(config.Name) != nil {
				r.kill(config.Name)
			}
		}
	})
	for _, config := range r.configs {
		r.start(config.Name)
	}
	r.elect()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := r.client.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return r
}

// named returns a node that runs.
func (ns *Nodes) named(name string) *node {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	return ns.running[name]
}

func (r *rig) start(name string) {
	r.t.Helper()
	if err := r.nodes.Start(name); err != nil {
		r.t.Fatal(err)
	}
	n := r.nodes.named(name)
	if n.Client == "" {
		return
	}
	s, err := serve(n, n.Client)
	if err != nil {
		r.t.Fatal(err)
	}
	r.services[name] = s
}

func (r *rig) kill(name string) {
	r.t.Helper()
	if s := r.services[name]; s != nil {
		s.stop()
		delete(r.services, name)
	}
	if err := r.nodes.Kill(name); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) session(index int) *Session {
	r.t.Helper()
	s := r.client.Session(index)
	r.t.Cleanup(func() { s.Close() })
	return s
}

// elect tells a node to stand for election at once.
func (r *rig) elect() {
	r.t.Helper()
	n := r.nodes.at(0)
	now := raft.TimeoutNowRequest{RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax}}
	err := n.transport.TimeoutNow(raft.ServerID(n.Name), raft.ServerAddress(n.Raft), &now, &raft.TimeoutNowResponse{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.leader()
}

// leader returns the node that leads.
func (r *rig) leader() (n *node) {
	r.t.Helper()
	until(r.t, "a node leads", func() bool {
		n = r.nodes.leader()
		return n != nil
	})
	return n
}

// each runs a test in every way and on one and three nodes.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, way := range []string{called, served} {
		for _, nodes := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", way, nodes), func(t *testing.T) {
				t.Parallel()
				test(t, deploy(t, nodes, way))
			})
		}
	}
}

// until fails the test if something does not come true.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// classOf returns the class of what an operation returned.
func classOf(err error) Class {
	if err == nil {
		return OK
	}
	failed, is := errors.AsType[*Error](err)
	if !is {
		return Malformed
	}
	return failed.Class
}
