package kinds

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	measured "github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// load is what made-up runs are like, of which charts show more than summaries.
type load struct {
	setups  [][2]string // stores and names of options
	runs    int         // of each
	threads int
	ops     int     // of each thread in each phase
	spread  float64 // of latencies: the standard deviation of their logarithm
	failing bool    // all operations
	phases  []string
	bare    bool // nothing is known of the processes, and nothing happened
}

var ofTwo = load{setups: [][2]string{{"etcd", "a"}, {"zookeeper", "a"}}, runs: 3, threads: 4, ops: 400, spread: 0.5, phases: []string{"create", "set"}}

// only is a load of one setup and one run.
func (d load) only() load {
	d.setups, d.runs = d.setups[:1], 1
	return d
}

// made makes the runs. The numbers follow from a seed.
func (d load) made() (*comparisontest.Detailed, []record) {
	var all comparisontest.Detailed
	var records []record
	rng := rand.New(rand.NewPCG(1, 2))
	id := int64(0)
	for i, setup := range d.setups {
		for range d.runs {
			id++
			begin := int64(0)
			for index, name := range slices.Concat([]string{"warm-up"}, d.phases) {
				op := sample.OpSet
				if name == "create" {
					op = sample.OpCreate
				}
				last, succeeded := begin, int64(0)
				for thread := range d.threads {
					chunk := comparisontest.Chunk{Run: id, Phase: index, Thread: thread}
					at := begin
					for range d.ops / (1 + thread%2) {
						s := sample.Sample{Op: op, Intended: at, Start: at, Latency: int64(5e6 * float64(i+1) * math.Exp(d.spread*rng.NormFloat64()))}
						if d.failing || rng.IntN(100) == 0 {
							s.Status = sample.Timeout
						} else {
							succeeded++
						}
						at = s.End()
						chunk.Samples = append(chunk.Samples, s)
					}
					last = max(last, at)
					if len(chunk.Samples) > 0 {
						all.Load = append(all.Load, chunk)
					}
				}
				all.InPhases = append(all.InPhases, measured.Phase{RunID: id, Index: index, Name: name, Warmup: index == 0, Begun: true, Started: time.Duration(begin), Ended: time.Duration(last)})
				begin = last
				if index > 0 {
					records = append(records, record{
						Run: id, Started: time.Date(2026, 1, int(id), 0, 0, 0, 0, time.UTC), Store: setup[0], Nodes: 3, Threads: d.threads, Workload: "create-set", Options: map[string]string{"policy": setup[1]},
						Reads: "linearizable", Durability: "fsync", Connections: 1, Phase: name, Op: op.String(), Ops: succeeded, Throughput: 100,
					})
				}
			}
			if !d.bare {
				happen(&all, id, time.Duration(begin))
			}
		}
	}
	return &all, records
}

// happen fills the seconds of a run: of three nodes, one of which ends.
func happen(in *comparisontest.Detailed, run int64, until time.Duration) {
	for second := range int(until/time.Second) + 1 {
		for node, name := range []string{measured.ClientNode, "node-1", "node-2", "node-3"} {
			in.Used = append(in.Used, measured.NodeSecond{RunID: run, Node: name, Second: second, Seconds: 1, CPUSeconds: 0.1 * float64(node+1), RSSBytes: int64(50+10*node+second) << 20, WrittenBytes: new(int64(node) << 18)})
		}
	}
	in.Happened = append(in.Happened, measured.Event{RunID: run, At: -time.Second, Kind: "node-ready", Node: "node-1"},
		measured.Event{RunID: run, At: until / 2, Kind: "node-exited", Node: "node-2", Detail: "exit status 1"})
}

func (d load) figure(t *testing.T, kind string) (chart.Figure, error) {
	t.Helper()
	all, records := d.made()
	l := comparisontest.Workload(t, records)
	k, ok := Find(kind)
	if !ok {
		t.Fatalf("no kind %s", kind)
	}
	if err := k.Fits(l); err != nil {
		return chart.Figure{}, err
	}
	if err := k.Read(t.Context(), all, l); err != nil {
		t.Fatal(err)
	}
	return k.Make(l, Options{})
}

