package comparison_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// detailed are two runs of two threads with a warm-up and a phase of two seconds; of
// the second run, which begins later, a thread fails.
func detailed() (*comparisontest.Detailed, []comparisontest.Record) {
	var d comparisontest.Detailed
	var records []comparisontest.Record
	for run := int64(1); run <= 2; run++ {
		begin := time.Duration(run) * time.Second
		d.InPhases = append(d.InPhases,
			record.Phase{RunID: run, Index: 0, Name: "warm-up", Warmup: true, Begun: true, Started: 0, Ended: begin},
			record.Phase{RunID: run, Index: 1, Name: "mix", Begun: true, Started: begin, Ended: begin + 2*time.Second})
		for thread := range 2 {
			var warm, measured []sample.Sample
			for i := range 4 {
				at := int64(time.Duration(i) * 500 * time.Millisecond)
				s := sample.Sample{Op: sample.OpSet, Intended: at, Start: at, Latency: int64(thread+1) * 1000}
				if i < 2*int(run) {
					warm = append(warm, s)
				}
				s.Intended, s.Start = s.Intended+int64(begin), s.Start+int64(begin)
				if i%2 == 1 {
					s.Op = sample.OpGet
				}
				if run == 2 && thread == 1 {
					s.Status = sample.Timeout
				}
				measured = append(measured, s)
			}
			d.Load = append(d.Load, comparisontest.Chunk{Run: run, Phase: 0, Thread: thread, Samples: warm}, comparisontest.Chunk{Run: run, Phase: 1, Thread: thread, Samples: measured})
		}
		for _, op := range []string{"set", "get"} {
			records = append(records, comparisontest.Record{Run: run, Store: "etcd", Nodes: 1, Threads: 2, Phase: "mix", Op: op, Ops: 4, Throughput: 2})
		}
		d.Used = append(d.Used, record.NodeSecond{RunID: run, Node: "node-1", Second: int(run)})
		d.Happened = append(d.Happened, record.Event{RunID: run, Kind: "node-exited"})
	}
	return &d, records
}

func detail(t *testing.T, d *comparisontest.Detailed, l *comparison.Workload, of comparison.Wanted) comparison.Details {
	t.Helper()
	if err := l.Detail(t.Context(), d, of); err != nil {
		t.Fatal(err)
	}
	return l.Details
}

// shape is what a course has, in columns that have anything.
func shape(c *comparison.Course) map[string]int64 {
	counts := map[string]int64{}
	for _, p := range c.Parts {
		for i := range p.Columns {
			at := (c.Begin + c.Width*time.Duration(i)).Round(500 * time.Millisecond).String()
			if n := p.Columns[i].Latency.N(); n > 0 {
				counts[p.Phase+" "+p.Op+" "+at] += n
			}
			if n := p.Columns[i].Errors; n > 0 {
				counts["failed "+p.Phase+" "+p.Op+" "+at] += n
			}
		}
	}
	return counts
}

func TestSecondsAreThoseOfOneRun(t *testing.T) {
	d, records := detailed()
	l := comparisontest.Workload(t, slices.DeleteFunc(records, func(r comparisontest.Record) bool { return r.Run != 2 || r.Op != "set" }))
	c := detail(t, d, l, comparison.Wanted{Seconds: true}).Courses[l.Series[0]]
	want := map[string]int64{"warm-up set 0s": 4, "warm-up set 1s": 4, "mix set 2s": 1, "failed mix set 2s": 1, "mix set 3s": 1, "failed mix set 3s": 1}
	if diff := cmp.Diff(want, shape(c)); diff != "" {
		t.Error(diff)
	}
	if c.Width != time.Second || c.Columns != 5 || len(c.Events) != 1 || len(c.Nodes) != 1 || c.Nodes[0].Second != 2 {
		t.Errorf("%d columns of %v, %v, %v", c.Columns, c.Width, c.Events, c.Nodes)
	}
	if latency := c.Parts[1].Columns[2].Latency.Percentile(50); latency != 1000 {
		t.Errorf("an operation took %d ns", latency)
	}
}

func TestMomentsAreOfAllRunsAndMeasuredPhases(t *testing.T) {
	d, records := detailed()
	l := comparisontest.Workload(t, records)
	c := detail(t, d, l, comparison.Wanted{Moments: true}).Courses[l.Series[0]]
	want := map[string]int64{"mix set 1s": 2, "mix get 1.5s": 2, "mix set 2s": 3, "failed mix set 2s": 1, "mix get 2.5s": 3, "failed mix get 2.5s": 1, "mix set 3s": 1, "failed mix set 3s": 1, "mix get 3.5s": 1, "failed mix get 3.5s": 1}
	if diff := cmp.Diff(want, shape(c)); diff != "" {
		t.Error(diff)
	}
	if c.Begin != time.Second || c.Events != nil || c.Nodes != nil {
		t.Errorf("from %v on, with %v and %v", c.Begin, c.Events, c.Nodes)
	}
}

func TestThreadsAreCounted(t *testing.T) {
	d, records := detailed()
	l := comparisontest.Workload(t, records)
	threads := detail(t, d, l, comparison.Wanted{Threads: true}).Threads
	for _, r := range l.Rows {
		want := []comparison.ThreadTotal{{Ops: 2}, {Ops: 2}} // too few to carry p99
		if r.RunID == 2 {
			want[1].Ops = 0
		}
		if diff := cmp.Diff(want, threads[r]); diff != "" {
			t.Errorf("run %d, %s: %s", r.RunID, r.Op, diff)
		}
	}
}

func TestOnlyWhatIsWantedIsRead(t *testing.T) {
	d, records := detailed()
	l := comparisontest.Workload(t, records)
	details := detail(t, d, l, comparison.Wanted{Quantiles: true})
	if details.Courses != nil || details.Threads != nil || len(details.Quantiles) != 4 {
		t.Errorf("%+v", details)
	}
	if last := comparison.Percentiles[len(comparison.Percentiles)-1]; !slices.IsSorted(comparison.Percentiles) || last < 99.9998 || last >= 100 || !slices.Contains(comparison.Percentiles, 99) {
		t.Errorf("percentiles up to %v", last)
	}
}
