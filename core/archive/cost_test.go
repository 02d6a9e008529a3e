package archive

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// TestCosts has a phase of 2.7 seconds, of which two are whole, after a warm-up,
// and one that lasted no whole second.
func TestCosts(t *testing.T) {
	const second = int64(time.Second)
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	encoder := sample.NewEncoder()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(w.Started(time.Now(), ""))
	for phase, p := range []struct {
		from, to time.Duration
		ends     []float64 // of its operations
	}{
		{0, 500 * time.Millisecond, []float64{0.2}},
		{500 * time.Millisecond, 3200 * time.Millisecond, []float64{0.7, 0.9, 1.1, 1.5, 2.5, 2.9, 3.1}},
		{3200 * time.Millisecond, 3900 * time.Millisecond, []float64{3.5}},
	} {
		do(w.PhaseStarted(phase, p.from))
		var samples []sample.Sample
		for _, end := range p.ends {
			at := int64(end*float64(second)) - 1000
			samples = append(samples, sample.Sample{Intended: at, Start: at, Op: sample.OpCreate, Latency: 1000})
		}
		do(w.Chunk(sample.Header{Phase: phase, Count: len(samples)}, encoder.Append(nil, samples)))
		do(w.PhaseEnded(phase, p.to, int64(len(samples)), 0))
	}
	for second := range 4 {
		for _, node := range []string{"node-1", "node-2", record.ClientNode} {
			do(w.NodeSecond(record.NodeSecond{Node: node, Second: second, Seconds: 1, CPUSeconds: float64(second), RSSBytes: int64(10 * second), WrittenBytes: new(int64(100))}))
		}
	}
	do(w.Finish(t.Context(), record.Complete, ""))

	got, err := a.Costs(t.Context(), w.ID())
	want := []record.Cost{{RunID: w.ID(), Phase: "create", Ops: 4, CPUSeconds: 6, RSSBytes: 40, WrittenBytes: new(int64(400))}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if of, err := a.Costs(t.Context()); len(of) != 1 || err != nil {
		t.Errorf("of all: %v, %v", of, err)
	}
}
