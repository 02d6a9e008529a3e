package archive

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

func TestTheLongestTimeWithoutAnOperation(t *testing.T) {
	const ms = int64(time.Millisecond)
	type span [2]int64 // in milliseconds
	cases := map[string]struct {
		from time.Duration
		ops  []span
		want time.Duration
	}{
		"none at all":                  {0, nil, 0},
		"one after the other":          {0, []span{{0, 5}, {5, 14}, {14, 33}}, 0},
		"a pause":                      {0, []span{{0, 5}, {10_025, 10_030}}, 10_010 * time.Millisecond},
		"another thread is on its way": {0, []span{{0, 5}, {10_025, 10_030}, {2, 10_100}}, 0},
		"another thread ends it":       {0, []span{{0, 5}, {10_025, 10_030}, {4_000, 4_001}}, 6_010 * time.Millisecond},
		"before the first":             {2 * time.Second, []span{{5_000, 5_005}}, 2_990 * time.Millisecond},
		"over many words":              {0, []span{{0, 100_000}, {101_000, 300_000}}, 990 * time.Millisecond},
		"more than there is room for":  {0, []span{{0, 5}, {math.MaxInt64 / ms, math.MaxInt64 / ms}}, 0},
		"before the run's zero":        {0, []span{{-900, -800}, {-100, 5}}, 0},
	}
	for name, c := range cases {
		var p presence
		for _, op := range c.ops {
			p.mark(op[0]*ms, op[1]*ms)
		}
		if got := p.idle(c.from); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestWhatThereWasBesideAPhaseIsArchived(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, []record.Phase{{Name: "create"}, {Name: "set"}})
	if err != nil {
		t.Fatal(err)
	}
	around := record.Surroundings{ForeignCPUSeconds: 0.5, StolenCPUSeconds: 0.25, Throttled: time.Second, Pressure: 2 * time.Second}
	samples := []sample.Sample{{Intended: 1, Start: 1, Latency: 5}, {Intended: 3e9 + 1, Start: 3e9 + 1, Latency: 5}}
	for _, err := range []error{
		w.Started(time.Now(), ""),
		w.PhaseStarted(0, 0),
		w.Chunk(sample.Header{Count: len(samples)}, sample.NewEncoder().Append(nil, samples)),
		w.Surroundings(0, around),
		w.PhaseEnded(0, 4*time.Second, 2, 0),
		w.PhaseStarted(1, 4*time.Second),
		w.PhaseEnded(1, 5*time.Second, 0, 0),
		w.Finish(t.Context(), record.Complete, ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := a.Phases(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	want := []record.Phase{
		{RunID: w.ID(), Name: "create", Begun: true, Ended: 4 * time.Second, Samples: 2, Idle: 2990 * time.Millisecond, Surroundings: &around},
		{RunID: w.ID(), Index: 1, Name: "set", Begun: true, Started: 4 * time.Second, Ended: 5 * time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := w.Surroundings(2, around); err == nil {
		t.Error("there is no phase 2, and it has surroundings")
	}
}
