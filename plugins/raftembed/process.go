package raftembed

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/plugins/raftembed/internal/raftstore"
)

// formatPeers and parsePeers write the members as name=raft/client,…
func formatPeers(peers []raftstore.Peer) string {
	var parts []string
	for _, p := range peers {
		parts = append(parts, p.Name+"="+p.Raft+"/"+p.Client)
	}
	return strings.Join(parts, ",")
}

func parsePeers(text string) ([]raftstore.Peer, error) {
	var peers []raftstore.Peer
	for _, part := range strings.Split(text, ",") {
		name, addresses, ok := strings.Cut(part, "=")
		raft, client, ok2 := strings.Cut(addresses, "/")
		if !ok || !ok2 || name == "" || raft == "" || client == "" {
			return nil, fmt.Errorf("-peers: %q should be name=raft-address/client-address", part)
		}
		peers = append(peers, raftstore.Peer{Name: name, Raft: raft, Client: client})
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
	i := slices.IndexFunc(peers, func(p raftstore.Peer) bool { return p.Name == *name })
	if i < 0 || *dir == "" {
		return fmt.Errorf("-name %q should be one of -peers, and -dir a folder", *name)
	}
	if *withParent {
		plugin.ExitWithParent()
	}
	return raftstore.Serve(ctx, raftstore.Config{
		Peer: peers[i], Peers: peers, Dir: *dir, Sync: *sync,
		Heartbeat: *heartbeat, Election: *election, SnapshotThreshold: *threshold,
	})
}
