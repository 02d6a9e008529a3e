// Package segmentlog keeps what a Raft node must not lose, its log, term and
// vote, in append-only files. It implements raft.LogStore and
// raft.StableStore.
//
// Everything is a record at the end of the last segment: entries, the deletion
// of entries, and the values of the stable store, which each new segment
// repeats. So everything is durable after one sync of one file, and what a
// crash leaves is always a beginning of what was written. Segments whose
// entries have all been deleted from the front are used again.
package segmentlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hashicorp/raft"
	"golang.org/x/sys/unix"
)

var (
	// errNotFound has the text by which raft knows it.
	errNotFound = errors.New("not found")
	errClosed   = errors.New("segmentlog: closed")
)

// keptBuffer is the largest buffer that is kept for the next append.
const keptBuffer = 4 << 20

// Options of a log; the zero value means the defaults.
type Options struct {
	SegmentBytes int64 // size of a segment; 8 MiB if 0
	NoSync       bool  // leave it to the operating system when appends reach the disk
}

// Log is an open log.
type Log struct {
	folder  string
	dir     *os.File // locked
	options Options

	writing sync.Mutex // held by whoever appends; guards what follows
	buffer  []byte
	end     uint32 // of the last segment's records

	mu        sync.RWMutex // guards what follows; writers hold writing too
	segments  []*segment   // oldest first
	first     uint64       // index of positions[0]
	positions []position
	recent    recent
	values    map[string][]byte

	spareMu sync.Mutex
	spare   bool // there is a spare file

	*flusher
	tasks sync.WaitGroup
}

// position is where an entry's record is.
type position struct{ segment, offset, size uint32 }

// Open opens the log in a folder, or begins one.
func Open(folder string, options Options) (*Log, error) {
	if options.SegmentBytes == 0 {
		options.SegmentBytes = 8 << 20
	}
	l := &Log{
		folder: folder, options: options,
		recent: newRecent(), values: map[string][]byte{},
		flusher: newFlusher(),
	}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("open the log: %w", errors.Join(err, l.closeFiles()))
	}
	l.tasks.Go(l.flushWanted)
	return l, nil
}

func (l *Log) path(name string) string { return filepath.Join(l.folder, name) }

func (l *Log) open() error {
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return err
	}
	var err error
	if l.dir, err = os.Open(l.folder); err != nil {
		return err
	}
	if err := unix.Flock(int(l.dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("%s is in use: %w", l.folder, err)
	}
	if info, err := os.Stat(l.path(spareName)); err == nil {
		l.spare = info.Size() == l.options.SegmentBytes
	}
	numbers, err := segmentNumbers(l.folder)
	if err != nil {
		return err
	}
	if len(numbers) == 0 {
		return l.beginSegment(1)
	}
	for _, number := range numbers {
		if err := l.load(number, number == numbers[len(numbers)-1]); err != nil {
			return err
		}
	}
	return l.dropSegments()
}

