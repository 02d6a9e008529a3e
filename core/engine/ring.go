package engine

import (
	"sync/atomic"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// Sizes of the rings, in samples. A ring begins small, so that its memory stays in
// the processor's caches as long as the encoder keeps up. All rings of a run
// together grow to ringTotal at most, unless there are so many threads that each
// has only ringLeast.
const (
	ringTotal = 1 << 21
	ringMost  = 1 << 18
	ringLeast = 1 << 8
	ringGrows = 4 // times
)

// ring carries samples from one thread to the encoder without a lock. The
// thread alone moves head, the encoder alone moves tail. Because the thread
// publishes every sample at once, the encoder can take what there is at any
// time, even from a thread that hangs in an operation.
type ring struct {
	most int    // slots it may grow to
	from *slots // which the encoder takes from

	_        [64]byte // the thread's own cache lines
	into     *slots   // which the thread fills
	next     uint64   // head as the thread knows it
	room     uint64   // the value of next at which there may be no room
	stalls   int64
	stalled  time.Duration
	_        [32]byte
	head     atomic.Uint64 // samples that were ever written
	failures atomic.Int64  // of which failed
	_        [48]byte
	tail     atomic.Uint64 // samples that were ever taken
}

// slots hold the samples from a first one on, round and round, until larger
// ones take their place.
type slots struct {
	samples []sample.Sample
	first   uint64
	larger  atomic.Pointer[slots]
}

func newRing(threads int) *ring {
	most := ringMost
	for most > ringLeast && most*threads > ringTotal {
		most /= 2
	}
	s := &slots{samples: make([]sample.Sample, ringLeast)}
	return &ring{most: most, from: s, into: s, room: ringLeast}
}

// push adds a sample. When the ring is full it grows; when it may not, it waits
// for the encoder, which the run then reports as a stall.
func (r *ring) push(s sample.Sample) {
	if r.next == r.room {
		r.makeRoom()
	}
	r.into.samples[r.next&uint64(len(r.into.samples)-1)] = s
	r.next++
	r.head.Store(r.next)
}

func (r *ring) makeRoom() {
	if r.hasRoom() {
		return
	}
	if size := len(r.into.samples); size < r.most {
		larger := &slots{samples: make([]sample.Sample, min(ringGrows*size, r.most)), first: r.next}
		r.into.larger.Store(larger)
		r.into = larger
		r.hasRoom()
		return
	}
	r.stalls++
	began := time.Now()
	for !r.hasRoom() {
		time.Sleep(50 * time.Microsecond)
	}
	r.stalled += time.Since(began)
}

// hasRoom looks how far the encoder has come.
func (r *ring) hasRoom() bool {
	r.room = max(r.tail.Load(), r.into.first) + uint64(len(r.into.samples))
	return r.room != r.next
}

// take moves the oldest samples out of the ring, as many as there are and fit,
// and returns their number.
func (r *ring) take(out []sample.Sample) int {
	tail, n := r.tail.Load(), 0
	for head := r.head.Load(); tail != head && n < len(out); {
		end, larger := head, r.from.larger.Load()
		if larger != nil {
			if tail == larger.first {
				r.from = larger
				continue
			}
			end = min(end, larger.first)
		}
		samples := r.from.samples
		at := int(tail & uint64(len(samples)-1))
		moved := copy(out[n:], samples[at:min(at+int(end-tail), len(samples))])
		n += moved
		tail += uint64(moved)
	}
	r.tail.Store(tail)
	return n
}

// waiting returns how many samples have not been taken.
func (r *ring) waiting() int { return int(r.head.Load() - r.tail.Load()) }
