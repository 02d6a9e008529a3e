package archive

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// failing writes a run of two threads of which some operations fail, with what
// the plugin says of them.
func failing(t *testing.T, a *Archive) *RunWriter {
	t.Helper()
	w, err := begin(t.Context(), a, 2, testPhases[1:2])
	if err != nil {
		t.Fatal(err)
	}
	chunk := func(thread int, samples ...sample.Sample) error {
		return w.Chunk(sample.Header{Thread: thread, Count: len(samples)}, sample.NewEncoder().Append(nil, samples))
	}
	at := func(start, latency int64, op sample.Op, status sample.Status) sample.Sample {
		return sample.Sample{Intended: start, Start: start, Latency: latency, Op: op, Status: status}
	}
	err = errors.Join(
		w.Started(time.Now(), ""), w.PhaseStarted(0, 0),
		chunk(1, at(10, 5, sample.OpSet, sample.OK), at(20, 10, sample.OpSet, sample.Other), at(40, 1, sample.OpGet, sample.Timeout)),
		chunk(0, at(5, 10, sample.OpSet, sample.Other), at(50, 1, sample.OpSet, sample.Timeout), at(60, 1, sample.OpGet, sample.OK)),
		w.Failure(0, record.Failure{Op: "set", Status: "other", Count: 9, First: 1, Error: "größer als erlaubt"}),
		w.Failure(0, record.Failure{Op: "set", Status: "timeout", Count: 1, First: 51, Error: "timeout"}),
		w.Failure(0, record.Failure{Op: "put", Status: "other", Count: 1, First: 1, Error: "no sample is of it"}),
		w.PhaseEnded(0, 70, 6, 0))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// What the plugin says an operation failed of is kept, and what is counted
// follows from the samples, however the run comes to its end.
func TestFailuresFollowFromTheSamples(t *testing.T) {
	ends := map[string]func(t *testing.T, a *Archive, w *RunWriter){
		"finished": func(t *testing.T, _ *Archive, w *RunWriter) {
			if err := w.Finish(t.Context(), record.Failed, "no result"); err != nil {
				t.Fatal(err)
			}
		},
		"counted again": func(t *testing.T, a *Archive, w *RunWriter) {
			if err := w.Finish(t.Context(), record.Failed, "no result"); err != nil {
				t.Fatal(err)
			}
			if err := a.settle(t.Context(), w.ID(), ending{state: record.Interrupted, at: time.Now()}); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			a := open(t)
			w := failing(t, a)
			end(t, a, w)
			got, err := a.Failures(t.Context(), w.ID())
			want := []record.Failure{
				{RunID: w.ID(), Phase: "create", Op: "set", Status: "other", Count: 2, First: 15, Error: "größer als erlaubt"},
				{RunID: w.ID(), Phase: "create", Op: "get", Status: "timeout", Count: 1, First: 41},
				{RunID: w.ID(), Phase: "create", Op: "set", Status: "timeout", Count: 1, First: 51, Error: "timeout"},
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(err, diff)
			}
			sound(t, a)
		})
	}
}

func TestLostNodesAreKept(t *testing.T) {
	a := open(t)
	w := failing(t, a)
	if err := errors.Join(w.LostNodes(1), w.LostNodes(2), w.Finish(t.Context(), record.Complete, "")); err != nil {
		t.Fatal(err)
	}
	if run, err := a.Run(t.Context(), w.ID()); err != nil || run.LostNodes != 2 {
		t.Error(run.LostNodes, err)
	}
}
