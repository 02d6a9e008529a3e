package engine

import (
	"time"

	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/sample"
)

const (
	chunkSamples = 4096                   // of a full chunk
	chunkAge     = 500 * time.Millisecond // after which a chunk that is not full is sent
	// How often the rings are looked at: as often as samples come fast, and
	// seldom where they do not, since every look takes processor time that the
	// store may need.
	encodeSoonest = 2 * time.Millisecond
	encodeLatest  = 32 * time.Millisecond
)

// encoder turns the samples of all threads into chunks, beside the threads.
// Only its own goroutine uses it.
type encoder struct {
	codec   *sample.Encoder
	taken   [chunkSamples]sample.Sample
	rings   []*ring // of the threads, and of the watchers behind them
	outbox  *Outbox
	phase   int
	observe func([]sample.Sample) // sees all samples of a phase, and keeps none; nil: nobody does
	still   *standstills          // looks when nothing goes on; nil: it does not matter in this phase
	sent    []int64               // by thread, samples of this phase
	flushed []time.Time           // by thread, when its last chunk was sent
}

func newEncoder(rings []*ring, outbox *Outbox) *encoder {
	return &encoder{
		codec:   sample.NewEncoder(),
		rings:   rings,
		outbox:  outbox,
		sent:    make([]int64, len(rings)),
		flushed: make([]time.Time, len(rings)),
	}
}

// run encodes what the threads of a phase produce until done is closed, and
// then what is left. It returns the number of samples of the phase.
func (e *encoder) run(phase int, done <-chan struct{}) (int64, error) {
	e.phase = phase
	clear(e.sent)
	now := time.Now()
	for i := range e.flushed {
		e.flushed[i] = now
	}
	pause := encodeSoonest
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for finished := false; !finished; {
		select {
		case <-done:
			finished = true
		case <-timer.C:
		}
		now = time.Now()
		if e.still != nil {
			e.still.look(now.Sub(e.still.zero), pause)
		}
		pause = e.pause(pause)
		timer.Reset(pause)
		for thread, ring := range e.rings {
			due := finished || now.Sub(e.flushed[thread]) >= chunkAge
			if err := e.encode(thread, ring, due, now); err != nil {
				return 0, err
			}
		}
	}
	var total int64
	for _, n := range e.sent {
		total += n
	}
	return total, nil
}

// pause is how long to wait for the next look, after the one that comes now: the
// fullest ring should be filled by a sixteenth then, so that a burst finds room.
func (e *encoder) pause(last time.Duration) time.Duration {
	fullest := 0.0
	for _, ring := range e.rings {
		fullest = max(fullest, float64(ring.waiting())/float64(ring.most))
	}
	switch {
	case fullest > 1.0/16:
		return encodeSoonest
	case fullest < 1.0/64:
		return min(2*last, encodeLatest)
	}
	return last
}

// encode sends a thread's full chunks, and the rest too if it is due.
func (e *encoder) encode(thread int, ring *ring, due bool, now time.Time) error {
	for {
		waiting := ring.waiting()
		if waiting == 0 || (waiting < chunkSamples && !due) {
			return nil
		}
		samples := e.taken[:ring.take(e.taken[:])]
		if e.observe != nil {
			e.observe(samples)
		}
		if e.still != nil {
			e.still.observe(samples)
		}
		header := sample.Header{Phase: e.phase, Thread: thread, First: e.sent[thread], Count: len(samples)}
		e.sent[thread] += int64(len(samples))
		e.flushed[thread] = now
		if err := e.outbox.Put(protocol.Chunk(header, e.codec.Append(nil, samples))); err != nil {
			return err
		}
	}
}