// drawn makes a figure that can be made.
func (d load) drawn(t *testing.T, kind string) chart.Figure {
	t.Helper()
	f, err := d.figure(t, kind)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// singles are figures of what single runs came to, of each kind.
func singles(t *testing.T) map[string]chart.Figure {
	t.Helper()
	return map[string]chart.Figure{
		"cdf": ofTwo.drawn(t, "cdf"), "fairness": ofTwo.drawn(t, "fairness"), "heatmap": ofTwo.drawn(t, "heatmap"), "timeline": ofTwo.only().drawn(t, "timeline"),
	}
}

// markedWith is what a mark that has no estimates shows, as text: of what is many, some.
func markedWith(m chart.Mark) string {
	var b strings.Builder
	points := func(series [][]chart.Point) {
		for _, of := range series {
			fmt.Fprintf(&b, "  %d:", len(of))
			for i := 0; i < len(of); i += max(len(of)/6, 1) {
				fmt.Fprintf(&b, " (%.4g, %.4g)", of[i].X, of[i].Y)
			}
			b.WriteByte('\n')
		}
	}
	switch m := m.(type) {
	case chart.Curves:
		points(m.Series)
	case chart.Points:
		points(m.Series)
	case chart.Rules:
		fmt.Fprintf(&b, "  y %v x %v\n", m.Y, m.X)
	case chart.Spans:
		fmt.Fprintf(&b, "  %v\n", []chart.Span(m))
	case chart.Cells:
		sum := 0.0
		for _, column := range m.Counts {
			for _, n := range column {
				sum += n
			}
		}
		fmt.Fprintf(&b, "  %g %s in %d columns from %.4g to %.4g, %d rows from %.4g to %.4g\n", sum, m.Of, len(m.X)-1, m.X[0], m.X[len(m.X)-1], len(m.Y)-1, m.Y[0], m.Y[len(m.Y)-1])
	}
	return b.String()
}

func TestATimelineIsOfOneRun(t *testing.T) {
	_, err := ofTwo.figure(t, "timeline")
	if want := "a timeline is of one run, and 6 are selected: select one, such as run:6, or last:1 for the newest"; !errors.Is(err, ErrSeveralRuns) || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestADistributionIsTheMedianOfTheRuns(t *testing.T) {
	all, records := ofTwo.made()
	l := comparisontest.Workload(t, records)
	k, _ := Find("cdf")
	if err := k.Read(t.Context(), all, l); err != nil {
		t.Fatal(err)
	}
	f, err := k.Make(l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	within, beyond := f.Panels[0].Marks[0].(chart.Curves), f.Panels[2].Marks[0].(chart.Curves)
	for i, points := range within.Series {
		for j, p := range points {
			if j > 0 && (p.X < points[j-1].X || p.Y <= points[j-1].Y) {
				t.Errorf("series %d turns back at %v", i, p)
			}
			if tail := beyond.Series[i][j]; tail.X != p.X || math.Abs(tail.Y+p.Y-1) > 1e-12 {
				t.Errorf("series %d: %v and %v", i, p, tail)
			}
		}
		// 1,200 operations of a run carry p99.9, and a hundredth failed.
		if last := points[len(points)-1].Y; last < 0.998 || last > 0.9992 {
			t.Errorf("series %d ends at %v", i, last)
		}
	}
}

func TestAHeatMapHasEveryOperation(t *testing.T) {
	_, records := ofTwo.made()
	want := map[string]float64{}
	for _, r := range records {
		want[r.Store] += float64(r.Ops)
	}
	for _, p := range ofTwo.drawn(t, "heatmap").Panels {
		sum := 0.0
		cells := p.Marks[0].(chart.Cells)
		for _, column := range cells.Counts {
			for _, n := range column {
				sum += n
			}
		}
		store := p.Title
		if sum != want[store] || len(cells.Y) > mostRows+2 {
			t.Errorf("%s: %v operations in %d rows, want %v", p.Title, sum, len(cells.Y)-1, want[store])
		}
	}
}

func TestJainsIndex(t *testing.T) {
	f := ofTwo.drawn(t, "fairness")
	// Two threads of four do half of what the others do: (2+1)²·4 ÷ (4·(2·1 + 2·¼)) = 0.9.
	if want := "etcd, 3 nodes, 4 threads"; len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "etcd 0.9") && !strings.Contains(f.Notes[0], want) {
		t.Errorf("%q", f.Notes)
	}
	for _, c := range []struct {
		ops  []int64
		want float64
	}{{[]int64{5, 5, 5, 5}, 1}, {[]int64{8, 0, 0, 0}, 0.25}, {[]int64{2, 1, 2, 1}, 0.9}, {[]int64{7}, 1}} {
		totals := totalsWith(c.ops)
		if got := jain(totals); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", c.ops, got, c.want)
		}
	}
}

// TestHardCasesOfSingleRuns draws what is hard to draw.
func TestHardCasesOfSingleRuns(t *testing.T) {
	of := func(change func(*load)) load {
		d := ofTwo
		change(&d)
		return d
	}
	var eighteen, long [][2]string
	for i := range 18 {
		eighteen = append(eighteen, [2]string{[]string{"etcd", "raftembed", "zookeeper"}[i%3], fmt.Sprint("p", i/3)})
	}
	for i := range 6 {
		long = append(long, [2]string{"etcd", fmt.Sprintf("snapshot-every-%d-entries-or-when-the-log-exceeds-%d-MiB-whichever-comes-first", 1000*(i+1), 64+i)})
	}
	cases := map[string]struct {
		load
		empty bool // there is nothing to draw
	}{
		"one point":        {of(func(d *load) { d.ops, d.threads = 2, 1 }), false},
		"one run":          {of(func(d *load) { *d = d.only() }), false},
		"eighteen series":  {of(func(d *load) { d.setups, d.runs, d.ops = eighteen, 1, 120 }), false},
		"eighteen threads": {of(func(d *load) { d.threads = 18 }), false},
		"many threads":     {of(func(d *load) { d.threads, d.ops = 500, 20 }), false},
		"all errors":       {of(func(d *load) { d.failing = true }), true},
		"a million":        {of(func(d *load) { d.spread = 2.8 }), false},
		"equal":            {of(func(d *load) { d.spread = 0 }), false},
		"long names":       {of(func(d *load) { d.setups = long }), false},
		"bare":             {of(func(d *load) { d.bare = true }), false},
	}
	for name, c := range cases {
		for _, kind := range []string{"cdf", "fairness", "heatmap", "timeline"} {
			d := c.load
			if kind == "timeline" {
				d = d.only()
			}
			f := d.drawn(t, kind)
			none := c.empty && kind != "timeline" // whose failures are shown
			crowded := len(f.Panels) == 18        // too many for a page, which says so
			keepPictures(t, strings.ReplaceAll(name, " ", "-")+"-"+kind, f)
			for _, theme := range []chart.Theme{chart.Slide, chart.Page} {
				var b bytes.Buffer
				err := f.Render(&b, chart.SVG, theme)
				switch {
				case errors.Is(err, chart.ErrSmall) && crowded && theme.Width == chart.Page.Width:
				case none:
					if !errors.Is(err, chart.ErrEmpty) {
						t.Errorf("%s, %s: %v", name, kind, err)
					}
				case err != nil || b.Len() > 450<<10:
					t.Errorf("%s, %s, %g points wide: %d KiB, %v", name, kind, theme.Width, b.Len()>>10, err)
				}
			}
		}
	}
}

// totalsWith are threads that did so many operations.
func totalsWith(ops []int64) []comparison.ThreadTotal {
	var totals []comparison.ThreadTotal
	for _, n := range ops {
		totals = append(totals, comparison.ThreadTotal{Ops: n})
	}
	return totals
}
