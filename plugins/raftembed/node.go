package raftembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/plugins/raftembed/internal/segmentlog"
)

const (
	maxBatch      = 256 // commands in one log entry
	inFlight      = 4   // log entries that are proposed and not yet applied
	barrierWithin = 5 * time.Second
	expiryEvery   = 100 * time.Millisecond
	snapshotsKept = 2
	retryEvery    = 5 * time.Millisecond // while there is no leader
)

// peer is one member of the cluster.
type peer struct {
	name   string
	raft   string // address for the other nodes
	client string // address for clients; empty for a node inside the plugin
}

// nodeConfig is all that a node needs to start, or to start again.
type nodeConfig struct {
	peer
	dir               string
	peers             []peer
	sync              bool
	heartbeat         time.Duration
	election          time.Duration
	snapshotThreshold int
	ownLog            bool // into a file in dir; otherwise to standard error
}

// node is one member of the cluster that runs.
type node struct {
	nodeConfig
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

// startNode starts a node from what is in its folder.
func startNode(config nodeConfig) (*node, error) {
	n := &node{
		nodeConfig: config,
		machine:    newMachine(),
		proposals:  make(chan *proposal, 4096),
		waiting:    make(chan batch, inFlight),
		seen:       map[uint64]time.Time{},
		stopping:   make(chan struct{}),
	}
	if err := n.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", config.name, err), n.closeFiles())
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
	if n.ownLog {
		if n.logFile, err = os.OpenFile(filepath.Join(n.dir, "node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return err
		}
		to = n.logFile
	}
	n.log = hclog.New(&hclog.LoggerOptions{Name: n.name, Level: hclog.Info, Output: to})
	if n.logs, err = openLogStore(n.dir, n.sync); err != nil {
		return err
	}
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(n.dir, snapshotsKept, n.log)
	if err != nil {
		return err
	}
	layer, err := listen(n.peer.raft)
	if err != nil {
		return err
	}
	n.transport = raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: layer, MaxPool: 3, Timeout: 10 * time.Second, Logger: n.log, MsgpackUseNewTimeFormat: true,
	})
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(n.name)
	config.HeartbeatTimeout = n.heartbeat
	config.LeaderLeaseTimeout = n.heartbeat
	config.ElectionTimeout = n.election
	config.CommitTimeout = min(config.CommitTimeout, n.heartbeat/4)
	config.MaxAppendEntries = maxBatch

	config.SnapshotThreshold = uint64(n.snapshotThreshold)
	config.SnapshotInterval = 5 * time.Second
	config.TrailingLogs = uint64(n.snapshotThreshold)
	config.NoLegacyTelemetry = true
	config.Logger = n.log

	servers := raft.Configuration{}
	for _, p := range n.peers {
		servers.Servers = append(servers.Servers, raft.Server{ID: raft.ServerID(p.name), Address: raft.ServerAddress(p.raft)})
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

// errNotLeader says that the command was certainly not executed here.
var errNotLeader = errors.New("not the leader")

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

// expire closes the sessions that have given no sign of life for their
// timeout. Only the leader does so; a new one gives every session a full
// timeout first.
func (n *node) expire() {
	tick := time.NewTicker(expiryEvery)
	defer tick.Stop()
	var led uint64 // the term in which we were leader at the last look
	for {
		select {
		case <-n.stopping:
			return
		case <-tick.C:
		}
		if n.raft.State() != raft.Leader {
			led = 0
			continue
		}
		if term := n.raft.CurrentTerm(); term != led {
			led = term
			n.mu.Lock()
			clear(n.seen)
			n.mu.Unlock()
		}
		for _, id := range n.silent() {
			p := &proposal{done: make(chan struct{}, 1)}
			ctx, cancel := context.WithTimeout(context.Background(), barrierWithin)
			// When it fails the session is still there at the next look.
			_, _ = n.execute(ctx, &command{kind: kindCloseSession, session: id}, p)
			cancel()
		}
	}
}

// silent returns the sessions whose timeout has passed.
func (n *node) silent() []uint64 {
	sessions := n.machine.sessionTimeouts()
	n.mu.Lock()
	defer n.mu.Unlock()
	var silent []uint64
	now := time.Now()
	for id, timeout := range sessions {
		seen, known := n.seen[id]
		if !known {
			n.seen[id] = now
		} else if now.Sub(seen) > time.Duration(timeout) {
			silent = append(silent, id)
		}
	}
	for id := range n.seen {
		if _, open := sessions[id]; !open {
			delete(n.seen, id)
		}
	}
	return silent
}

func (n *node) alive(session uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen[session] = time.Now()
}

// leader returns the member that leads, as far as this node knows.
func (n *node) leader() (peer, bool) {
	_, id := n.raft.LeaderWithID()
	for _, p := range n.peers {
		if p.name == string(id) {
			return p, true
		}
	}
	return peer{}, false
}

// classify makes a result of the error that ended a command.
func classify(err error) result {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return result{status: sample.Timeout, detail: "no answer in time"}
	case errors.Is(err, errNotLeader):
		return result{status: sample.Unavailable, detail: "there is no leader"}
	}
	return result{status: sample.Unavailable, detail: err.Error()}
}
