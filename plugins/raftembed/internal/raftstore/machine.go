package raftstore

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/btree"
	"github.com/hashicorp/raft"
)

// entry is a key with its value. It is never changed, only replaced, so that
// readers and snapshots may hold it.
type entry struct {
	key     string
	value   []byte
	version int64  // revision of its last change
	owner   uint64 // session of an ephemeral key, 0 for others
}

func before(a, b *entry) bool { return a.key < b.key }

// machine is the replicated state. What it becomes depends on nothing but the
// commands in their order: no clock, no randomness, no order of a map.
type machine struct {
	mu       sync.RWMutex
	revision int64 // number of changes so far
	byKey    map[string]*entry
	ordered  *btree.BTreeG[*entry]
	sessions map[uint64]*sessionState

	history []change // ring: revision r stands at r % historyLength
	floor   int64    // the history begins after this revision
	held    int      // bytes of the history
	changed *sync.Cond

	waits map[string][]*wait // by key
}

// sessionState is what is replicated of a session: when it expires is the
// leader's to decide and to put into the log.
type sessionState struct {
	timeout int64 // ns without a sign of life
	keys    map[string]struct{}
}

func newMachine() *machine {
	m := &machine{history: make([]change, historyLength), waits: map[string][]*wait{}}
	m.changed = sync.NewCond(m.mu.RLocker())
	m.clear()
	return m
}

func (m *machine) clear() {
	m.revision, m.floor, m.held = 0, 0, 0
	m.byKey = map[string]*entry{}
	m.ordered = btree.NewG(32, before)
	m.sessions = map[uint64]*sessionState{}
	clear(m.history)
}

// ApplyBatch applies committed log entries. Each may hold several commands,
// whose results are returned as a slice.
func (m *machine) ApplyBatch(logs []*raft.Log) []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.changed.Broadcast()
	answers := make([]any, len(logs))
	for i, log := range logs {
		if log.Type == raft.LogCommand {
			answers[i] = m.applyAll(log.Data)
		}
	}
	return answers
}

// Apply applies one log entry.
func (m *machine) Apply(log *raft.Log) any { return m.ApplyBatch([]*raft.Log{log})[0] }

func (m *machine) applyAll(data []byte) []result {
	var results []result
	for len(data) > 0 {
		c, rest, err := readCommand(data)
		if err != nil {
			return append(results, result{class: Malformed, detail: err.Error()})
		}
		results = append(results, m.apply(&c))
		data = rest
	}
	return results
}

func (m *machine) apply(c *command) result {
	present := m.byKey[string(c.key)]
	switch c.kind {
	case kindCreate, kindPut, kindSet, kindCompareAndSet:
		return m.write(c, present)
	case kindDelete:
		if present == nil {
			return result{class: NotFound}
		}
		m.remove(present)
		return result{version: m.revision}
	case kindSetAll:
		return m.setAll(c)
	case kindCreateEphemeral:
		if present != nil && m.sessions[c.session] != nil {
			return result{class: Exists}
		}
		return m.createEphemeral(c, string(c.key))
	case kindCreateSequential:
		e := m.store(m.numbered(c.key), c.value, 0, Created)
		return result{version: e.version, keys: []string{e.key}}
	case kindCreateEphemeralSequential:
		key := m.numbered(c.key)
		r := m.createEphemeral(c, key)
		r.keys = []string{key}
		return r
	case kindOpenSession:
		m.record(change{}) // a session's number is a revision no change has
		m.sessions[uint64(m.revision)] = &sessionState{timeout: c.version, keys: map[string]struct{}{}}
		return result{version: m.revision}
	case kindCloseSession:
		m.closeSession(c.session)
		return result{}
	}
	return result{class: Malformed, detail: errCommand.Error()}
}

// write decides create, set, put and compare-and-set.
func (m *machine) write(c *command, present *entry) result {
	switch {
	case c.kind == kindCreate && present != nil:
		return result{class: Exists}
	case (c.kind == kindSet || c.kind == kindCompareAndSet) && present == nil:
		return result{class: NotFound}
	case c.kind == kindCompareAndSet && present.version != c.version:
		return result{class: Conflict}
	}
	if present == nil {
		return result{version: m.store(string(c.key), c.value, 0, Created).version}
	}
	return result{version: m.store(present.key, c.value, present.owner, Changed).version}
}

// setAll decides a transaction.
func (m *machine) setAll(c *command) result {
	pairs, err := readPairs(c.value)
	if err != nil {
		return result{class: Malformed, detail: err.Error()}
	}
	for _, p := range pairs {
		if m.byKey[string(p.key)] == nil {
			return result{class: NotFound}
		}
	}
	for _, p := range pairs {
		e := m.byKey[string(p.key)]
		m.store(e.key, p.value, e.owner, Changed)
	}
	return result{version: m.revision}
}

// numbered returns prefix with the number of the change that will create it.
func (m *machine) numbered(prefix []byte) string { return fmt.Sprintf("%s%010d", prefix, m.revision+1) }

// createEphemeral creates a key that is absent, for the command's session.
func (m *machine) createEphemeral(c *command, key string) result {
	session := m.sessions[c.session]
	if session == nil {
		return result{class: Unavailable, detail: "the session has expired"}
	}
	e := m.store(key, c.value, c.session, Created)
	session.keys[e.key] = struct{}{}
	return result{version: e.version}
}

func (m *machine) store(key string, value []byte, owner uint64, kind ChangeKind) *entry {
	value = bytes.Clone(value)
	m.record(change{kind: kind, key: key, value: value})
	e := &entry{key: key, value: value, version: m.revision, owner: owner}
	m.byKey[key] = e
	m.ordered.ReplaceOrInsert(e)
	return e
}

func (m *machine) remove(e *entry) {
	m.record(change{kind: Deleted, key: e.key})
	delete(m.byKey, e.key)
	m.ordered.Delete(e)
	if session := m.sessions[e.owner]; session != nil {
		delete(session.keys, e.key)
	}
}

func (m *machine) closeSession(id uint64) {
	session := m.sessions[id]
	if session == nil {
		return
	}
	keys := make([]string, 0, len(session.keys))
	for key := range session.keys {
		keys = append(keys, key)
	}
	slices.Sort(keys) // every node removes them in the same order
	for _, key := range keys {
		m.remove(m.byKey[key])
	}
	delete(m.sessions, id)
}

// read answers get and list from this node's state.
func (m *machine) read(c *command) result {
	m.mu.RLock()
	defer m.mu.RUnlock()
	switch c.kind {
	case kindGet:
		e := m.byKey[string(c.key)]
		if e == nil {
			return result{class: NotFound}
		}
		return result{value: e.value, version: e.version}
	case kindList:
		var r result
		prefix := string(c.key)
		m.ordered.AscendGreaterOrEqual(&entry{key: prefix}, func(e *entry) bool {
			if !strings.HasPrefix(e.key, prefix) {
				return false
			}
			r.keys = append(r.keys, e.key)
			return true
		})
		return r
	}
	return result{version: m.revision} // sync: having come here is all
}

// latest returns the number of changes so far.
func (m *machine) latest() int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.revision
}

// sessionTimeouts returns every session with its timeout in ns.
func (m *machine) sessionTimeouts() map[uint64]int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	timeouts := make(map[uint64]int64, len(m.sessions))
	for id, session := range m.sessions {
		timeouts[id] = session.timeout
	}
	return timeouts
}
