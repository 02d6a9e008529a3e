package comparisontest

import (
	"context"
	"slices"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// Detailed is what an archive has of single made-up runs.
type Detailed struct {
	Load     []Chunk
	InPhases []record.Phase
	Used     []record.NodeSecond
	Happened []record.Event
}

// Chunk is samples of a thread of a run in a phase.
type Chunk struct {
	Run           int64
	Phase, Thread int
	Samples       []sample.Sample
}

// Phases returns the phases of runs.
func (d *Detailed) Phases(_ context.Context, ids ...int64) ([]record.Phase, error) {
	return slices.DeleteFunc(slices.Clone(d.InPhases), func(p record.Phase) bool { return !slices.Contains(ids, p.RunID) }), nil
}

// NodeSeconds returns what the processes of a run used.
func (d *Detailed) NodeSeconds(_ context.Context, run int64) ([]record.NodeSecond, error) {
	return slices.DeleteFunc(slices.Clone(d.Used), func(n record.NodeSecond) bool { return n.RunID != run }), nil
}

// Events returns what happened during a run.
func (d *Detailed) Events(_ context.Context, run int64) ([]record.Event, error) {
	return slices.DeleteFunc(slices.Clone(d.Happened), func(e record.Event) bool { return e.RunID != run }), nil
}

// Scan hands the chunks of a run to takers in turn.
func (d *Detailed) Scan(_ context.Context, run int64, takers []func(sample.Header, []sample.Sample)) error {
	next := 0
	for _, c := range d.Load {
		if c.Run == run {
			takers[next%len(takers)](sample.Header{Phase: c.Phase, Thread: c.Thread, Count: len(c.Samples)}, c.Samples)
			next++
		}
	}
	return nil
}

// Quantiles hands summaries to take, by the nearest ranks of the samples.
func (d *Detailed) Quantiles(_ context.Context, percentiles []float64, take func(record.Summary, []int64) error, ids ...int64) error {
	for _, p := range d.InPhases {
		if p.Warmup || !slices.Contains(ids, p.RunID) {
			continue
		}
		latencies := map[sample.Op][]int64{}
		for _, c := range d.Load {
			for _, s := range c.Samples {
				if c.Run == p.RunID && c.Phase == p.Index && s.Status == sample.OK {
					latencies[s.Op] = append(latencies[s.Op], s.End()-s.Intended)
				}
			}
		}
		for op, values := range latencies {
			slices.Sort(values)
			at := make([]int64, len(percentiles))
			for i, percent := range percentiles {
				at[i] = values[max(int(percent/100*float64(len(values))+0.5), 1)-1]
			}
			if err := take(record.Summary{RunID: p.RunID, Phase: p.Name, Op: op.String(), Ops: int64(len(values))}, at); err != nil {
				return err
			}
		}
	}
	return nil
}
