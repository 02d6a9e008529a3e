package raftstore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/google/btree"
	"github.com/hashicorp/raft"
)

// snapshotFormat is the first byte of a snapshot.
const snapshotFormat = 1

// maxString bounds a key or value in a snapshot, against a damaged file.
const maxString = 64 << 20

// snapshot is the state at one moment. The entries are shared with the machine.
type snapshot struct {
	revision int64
	entries  *btree.BTreeG[*entry]
	sessions map[uint64]int64 // timeouts
}

// Snapshot fixes the state as it is; writing it out does not hold the machine.
func (m *machine) Snapshot() (raft.FSMSnapshot, error) {
	m.mu.Lock() // cloning marks the tree's nodes as shared
	defer m.mu.Unlock()
	s := &snapshot{revision: m.revision, entries: m.ordered.Clone(), sessions: map[uint64]int64{}}
	for id, session := range m.sessions {
		s.sessions[id] = session.timeout
	}
	return s, nil
}

// Persist writes the snapshot: the revision, the sessions and the entries in
// order, all numbers as uvarints.
func (s *snapshot) Persist(sink raft.SnapshotSink) error {
	if err := s.write(sink); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

func (s *snapshot) write(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<16)
	b := []byte{snapshotFormat}
	b = binary.AppendUvarint(b, uint64(s.revision))
	b = binary.AppendUvarint(b, uint64(len(s.sessions)))
	for _, id := range slices.Sorted(maps.Keys(s.sessions)) {
		b = binary.AppendUvarint(b, id)
		b = binary.AppendUvarint(b, uint64(s.sessions[id]))
	}
	b = binary.AppendUvarint(b, uint64(s.entries.Len()))
	if _, err := w.Write(b); err != nil {
		return err
	}
	var failed error
	s.entries.Ascend(func(e *entry) bool {
		b = binary.AppendUvarint(b[:0], uint64(len(e.key)))
		b = append(b, e.key...)
		b = binary.AppendUvarint(b, uint64(len(e.value)))
		b = append(b, e.value...)
		b = binary.AppendUvarint(b, uint64(e.version))
		b = binary.AppendUvarint(b, e.owner)
		_, failed = w.Write(b)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return w.Flush()
}

// Release has nothing to do: the entries belong to the garbage collector.
func (s *snapshot) Release() {}

// Restore replaces the state by a snapshot's.
func (m *machine) Restore(from io.ReadCloser) error {
	defer from.Close()
	r := snapshotReader{r: bufio.NewReaderSize(from, 1<<16)}
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.changed.Broadcast()
	m.clear()
	if format := r.number(); format != snapshotFormat && r.err == nil {
		return fmt.Errorf("snapshot has format %d, this store knows %d", format, snapshotFormat)
	}
	m.revision = int64(r.number())
	m.floor = m.revision
	for range r.number() {
		id := r.number()
		m.sessions[id] = &sessionState{timeout: int64(r.number()), keys: map[string]struct{}{}}
		if r.err != nil {
			break
		}
	}
	for n := r.number(); n > 0 && r.err == nil; n-- {
		e := &entry{key: string(r.bytes()), value: r.bytes(), version: int64(r.number()), owner: r.number()}
		m.byKey[e.key] = e
		m.ordered.ReplaceOrInsert(e)
		if session := m.sessions[e.owner]; session != nil {
			session.keys[e.key] = struct{}{}
		}
	}
	if r.err != nil {
		return fmt.Errorf("read the snapshot: %w", r.err)
	}
	for key := range m.waits {
		m.seen(key, m.byKey[key] != nil)
	}
	return nil
}

// snapshotReader keeps the first error.
type snapshotReader struct {
	r   *bufio.Reader
	err error
}

func (r *snapshotReader) number() uint64 {
	if r.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		r.err = err
		return 0
	}
	return n
}

func (r *snapshotReader) bytes() []byte {
	n := r.number()
	if r.err == nil && n > maxString {
		r.err = fmt.Errorf("a string of %d bytes", n)
	}
	if r.err != nil {
		return nil
	}
	b := make([]byte, n)
	_, r.err = io.ReadFull(r.r, b)
	return b
}
