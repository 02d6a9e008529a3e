// Package raftstore is a replicated key-value store on hashicorp/raft: what a
// Go service gets that embeds Raft. Its nodes live in the caller's process
// (Nodes) or each in one of its own (Serve); a Client opens sessions with
// either.
//
// A write that is acknowledged is in the log of a majority, fsynced if
// Config.Sync, and applied by the leader. Reads are linearizable, or with
// Client.Local those of the session's own node, in order and perhaps late.
// Whether a key is present, its version, its number and the end of a session
// are decided by the state machine from the log alone, without clock or
// randomness. Watches and waits outlive the loss of a node.
//
// An operation whose answer is lost is not tried again: it fails, and whether
// it took effect is not known. Members are fixed at the first start. There are
// no passwords and no TLS. The package knows nothing of benchctl: plugins/raftembed
// makes a driver of it.
//
// docs/format/raft-protocol.md has the frames between clients and nodes and the
// entries of the log, docs/format/raft-log.md the files of the log.
package raftstore
