package segmentlog

import (
	"errors"
	"sync"
	"sync/atomic"
)

// mark is a place in the log.
type mark struct {
	position uint64 // the segment's number, then the offset in it
	index    uint64 // of the last entry before it
}

// flusher syncs in the background, and knows what is durable.
type flusher struct {
	wanted  chan struct{}
	closing chan struct{}
	busy    sync.Mutex    // held while a file is synced; taken after Log.writing
	written atomic.Uint64 // position
	synced  atomic.Uint64 // to.index

	state   sync.Mutex // guards what follows
	changed *sync.Cond
	to      mark
	err     error // after a failed write nothing is known of the file any more
}

func newFlusher() *flusher {
	f := &flusher{wanted: make(chan struct{}, 1), closing: make(chan struct{})}
	f.changed = sync.NewCond(&f.state)
	return f
}

func (l *Log) wantFlush() {
	select {
	case l.wanted <- struct{}{}:
	default:
	}
}

func (l *Log) flushWanted() {
	for {
		select {
		case <-l.closing:
			return
		case <-l.wanted:
		}
		l.writing.Lock()
		file, to := l.active().file, l.mark()
		l.busy.Lock()
		l.writing.Unlock()
		if l.durable().position < to.position && l.failed() == nil {
			if err := syncData(file); err != nil {
				_ = l.fail(err)
			} else {
				l.settle(to)
			}
		}
		l.busy.Unlock()
	}
}

// settle notes that what is before a mark is durable.
func (f *flusher) settle(to mark) {
	f.state.Lock()
	defer f.state.Unlock()
	if to.position >= f.to.position {
		f.to = to
		f.synced.Store(to.index)
		f.changed.Broadcast()
	}
}

func (f *flusher) durable() mark {
	f.state.Lock()
	defer f.state.Unlock()
	return f.to
}

// fail keeps the first error, and returns the one it is given.
func (f *flusher) fail(err error) error {
	f.state.Lock()
	defer f.state.Unlock()
	if f.err == nil || errors.Is(err, errClosed) {
		f.err = err
	}
	f.changed.Broadcast()
	return err
}

func (f *flusher) failed() error {
	f.state.Lock()
	defer f.state.Unlock()
	return f.err
}

// Synced returns the index up to which all entries are durable.
func (l *Log) Synced() uint64 { return l.synced.Load() }

// Wait returns once an entry that has been written is durable, or deleted.
func (l *Log) Wait(index uint64) error {
	if l.synced.Load() >= index {
		return nil
	}
	position := l.written.Load()
	l.state.Lock()
	defer l.state.Unlock()
	for l.to.index < index && l.to.position < position {
		if l.err != nil {
			return l.err
		}
		l.changed.Wait()
	}
	return nil
}