// load replays a segment.
func (l *Log) load(number uint32, last bool) error {
	name := segmentName(number)
	file, err := os.OpenFile(l.path(name), os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	l.segments = append(l.segments, &segment{number, file})
	content, err := os.ReadFile(l.path(name))
	if err != nil {
		return err
	}
	end, err := l.replay(content, number)
	if err != nil {
		return err
	}
	l.moveEnd(uint32(end))
	if !last {
		return nil
	}
	if damage(content, end, number) {
		return damaged(l.folder, name, fmt.Sprintf("is damaged at byte %d", end))
	}
	// What follows was written by nobody who got an answer. It must not turn
	// up again behind the next, perhaps shorter, record.
	if len(bytes.TrimLeft(content[end:], "\x00")) > 0 {
		if err := zero(file, int64(end), int64(len(content))); err != nil {
			return err
		}
	}
	// What a killed process has written may still be on its way to the disk.
	return l.flush()
}

// replay takes the records of a segment and returns where they end.
func (l *Log) replay(content []byte, number uint32) (end int, err error) {
	for {
		r, size, ok := readRecord(content[end:], number)
		if !ok && end == 0 {
			return 0, damaged(l.folder, segmentName(number), "has no beginning")
		}
		if !ok {
			return end, nil
		}
		if (end == 0) != (r.kind == kindBegin) {
			return 0, errMalformed
		}
		if err := l.take(r, position{number, uint32(end), uint32(size)}); err != nil {
			return 0, err
		}
		end += size
	}
}

// take replays one record.
func (l *Log) take(r record, p position) error {
	switch r.kind {
	case kindBegin:
		version, previousEnd, err := readBegin(r.payload)
		if err != nil {
			return err
		}
		if version != format {
			return fmt.Errorf("%s has format %d, this program knows %d", l.path(segmentName(p.segment)), version, format)
		}
		if len(l.segments) > 1 && previousEnd != l.end {
			return damaged(l.folder, segmentName(p.segment-1), fmt.Sprintf("is damaged at byte %d", l.end))
		}
	case kindEntry:
		var log raft.Log
		if err := readEntry(r.payload, &log); err != nil {
			return err
		}
		if len(l.positions) > 0 && log.Index != l.last()+1 {
			return damaged(l.folder, segmentName(p.segment), fmt.Sprintf("has entry %d after %d", log.Index, l.last()))
		}
		l.add(log.Index, p)
	case kindBounds:
		first, last, err := readBounds(r.payload)
		if err != nil {
			return err
		}
		l.keep(first, last)
	case kindValue:
		key, value, err := readValue(r.payload)
		if err != nil {
			return err
		}
		l.values[string(key)] = bytes.Clone(value)
	}
	return nil
}

// damage tells damage from a write that was cut off: behind damage there is a
// record that was written when the place was already durable. Of a write that
// was cut off any part may be missing, not just the end.
func damage(content []byte, end int, number uint32) bool {
	for at := end + alignment; at+headSize <= len(content); at += alignment {
		synced := int64(binary.LittleEndian.Uint32(content[at+8:]))
		if synced <= int64(end) || synced > int64(at) {
			continue
		}
		if _, _, ok := readRecord(content[at:], number); ok {
			return true
		}
	}
	return false
}

// add and keep change what is known of the entries.
func (l *Log) add(index uint64, p position) {
	if len(l.positions) == 0 {
		l.first = index
	}
	l.positions = append(l.positions, p)
}

func (l *Log) keep(first, last uint64) {
	from := min(max(first, l.first)-l.first, uint64(len(l.positions)))
	to := from
	if last >= l.first+from {
		to = min(last+1-l.first, uint64(len(l.positions)))
	}
	l.positions = slices.Delete(l.positions, int(to), len(l.positions))
	l.positions = slices.Delete(l.positions, 0, int(from))
	l.first += from
	l.recent.keep(l.first, l.first+uint64(len(l.positions)))
}

// last is the index of the newest entry, or the one before first.
func (l *Log) last() uint64 { return max(l.first+uint64(len(l.positions)), 1) - 1 }

// Close ends the log. Its last record says that all before it is durable, so
// that damage is told from a write that was cut off.
func (l *Log) Close() error {
	l.writing.Lock()
	err := l.failed()
	if errors.Is(err, errClosed) {
		l.writing.Unlock()
		return nil
	}
	if err == nil {
		err = l.flush()
	}
	if err == nil {
		err = l.appendBounds(l.first, l.last())
	}
	if err == nil {
		err = l.flush()
	}
	_ = l.fail(errClosed)
	l.writing.Unlock()

	close(l.closing)
	l.tasks.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(err, l.closeFiles())
}

func (l *Log) closeFiles() error {
	var errs []error
	for _, s := range l.segments {
		errs = append(errs, s.file.Close())
	}
	l.segments = nil
	if l.dir != nil {
		errs = append(errs, l.dir.Close())
	}
	return errors.Join(errs...)
}

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

// Set stores a value, durably.
func (l *Log) Set(key, value []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.room(paddedSize(4 + len(key) + len(value))); err != nil {
		return err
	}
	l.buffer = seal(appendValue(begin(l.buffer), key, value), 0, l.active().number, kindValue, l.stamp())
	if err := l.write(); err != nil {
		return err
	}
	if err := l.commit(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.values[string(key)] = bytes.Clone(value)
	return nil
}

// Get returns a value, or an error "not found".
func (l *Log) Get(key []byte) ([]byte, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	value, ok := l.values[string(key)]
	if !ok {
		return nil, errNotFound
	}
	return bytes.Clone(value), nil
}

// SetUint64 stores a number, durably.
func (l *Log) SetUint64(key []byte, value uint64) error {
	return l.Set(key, binary.LittleEndian.AppendUint64(nil, value))
}

// GetUint64 returns a number, or 0 and an error "not found".
func (l *Log) GetUint64(key []byte) (uint64, error) {
	value, err := l.Get(key)
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("segmentlog: %s is no number", key)
	}
	return binary.LittleEndian.Uint64(value), nil
}

func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

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

// beginSegment begins a segment, with the values of the stable store.
func (l *Log) beginSegment(number uint32) error {
	b := seal(appendBegin(begin(nil), l.end), 0, number, kindBegin, 0)
	for _, key := range slices.Sorted(maps.Keys(l.values)) {
		start := len(b)
		b = seal(appendValue(begin(b), []byte(key), l.values[key]), start, number, kindValue, 0)
	}
	s, err := l.takeSpare(number, b)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments = append(l.segments, s)
	l.moveEnd(uint32(len(b)))
	l.settle(l.mark())
	return nil
}

// dropSegments retires the segments before the first entry.
func (l *Log) dropSegments() error {
	needed := l.active().number
	if len(l.positions) > 0 {
		needed = l.positions[0].segment
	}
	l.mu.Lock()
	n := int(needed - l.segments[0].number)
	dropped := slices.Clone(l.segments[:n])
	l.segments = slices.Delete(l.segments, 0, n)
	l.mu.Unlock()
	l.busy.Lock() // one of them may still be synced
	defer l.busy.Unlock()
	for _, s := range dropped {
		if err := l.retire(s); err != nil {
			return err
		}
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

var _ interface {
	raft.LogStore
	raft.StableStore
} = (*Log)(nil)
