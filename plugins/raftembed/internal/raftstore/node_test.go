package raftstore

import (
	"fmt"
	"testing"
)

func TestANodeComesBackFromASnapshot(t *testing.T) {
	t.Parallel()
	r := deploy(t, 3, called, func(c *Config) { c.SnapshotThreshold = 50 })
	s := r.session(0)
	victim := "node-1"
	if victim == r.leader().Name {
		victim = "node-2"
	}
	r.kill(victim)
	var keys []string
	for i := range 400 {
		key := fmt.Sprintf("/k/%d", i)
		keys = append(keys, key)
		if err := s.Create(t.Context(), []byte(key), []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range r.nodes.running { // what the victim lacks is no longer in their logs
		if err := n.raft.Snapshot().Error(); err != nil {
			t.Fatal(err)
		}
	}
	r.start(victim)
	machine := r.nodes.named(victim).machine
	until(t, "the node has every change", func() bool { return machine.latest() >= int64(len(keys)) })
	for _, key := range keys {
		if got := machine.read(&command{kind: kindGet, key: []byte(key)}); string(got.value) != key {
			t.Fatalf("%s has %d bytes on the node that came back", key, len(got.value))
		}
	}
	if machine.floor == 0 {
		t.Error("the node came back from the log, not from a snapshot")
	}
}
