package raftstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/benchctl/benchctl/plugins/raftembed/internal/segmentlog"
)

const (
	ownWithin     = 5 * time.Second // for what the leader does of its own accord
	snapshotEvery = 5 * time.Second // a look whether one is due
	snapshotsKept = 2
	retryEvery    = 5 * time.Millisecond // while there is no leader
)

// Peer is one member of a cluster.
type Peer struct {
	Name   string
	Raft   string // address for the other nodes
	Client string // address for clients; empty for a node that is not served
}

// Config is all that a node needs to start, or to start again.
type Config struct {
	Peer                     // the node itself
	Peers             []Peer // all members, itself included; they count at the first start
	Dir               string // for its log and snapshots
	Sync              bool   // fsync the log before a write is acknowledged
	Heartbeat         time.Duration
	Election          time.Duration
	SnapshotThreshold int  // log entries after which a snapshot is taken
	OwnLog            bool // what Raft says goes to node.log in Dir; otherwise to standard error
}

// node is one member of the cluster that runs.
type node struct {
	Config
	machine   *machine
	raft      *raft.Raft
	logs      *segmentlog.Log
	transport *raft.NetworkTransport
	log       hclog.Logger
	logFile   *os.File

	proposals chan *proposal
	waiting   chan batch
	readers   *readIndex

	mu   sync.Mutex
	seen map[uint64]time.Time // last sign of life of each session, kept by the leader

	stopping  chan struct{}
	stopped   atomic.Bool
	goroutine sync.WaitGroup
}

// startNode starts a node from what is in its folder.
func startNode(config Config) (*node, error) {
	n := &node{
		Config:    config,
		machine:   newMachine(),
		proposals: make(chan *proposal, 4096),
		waiting:   make(chan batch, inFlight),
		seen:      map[uint64]time.Time{},
		stopping:  make(chan struct{}),
	}
	if err := n.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", config.Name, err), n.closeFiles())
	}
	n.readers = newReadIndex(n.raft, n.stopping)
	for _, run := range []func(){n.propose, n.answer, n.expire, n.readers.run} {
		n.goroutine.Go(run)
	}
	return n, nil
}

func (n *node) open() error {
	var err error
	to := os.Stderr
	if n.OwnLog {
		if n.logFile, err = os.OpenFile(filepath.Join(n.Dir, "node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return err
		}
		to = n.logFile
	}
	n.log = hclog.New(&hclog.LoggerOptions{Name: n.Name, Level: hclog.Info, Output: to})
	if n.logs, err = segmentlog.Open(filepath.Join(n.Dir, "log"), segmentlog.Options{NoSync: !n.Sync}); err != nil {
		return err
	}
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(n.Dir, snapshotsKept, n.log)
	if err != nil {
		return err
	}
	layer, err := listen(n.Raft)
	if err != nil {
		return err
	}
	n.transport = newTransport(layer, n.log)
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(n.Name)
	config.HeartbeatTimeout = n.Heartbeat
	config.LeaderLeaseTimeout = n.Heartbeat
	config.ElectionTimeout = n.Election
	config.CommitTimeout = min(config.CommitTimeout, n.Heartbeat/4)
	config.MaxAppendEntries = maxBatch
	config.SnapshotThreshold = uint64(n.SnapshotThreshold)
	config.SnapshotInterval = snapshotEvery
	config.TrailingLogs = uint64(n.SnapshotThreshold)
	config.NoLegacyTelemetry = true
	config.Logger = n.log

	servers := raft.Configuration{}
	for _, p := range n.Peers {
		servers.Servers = append(servers.Servers, raft.Server{ID: raft.ServerID(p.Name), Address: raft.ServerAddress(p.Raft)})
	}
	known, err := raft.HasExistingState(n.logs, n.logs, snapshots)
	if err != nil {
		return err
	}
	if !known {
		if err := raft.BootstrapCluster(config, n.logs, n.logs, snapshots, n.transport, servers); err != nil {
			return err
		}
	}
	n.raft, err = raft.NewRaft(config, n.machine, n.logs, n.logs, snapshots, n.transport)
	return err
}

// stop ends the node in order.
func (n *node) stop() error {
	if n.stopped.Swap(true) {
		return nil
	}
	return n.end()
}

// kill ends the node as the death of its process would: connections break
// first, and what is under way stays as it is in the files.
func (n *node) kill() error {
	if n.stopped.Swap(true) {
		return nil
	}
	return errors.Join(n.transport.Close(), n.end())
}

// end stops our own goroutines before raft: a request that raft has taken when
// it is shut down may stay without an answer for ever. While it lives it
// answers, if only that it leads no longer.
func (n *node) end() error {
	close(n.stopping)
	n.machine.wake()
	n.goroutine.Wait()
	return errors.Join(n.raft.Shutdown().Error(), n.closeFiles())
}

func (n *node) closeFiles() error {
	var errs []error
	if n.transport != nil {
		errs = append(errs, n.transport.Close())
	}
	if n.logs != nil {
		errs = append(errs, n.logs.Close())
	}
	if n.logFile != nil {
		errs = append(errs, n.logFile.Close())
	}
	return errors.Join(errs...)
}

// leader returns the member that leads, as far as this node knows.
func (n *node) leader() (Peer, bool) {
	_, id := n.raft.LeaderWithID()
	for _, p := range n.Peers {
		if p.Name == string(id) {
			return p, true
		}
	}
	return Peer{}, false
}
