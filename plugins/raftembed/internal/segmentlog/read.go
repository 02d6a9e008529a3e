package segmentlog

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// FirstIndex returns the index of the oldest entry, 0 if there is none.
func (l *Log) FirstIndex() (uint64, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.positions) == 0 {
		return 0, nil
	}
	return l.first, nil
}

// LastIndex returns the index of the newest entry, 0 if there is none.
func (l *Log) LastIndex() (uint64, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.positions) == 0 {
		return 0, nil
	}
	return l.last(), nil
}

// GetLog reads an entry. Its data is shared and must not be changed.
func (l *Log) GetLog(index uint64, log *raft.Log) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if index < l.first || index-l.first >= uint64(len(l.positions)) {
		return raft.ErrLogNotFound
	}
	if kept := l.recent.get(index); kept != nil {
		*log = *kept
		return nil
	}
	if len(l.segments) == 0 {
		return errClosed
	}
	p := l.positions[index-l.first]
	b := make([]byte, p.size)
	if _, err := l.segments[p.segment-l.segments[0].number].file.ReadAt(b, int64(p.offset)); err != nil {
		return err
	}
	r, _, ok := readRecord(b, p.segment)
	if !ok || r.kind != kindEntry {
		return damaged(l.folder, segmentName(p.segment), fmt.Sprintf("is damaged at byte %d", p.offset))
	}
	return readEntry(r.payload, log)
}
