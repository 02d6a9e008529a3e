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
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hashicorp/raft"
)

var (
	// errNotFound has the text by which raft knows it.
	errNotFound = errors.New("not found")
	errClosed   = errors.New("segmentlog: closed")
)

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

var _ interface {
	raft.LogStore
	raft.StableStore
} = (*Log)(nil)
