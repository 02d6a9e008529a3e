package engine

import (
	"runtime"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// TestAFullRingStallsItsThreadAloud lets the encoder sleep, so that a thread
// fills its ring: it must wait, lose nothing and say for how long.
func TestAFullRingStallsItsThreadAloud(t *testing.T) {
	r := newRing(ringTotal) // the smallest, which never grows
	done := make(chan struct{})
	const n = 5 * ringLeast
	samples := make([]sample.Sample, chunkSamples)
	go func() {
		defer close(done)
		for i := range int64(n) {
			r.push(sample.Sample{Start: i})
		}
	}()
	var next int64
	for next < n {
		for r.waiting() == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond)
		for _, s := range samples[:r.take(samples)] {
			if s.Start != next {
				t.Fatalf("sample %d, want %d", s.Start, next)
			}
			next++
		}
	}
	<-done
	if r.stalls == 0 || r.stalled <= 0 {
		t.Errorf("%d stalls of %v", r.stalls, r.stalled)
	}
}

// TestARingGrowsBeforeItStalls begins to take samples when a thread has filled
// its ring again and again: it grows to its limit, and nothing is lost or moved.
func TestARingGrowsBeforeItStalls(t *testing.T) {
	r := newRing(ringTotal / (64 * ringLeast))
	if want := 64 * ringLeast; r.most != want {
		t.Fatalf("may grow to %d samples, want %d", r.most, want)
	}
	const n = 1 << 20
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range int64(n) {
			r.push(sample.Sample{Start: i})
		}
	}()
	for r.waiting() <= (1+4+16)*ringLeast {
		runtime.Gosched()
	}
	samples := make([]sample.Sample, 1000)
	for next := int64(0); next < n; {
		took := r.take(samples)
		for _, s := range samples[:took] {
			if s.Start != next {
				t.Fatalf("sample %d, want %d", s.Start, next)
			}
			next++
		}
		if took == 0 {
			runtime.Gosched()
		}
	}
	<-done
	if got := len(r.into.samples); got != r.most {
		t.Errorf("grew to %d samples, want %d", got, r.most)
	}
	if got := r.waiting(); got != 0 {
		t.Errorf("%d samples wait", got)
	}
}
