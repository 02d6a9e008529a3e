package main

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// What a long run is like.
const (
	longThreads = 10
	longChunk   = 4096
	longMedian  = 150 * time.Microsecond
)

// writeLong archives a run like another one, with so many samples.
func writeLong(ctx context.Context, path string, rng *rand.Rand, like original, samples int) (err error) {
	into, err := archive.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	r := like.run
	r.Threads = longThreads
	w, err := into.BeginRun(ctx, r, []record.Phase{{Name: "mix"}})
	if err != nil {
		return err
	}
	if err := w.Started(time.Now(), ""); err != nil {
		return err
	}
	if err := w.PhaseStarted(0, 0); err != nil {
		return err
	}
	var ends [longThreads]int64
	encoder, chunk := sample.NewEncoder(), make([]sample.Sample, longChunk)
	written := 0
	for first := int64(0); written < samples; first += longChunk {
		for thread := 0; thread < longThreads && written < samples; thread++ {
			chunk = chunk[:min(longChunk, samples-written)]
			ends[thread] = drawn(rng, chunk, ends[thread])
			if err := w.Chunk(sample.Header{Thread: thread, First: first, Count: len(chunk)}, encoder.Append(nil, chunk)); err != nil {
				return err
			}
			written += len(chunk)
		}
	}
	end := time.Duration(0)
	for _, e := range ends {
		end = max(end, time.Duration(e))
	}
	if err := w.PhaseEnded(0, end, int64(written), 0); err != nil {
		return err
	}
	return w.Finish(ctx, record.Complete, "")
}

// drawn draws samples of one thread from a moment on, and returns when the last ends.
// Every tenth second the store is slower.
func drawn(rng *rand.Rand, samples []sample.Sample, at int64) int64 {
	for i := range samples {
		s := sample.Sample{Op: sample.OpGet, Intended: at + 200, Start: at + 200}
		if rng.IntN(2) == 0 {
			s.Op = sample.OpSet
		}
		median := float64(longMedian)
		if time.Duration(at)%(10*time.Second) > 9*time.Second {
			median *= 5
		}
		s.Latency = int64(median * math.Exp(0.4*rng.NormFloat64()))
		if rng.IntN(5000) == 0 {
			s.Status = sample.Timeout
		}
		samples[i] = s
		at = s.End()
	}
	return at
}
