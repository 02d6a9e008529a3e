package driver

import (
	"sync/atomic"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// Sizes of the rings, in samples. All rings of a run together hold at most
// ringTotal unless there are so many threads that each has only ringLeast.
const (
	ringTotal = 1 << 21
	ringMost  = 1 << 18
	ringLeast = 1 << 10
)

// ring carries samples from one thread to the encoder without a lock. The
// thread alone moves head, the encoder alone moves tail. Because the thread
// publishes every sample at once, the encoder can take what there is at any
// time, even from a thread that hangs in an operation.
type ring struct {
	slots []sample.Sample

	_        [64]byte // the thread's own cache line
	next     uint64   // head as the thread knows it
	room     uint64   // the value of next at which tail has to be looked at again
	stalls   int64
	stalled  time.Duration
	_        [32]byte
	head     atomic.Uint64 // samples that were ever written
	failures atomic.Int64  // of which failed
	_        [48]byte
	tail     atomic.Uint64 // samples that were ever taken
}

func newRing(threads int) *ring {
	size := ringMost
	for size > ringLeast && size*threads > ringTotal {
		size /= 2
	}
	return &ring{slots: make([]sample.Sample, size), room: uint64(size)}
}

// push adds a sample. When the ring is full it waits for the encoder, which
// the run then reports as a stall.
func (r *ring) push(s sample.Sample) {
	if r.next == r.room {
		r.wait()
	}
	r.slots[r.next&uint64(len(r.slots)-1)] = s
	r.next++
	r.head.Store(r.next)
}

func (r *ring) wait() {
	size := uint64(len(r.slots))
	if r.room = r.tail.Load() + size; r.room != r.next {
		return
	}
	r.stalls++
	began := time.Now()
	for r.room == r.next {
		time.Sleep(50 * time.Microsecond)
		r.room = r.tail.Load() + size
	}
	r.stalled += time.Since(began)
}

// peek returns samples that wait, oldest first, at most limit and as many as
// lie side by side. They stay until drop.
func (r *ring) peek(limit int) []sample.Sample {
	tail := r.tail.Load()
	waiting := int(r.head.Load() - tail)
	at := int(tail & uint64(len(r.slots)-1))
	return r.slots[at:min(at+min(waiting, limit), len(r.slots))]
}

// drop frees the n oldest samples.
func (r *ring) drop(n int) { r.tail.Add(uint64(n)) }

// waiting returns how many samples have not been taken.
func (r *ring) waiting() int { return int(r.head.Load() - r.tail.Load()) }
