// Package raftembed is the driver of a key-value store made for benchctl on
// hashicorp/raft: what a Go service gets that embeds Raft, with one, three,
// five or seven nodes, each with a durable log of its own, speaking over
// loopback TCP. By default all nodes live in the plugin's process; with
// placement=processes each is a process of the plugin's own binary that is
// reached over TCP, as etcd and ZooKeeper are.
package raftembed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/raftembed/internal/raftstore"
)

// version is the driver's.
const version = "0.1.0"

// The values of the option placement.
const (
	embedded  = "embedded"
	processes = "processes"
)

// Driver returns the driver.
func Driver() driver.Driver { return &raftembed{} }

type raftembed struct{ inside raftstore.Nodes }

func (*raftembed) Info() driver.Info {
	return driver.Info{
		Name:         "raftembed",
		Version:      version,
		StoreVersion: "hashicorp/raft 1.7.3",
		Summary:      "a key-value store on hashicorp/raft, embedded or as processes",
		Options: []driver.Option{
			{Name: "placement", Type: driver.String, Default: embedded, Allowed: []string{embedded, processes}, Help: "where nodes live: in the plugin's process, or each in one of its own"},
			{Name: "sync", Type: driver.Bool, Default: "true", Help: "fsync the log before a write is acknowledged"},
			{Name: "heartbeat", Type: driver.Duration, Default: "500ms", Help: "silence of the leader after which a node doubts it"},
			{Name: "election", Type: driver.Duration, Default: "500ms", Help: "time after which a candidate tries again"},
			{Name: "snapshot-threshold", Type: driver.Int, Default: "100000", Help: "log entries after which a node takes a snapshot"},
			{Name: driver.OptionSessionTimeout, Type: driver.Duration, Default: "5s", Help: "silence of a client after which its ephemeral keys vanish"},
		},
		Session: (*session)(nil),
	}
}

func (*raftembed) Guarantees(_ context.Context, setup driver.Setup) (driver.Guarantees, error) {
	g := driver.Guarantees{Durability: driver.DurableFsync, Reads: setup.Reads}
	err := cmp.Or(setup.CheckEndpoints(7000), setup.CheckQuorum("raftembed"), setup.CheckReads("raftembed", driver.Linearizable, driver.Sequential))
	if err != nil {
		return g, err
	}
	switch {
	case setup.Duration("heartbeat") < 10*time.Millisecond || setup.Duration("election") < setup.Duration("heartbeat"):
		return g, errors.New("raftembed.heartbeat should be at least 10ms and raftembed.election no less than it")
	case setup.Int("snapshot-threshold") < 1:
		return g, errors.New("raftembed.snapshot-threshold should be at least 1")
	case setup.Duration(driver.OptionSessionTimeout) < time.Second:
		return g, errors.New("raftembed.session-timeout should be at least 1s")
	}
	if !setup.Bool("sync") {
		g.Durability = driver.DurableMemory
	}
	if separate(setup) {
		g.Connections = 1
	} else {
		g.Notes = append(g.Notes, "nodes and load generator share one process; writes go to the leader by a call, without a network")
	}
	if setup.External {
		g.Notes = append(g.Notes, driver.NoteExternal)
	}
	return g, nil
}

// separate reports whether the nodes are reached over TCP.
func separate(setup driver.Setup) bool {
	return setup.External || setup.Option("placement") == processes
}

func (*raftembed) Ports(_ context.Context, setup driver.Setup) (int, error) {
	if separate(setup) {
		return 2, nil
	}
	return 1, nil
}

func (d *raftembed) Provision(_ context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	var peers []raftstore.Peer
	for i, place := range places {
		p := raftstore.Peer{Name: driver.NodeName(i), Raft: place.Address(0)}
		if separate(setup) {
			p.Client = place.Address(1)
		}
		peers = append(peers, p)
	}
	var nodes []driver.Node
	if !separate(setup) {
		var configs []raftstore.Config
		for i, p := range peers {
			configs = append(configs, raftstore.Config{
				Peer: p, Peers: peers, Dir: places[i].Dir, Sync: setup.Bool("sync"),
				Heartbeat: setup.Duration("heartbeat"), Election: setup.Duration("election"),
				SnapshotThreshold: setup.Int("snapshot-threshold"), OwnLog: true,
			})
			nodes = append(nodes, driver.Node{Name: p.Name, Endpoint: p.Raft, Ready: driver.Probe{Address: p.Raft}})
		}
		d.inside.Provision(configs)
		return nodes, nil
	}
	binary, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the plugin's own binary: %w", err)
	}
	for i, p := range peers {
		command := []string{
			binary, "node", "-name", p.Name, "-dir", places[i].Dir, "-peers", formatPeers(peers),
			"-sync=" + setup.Option("sync"), "-heartbeat", setup.Option("heartbeat"), "-election", setup.Option("election"),
			"-snapshot-threshold", setup.Option("snapshot-threshold"), "-with-parent",
		}
		nodes = append(nodes, driver.Node{Name: p.Name, Endpoint: p.Client, Command: command, Ready: driver.Probe{Address: p.Client}})
	}
	return nodes, nil
}

func (d *raftembed) StartNode(_ context.Context, name string) error { return d.inside.Start(name) }
func (d *raftembed) StopNode(_ context.Context, name string) error  { return d.inside.Stop(name) }
func (d *raftembed) KillNode(_ context.Context, name string) error  { return d.inside.Kill(name) }

// Open waits until there is a leader that has finished its barrier.
func (d *raftembed) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	client := raftstore.Client{
		Nodes: &d.inside, Timeout: setup.Timeout,
		SessionTimeout: setup.Duration(driver.OptionSessionTimeout), Local: setup.Reads == driver.Sequential,
	}
	if separate(setup) {
		client.Endpoints = setup.Endpoints
	}
	if err := client.Ready(ctx); err != nil {
		return nil, fmt.Errorf("no raftembed leader serves at %s: %w: are they running, and a majority of them?", strings.Join(setup.Endpoints, ", "), err)
	}
	return &store{client}, nil
}

type store struct{ client raftstore.Client }

func (s *store) Session(_ context.Context, thread int) (driver.Session, error) {
	return &session{s.client.Session(thread)}, nil
}

func (s *store) Close() error { return nil }
