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
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/plugin"
)

// version is the driver's.
const version = "0.1.0"

// The values of the option placement.
const (
	embedded  = "embedded"
	processes = "processes"
)

// Driver returns the driver.
func Driver() driver.Driver { return &raftembed{nodes: &inside{}} }

type raftembed struct{ nodes *inside }

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
	err := cmp.Or(setup.CheckQuorum("raftembed"), setup.CheckReads("raftembed", driver.Linearizable, driver.Sequential))
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
	var peers []peer
	for i, place := range places {
		p := peer{name: driver.NodeName(i), raft: place.Address(0)}
		if separate(setup) {
			p.client = place.Address(1)
		}
		peers = append(peers, p)
	}
	var nodes []driver.Node
	if !separate(setup) {
		var configs []nodeConfig
		for i, p := range peers {
			configs = append(configs, nodeConfig{
				peer: p, dir: places[i].Dir, peers: peers, sync: setup.Bool("sync"),
				heartbeat: setup.Duration("heartbeat"), election: setup.Duration("election"),
				snapshotThreshold: setup.Int("snapshot-threshold"), ownLog: true,
			})
			nodes = append(nodes, driver.Node{Name: p.name, Endpoint: p.raft, Ready: driver.Probe{Address: p.raft}})
		}
		d.nodes.provision(configs)
		return nodes, nil
	}
	binary, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the plugin's own binary: %w", err)
	}
	for i, p := range peers {
		command := []string{
			binary, "node", "-name", p.name, "-dir", places[i].Dir, "-peers", formatPeers(peers),
			"-sync=" + setup.Option("sync"), "-heartbeat", setup.Option("heartbeat"), "-election", setup.Option("election"),
			"-snapshot-threshold", setup.Option("snapshot-threshold"), "-with-parent",
		}
		nodes = append(nodes, driver.Node{Name: p.name, Endpoint: p.client, Command: command, Ready: driver.Probe{Address: p.client}})
	}
	return nodes, nil
}

func (d *raftembed) StartNode(_ context.Context, name string) error { return d.nodes.start(name) }
func (d *raftembed) StopNode(_ context.Context, name string) error {
	return d.nodes.end(name, (*node).stop)
}
func (d *raftembed) KillNode(_ context.Context, name string) error {
	return d.nodes.end(name, (*node).kill)
}

// Open waits until there is a leader that has finished its barrier.
func (d *raftembed) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	s := &store{nodes: d.nodes, setup: setup}
	first := s.requester(0)
	defer first.close()
	for {
		r := first.do(ctx, &command{kind: kindSync})
		if r.status == 0 {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("no leader was elected in time (%s): are a majority of %s running?", r.detail, strings.Join(setup.Endpoints, ", "))
		}
	}
}

type store struct {
	nodes *inside
	setup driver.Setup
}

// requester returns a new connection for the session at an index: sessions go
// to the nodes in turn.
func (s *store) requester(index int) requester {
	if separate(s.setup) {
		return &remote{endpoints: s.setup.Endpoints, index: index, timeout: s.setup.Timeout}
	}
	return &direct{nodes: s.nodes, index: index, timeout: s.setup.Timeout, proposal: newProposal()}
}

func (s *store) Session(_ context.Context, thread int) (driver.Session, error) {
	return newSession(s, thread), nil
}

func (s *store) Close() error { return nil }

// formatPeers and parsePeers write the members as name=raft/client,…
func formatPeers(peers []peer) string {
	var parts []string
	for _, p := range peers {
		parts = append(parts, p.name+"="+p.raft+"/"+p.client)
	}
	return strings.Join(parts, ",")
}

func parsePeers(text string) ([]peer, error) {
	var peers []peer
	for _, part := range strings.Split(text, ",") {
		name, addresses, ok := strings.Cut(part, "=")
		raft, client, ok2 := strings.Cut(addresses, "/")
		if !ok || !ok2 || name == "" || raft == "" || client == "" {
			return nil, fmt.Errorf("-peers: %q should be name=raft-address/client-address", part)
		}
		peers = append(peers, peer{name, raft, client})
	}
	return peers, nil
}

// Commands has node, which runs a node as a process: `benchctl-plugin-raftembed
// node -h` lists its flags.
func (*raftembed) Commands() []driver.Command {
	return []driver.Command{{Name: "node", Run: runNode}}
}

func runNode(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("node", flag.ContinueOnError)
	name := flags.String("name", "", "name of this node, one of -peers")
	dir := flags.String("dir", "", "folder for the log and snapshots")
	members := flags.String("peers", "", "all nodes: name=raft-address/client-address,…")
	sync := flags.Bool("sync", true, "fsync the log before a write is acknowledged")
	heartbeat := flags.Duration("heartbeat", 500*time.Millisecond, "silence of the leader after which a node doubts it")
	election := flags.Duration("election", 500*time.Millisecond, "time after which a candidate tries again")
	threshold := flags.Int("snapshot-threshold", 100_000, "log entries after which a snapshot is taken")
	withParent := flags.Bool("with-parent", false, "end when the process that started this one has ended")
	if err := flags.Parse(args); err != nil {
		return err
	}
	peers, err := parsePeers(*members)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(peers, func(p peer) bool { return p.name == *name })
	if i < 0 || *dir == "" {
		return fmt.Errorf("-name %q should be one of -peers, and -dir a folder", *name)
	}
	if *withParent {
		plugin.ExitWithParent()
	}
	n, err := startNode(nodeConfig{
		peer: peers[i], dir: *dir, peers: peers, sync: *sync,
		heartbeat: *heartbeat, election: *election, snapshotThreshold: *threshold,
	})
	if err != nil {
		return err
	}
	service, err := serve(n, peers[i].client)
	if err != nil {
		return errors.Join(err, n.stop())
	}
	<-ctx.Done()
	service.stop()
	return n.stop()
}
