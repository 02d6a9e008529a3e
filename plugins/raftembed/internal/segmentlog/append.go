package segmentlog

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// keptBuffer is the largest buffer that is kept for the next append.
const keptBuffer = 4 << 20

// StoreLog appends an entry, durably.
func (l *Log) StoreLog(log *raft.Log) error { return l.StoreLogs([]*raft.Log{log}) }

// StoreLogs appends entries, durably.
//
// Entries that do not follow the last one are the first after a snapshot from
// elsewhere. Those before the gap are of no use then and are deleted, so that
// the log never has gaps; raft need not care, and the log is no
// raft.MonotonicLogStore.
func (l *Log) StoreLogs(logs []*raft.Log) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.append(logs); err != nil {
		return err
	}
	return l.commit()
}

// Write appends entries and returns before they are durable: Wait waits for
// that. They can be read at once.
func (l *Log) Write(logs []*raft.Log) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.append(logs); err != nil {
		return err
	}
	if l.options.NoSync {
		return l.commit()
	}
	l.wantFlush()
	return nil
}

func (l *Log) append(logs []*raft.Log) error {
	if len(logs) == 0 {
		return nil
	}
	if len(l.positions) > 0 && logs[0].Index > l.last()+1 {
		if err := l.appendBounds(logs[0].Index, 0); err != nil {
			return err
		}
	}
	next, size := logs[0].Index, 0
	if len(l.positions) > 0 {
		next = l.last() + 1
	}
	for _, log := range logs {
		if log.Index != next {
			return fmt.Errorf("segmentlog: entry %d is appended in the place of %d", log.Index, next)
		}
		next++
		size += entrySize(log)
	}
	if err := l.room(size); err != nil {
		return err
	}
	at, number, stamp := l.end, l.active().number, l.stamp()
	for _, log := range logs {
		start := len(l.buffer)
		l.buffer = seal(appendEntry(begin(l.buffer), log), start, number, kindEntry, stamp)
	}
	if err := l.write(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, log := range logs {
		size := uint32(entrySize(log))
		l.add(log.Index, position{number, at, size})
		l.recent.add(log)
		at += size
	}
	return nil
}

// DeleteRange deletes entries at either end of the log, durably.
func (l *Log) DeleteRange(from, to uint64) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if len(l.positions) == 0 || to < l.first || from > l.last() || from > to {
		return nil
	}
	first, last := l.first, l.last()
	switch {
	case from <= first:
		first = to + 1
	case to >= last:
		last = from - 1
	default:
		return fmt.Errorf("segmentlog: entries %d to %d are not at an end of %d to %d", from, to, first, last)
	}
	if err := l.appendBounds(first, last); err != nil {
		return err
	}
	if err := l.commit(); err != nil {
		return err
	}
	return l.dropSegments()
}

func (l *Log) appendBounds(first, last uint64) error {
	if err := l.room(paddedSize(16)); err != nil {
		return err
	}
	l.buffer = seal(appendBounds(begin(l.buffer), first, last), 0, l.active().number, kindBounds, l.stamp())
	if err := l.write(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(first, last)
	return nil
}

// room makes sure that the last segment has room, and that the buffer is empty.
func (l *Log) room(size int) error {
	if err := l.failed(); err != nil {
		return err
	}
	if size > maxRecord {
		return fmt.Errorf("segmentlog: %d bytes in one append", size)
	}
	if l.buffer = l.buffer[:0]; cap(l.buffer) > keptBuffer {
		l.buffer = nil
	}
	if int64(l.end)+int64(size) <= l.options.SegmentBytes {
		return nil
	}
	if err := l.flush(); err != nil {
		return err
	}
	if err := l.beginSegment(l.active().number + 1); err != nil {
		return l.fail(err)
	}
	return nil
}

// write writes the buffer behind the last record.
func (l *Log) write() error {
	if _, err := l.active().file.WriteAt(l.buffer, int64(l.end)); err != nil {
		return l.fail(err)
	}
	before := l.end
	l.moveEnd(before + uint32(len(l.buffer)))
	if half := uint32(l.options.SegmentBytes / 2); before <= half && l.end > half {
		l.tasks.Go(func() { _ = l.ensureSpare() }) // whoever needs it will see why there is none
	}
	return nil
}

// commit makes durable what has been written, as far as is wanted.
func (l *Log) commit() error {
	if l.options.NoSync {
		l.settle(l.mark())
		return nil
	}
	return l.flush()
}

func (l *Log) flush() error {
	if err := syncData(l.active().file); err != nil {
		return l.fail(err)
	}
	l.settle(l.mark())
	return nil
}

func (l *Log) moveEnd(end uint32) {
	l.end = end
	l.written.Store(l.mark().position)
}

// mark is the end of what has been written.
func (l *Log) mark() mark {
	return mark{uint64(l.active().number)<<32 | uint64(l.end), l.last()}
}

// stamp is what a record says of the durability of those before it.
func (l *Log) stamp() uint32 {
	if l.options.NoSync {
		return 0
	}
	return uint32(l.durable().position) // rolling over syncs: it is in this segment
}
