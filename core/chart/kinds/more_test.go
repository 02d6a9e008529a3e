package kinds

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	measured "github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/stats"
)

// made makes a figure of a kind with options.
func made(t *testing.T, kind string, records []record, o Options) (chart.Figure, error) {
	t.Helper()
	k, ok := Find(kind)
	if !ok {
		t.Fatalf("no kind %s", kind)
	}
	return k.Make(comparisontest.Workload(t, records), o)
}

func mustMake(t *testing.T, kind string, records []record, o Options) chart.Figure {
	t.Helper()
	f, err := made(t, kind, records, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// only are the records that are kept.
func only(records []record, keep func(record) bool) []record {
	return slices.DeleteFunc(slices.Clone(records), func(r record) bool { return !keep(r) })
}

// costed are records of one experiment whose servers were watched.
func costed() []record {
	all := only(records(), func(r record) bool { return r.Threads == 10 })
	random := rand.New(rand.NewPCG(3, 4))
	for i := range all {
		r := &all[i]
		written := int64(r.Nodes) * 700_000
		noise := 1 + 0.03*random.NormFloat64()
		r.Throughput *= noise
		r.Experiment, r.Repeat, r.Phase, r.Folder = 1, int(r.Run), r.Op, "ext4"
		r.Repeat = r.Started.Day()
		r.Cost = measured.Cost{Ops: 1000, CPUSeconds: 0.3 / math.Sqrt(r.Throughput) * float64(r.Nodes), RSSBytes: int64(r.Nodes) * 80 << 20, WrittenBytes: &written}
		if r.Store == "zookeeper" {
			r.Cost.RSSBytes *= 4
		}
	}
	return all
}

// nightly are experiments of six repeats, one a day, in which etcd's sets become slower
// from one day on, and all of zookeeper faster from another.
func nightly(days, slower, faster int) []record {
	var all []record
	random := rand.New(rand.NewPCG(1, 2))
	run := int64(0)
	for day := range days {
		for _, store := range []string{"etcd", "zookeeper"} {
			for repeat := range 6 {
				run++
				for _, op := range []string{"get", "set"} {
					latency := float64(2*time.Millisecond) * (1 + 0.02*random.NormFloat64())
					switch {
					case store == "etcd" && op == "set" && day >= slower:
						latency *= 1.25
					case store == "zookeeper":
						latency *= 2
						if day >= faster {
							latency *= 0.8
						}
					}
					p99 := time.Duration(3 * latency)
					all = append(all, record{
						Run: run, Experiment: int64(day + 1), Repeat: repeat, Started: time.Date(2026, 3, 1+day, 2, repeat, 0, 0, time.UTC), Store: store, Nodes: 3, Threads: 10,
						Workload: "read-write", Phase: "mix", Op: op, Ops: 1000, Throughput: 5e9 / latency, P50: time.Duration(latency), P90: p99, P99: p99, P999: 2 * p99, Max: 3 * p99,
						Reads: "linearizable", Durability: "fsync", Connections: 1, Labels: map[string]string{"build": fmt.Sprintf("b%d", day*13%days)},
					})
				}
			}
		}
	}
	return all
}

// moreFigures are those of kinds that are made of a comparison's values.
func moreFigures(t *testing.T) map[string]chart.Figure {
	t.Helper()
	ten := only(records(), func(r record) bool { return r.Threads == 10 })
	return map[string]chart.Figure{
		"replication":          mustMake(t, "replication", ten, Options{}),
		"tradeoff":             mustMake(t, "tradeoff", records(), Options{}),
		"boxplot":              mustMake(t, "boxplot", costed(), Options{}),
		"cost":                 mustMake(t, "cost", costed(), Options{}),
		"history":              mustMake(t, "history", nightly(30, 20, 12), Options{}),
		"verdict":              mustMake(t, "verdict", costed(), Options{Versus: "etcd"}),
		"latency-floor":        mustMake(t, "latency", costed(), Options{Floor: true}),
		"throughput-published": mustMake(t, "throughput", ten, Options{Published: true}),
	}
}

// saidOf is what a mark has beside estimates, as text.
func saidOf(m chart.Mark) string {
	var b strings.Builder
	switch m := m.(type) {
	case chart.Points:
		for _, points := range m.Series {
			for _, p := range points {
				fmt.Fprintf(&b, "  (%.4g, %.4g) %s", p.X, p.Y, p.Label)
				if p.Flagged {
					b.WriteString(" flagged")
				}
			}
			b.WriteByte('\n')
		}
	case chart.Boxes:
		for _, boxes := range m.Boxes {
			for _, box := range boxes {
				fmt.Fprintf(&b, "  %.4g [%.4g %.4g %.4g] %.4g of %d", box.Low, box.Q1, box.Median, box.Q3, box.High, box.N)
			}
			b.WriteByte('\n')
		}
	case chart.Levels:
		for _, levels := range m {
			for _, level := range levels {
				fmt.Fprintf(&b, "  %d..%d at %.4g %s", level.From, level.To, level.Value, level.Label)
				if level.Worse {
					b.WriteString(" worse")
				}
			}
			b.WriteByte('\n')
		}
	case chart.Rules:
		for _, r := range m.Y {
			fmt.Fprintf(&b, "  %s at %.4g\n", r.Label, r.At)
		}
	case chart.References:
		for _, r := range m {
			fmt.Fprintf(&b, "  %d: %s at %.4g\n", r.Place, r.Label, r.At)
		}
	}
	return b.String()
}

// hardRecords are runs that are hard to draw.
func hardRecords() map[string][]record {
	ten := only(records(), func(r record) bool { return r.Threads == 10 })
	eachOf := func(records []record, change func(*record)) []record {
		records = slices.Clone(records)
		for i := range records {
			change(&records[i])
		}
		return records
	}
	failed := func(r *record) { r.Ops, r.Errors, r.Throughput = 0, 100, 0 }
	stretched := func(r *record) {
		if r.Store == "zookeeper" {
			by := time.Duration(1_000_000)
			r.Throughput /= 1e6
			r.P50, r.P90, r.P99, r.P999, r.Max = r.P50*by/10, r.P90*by/10, r.P99*by/10, r.P999*by/10, r.Max*by/10
		}
	}
	var eighteen []record
	for i, store := range []string{"etcd", "raftembed", "zookeeper"} {
		for _, r := range records() {
			if r.Store == "etcd" {
				r.Store, r.Run = store, r.Run+int64(1000*i)
				eighteen = append(eighteen, r)
			}
		}
	}
	named := func(r *record) {
		r.Labels = map[string]string{"policy": fmt.Sprintf("snapshot-every-%d-entries-or-when-the-log-exceeds-%d-MiB-whichever-comes-first-%s", r.Nodes*1000, r.Nodes*64, r.Store)}
	}
	return map[string][]record{
		"one-point":  only(ten, func(r record) bool { return r.Run == ten[0].Run }),
		"all-errors": eachOf(records(), failed), "some-errors": eachOf(records(), func(r *record) {
			if r.Store == "etcd" {
				failed(r)
			}
		}),
		"eighteen": eighteen, "million": eachOf(records(), stretched), "long-names": eachOf(ten, named), "long-history": nightly(60, 30, 20), "costed": costed(),
	}
}

// TestHardRunsAreDrawnOrRefused holds that each kind draws, or says why not, of runs
// that are hard to draw.
func TestHardRunsAreDrawnOrRefused(t *testing.T) {
	for name, records := range hardRecords() {
		for _, kind := range []string{"replication", "tradeoff", "boxplot", "cost", "history", "verdict"} {
			f, err := made(t, kind, records, Options{})
			if err != nil {
				if len(err.Error()) < 20 {
					t.Errorf("%s of %s: %v", kind, name, err)
				}
				continue
			}
			keepPictures(t, "hard-"+kind+"-"+name, f)
			if err := f.Render(discard{}, chart.SVG, chart.Page); err != nil && !errors.Is(err, chart.ErrEmpty) && !errors.Is(err, chart.ErrSmall) {
				t.Errorf("%s of %s: %v", kind, name, err)
			}
		}
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func TestWhatMakesNoChartIsRefused(t *testing.T) {
	ten := only(records(), func(r record) bool { return r.Threads == 10 })
	etcd := only(ten, func(r record) bool { return r.Store == "etcd" && r.Nodes == 3 })
	two := only(records(), func(r record) bool { return r.Threads != 10 })
	cases := map[string]struct {
		kind    string
		records []record
		options Options
		err     string
	}{
		"one number of nodes": {"replication", etcd, Options{}, "all selected runs have 3 nodes: select runs of several numbers of nodes, or make them with several"},
		"one store":           {"verdict", etcd, Options{}, "all selected runs are of one store: say by which key they are compared"},
		"no key":              {"verdict", ten, Options{By: "colour"}, `by "colour" is no key of runs: there are `},
		"no such side":        {"verdict", ten, Options{Versus: "consul"}, "no complete run has store consul; there are etcd, zookeeper"},
		"no label":            {"history", ten, Options{Over: "build"}, "over build: no selected run has such a label or key: leave it out for time, or label the runs"},
		"one value":           {"history", ten, Options{Over: "threads"}, "over threads: it is 10 in all selected runs, and a history needs two values at least"},
		"no floor":            {"latency", ten, Options{Floor: true}, "no floor was measured: nodes of the selected runs kept no data on this machine, so no fsync was timed"},
		"nothing published":   {"throughput", two, Options{Published: true}, "no published figure compares with these runs: there are throughput of create-set-delete with 10 threads"},
	}
	for name, c := range cases {
		if _, err := made(t, c.kind, c.records, c.options); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHistoryFindsTheDay(t *testing.T) {
	f := mustMake(t, "history", nightly(30, 20, 12), Options{})
	text := strings.Join(slices.Concat(f.Notes, f.Caption), "\n")
	for _, want := range []string{"etcd, 3 nodes, 10 threads: p99 of set +25.1 % [+24.3 %, +25.9 %] from 21 Mar on", "zookeeper, 3 nodes, 10 threads: p99 of get -20.0 % [-20.8 %, -19.2 %] from 13 Mar on"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "etcd, 3 nodes, 10 threads: p99 of get") {
		t.Errorf("a change where there is none:\n%s", text)
	}
	flat := mustMake(t, "history", nightly(30, 99, 99), Options{})
	if !slices.Equal(flat.Notes, []string{"no change of level was found"}) {
		t.Errorf("of a flat one: %q", flat.Notes)
	}
	few := mustMake(t, "history", nightly(4, 2, 2), Options{})
	if !slices.Equal(few.Notes, []string{fmt.Sprintf("a change is found among %d points at least", stats.FewestForChanges)}) {
		t.Errorf("of four days: %q", few.Notes)
	}
}

func TestHistoryOverALabelIsInTheOrderOfTime(t *testing.T) {
	f := mustMake(t, "history", nightly(7, 99, 99), Options{Over: "build"})
	if want := []string{"b0", "b6", "b5", "b4", "b3", "b2", "b1"}; !slices.Equal(f.Panels[0].X.Names, want) || f.Provenance.Options["over"] != "build" {
		t.Errorf("%q, %v", f.Panels[0].X.Names, f.Provenance.Options)
	}
}

// TestVerdictIsTheComparisons holds a few differences against what their medians say.
func TestVerdictIsTheComparisons(t *testing.T) {
	f := mustMake(t, "verdict", costed(), Options{By: "nodes", Versus: "1"})
	if f.Title != "Differences from 1 node" || len(f.Series) != 2 || f.Series[0].Name() != "3 nodes, etcd" || f.Series[0].Store != "etcd" {
		t.Fatalf("%q: %v", f.Title, f.Series)
	}
	d := f.Panels[0].Marks[0].(chart.Differences) // throughput
	// etcd's latency is 1 and 3 times 200 µs, zookeeper's 2 and 4 times.
	for i, want := range []float64{1. / 3, 1. / 2} {
		got := d.Estimates[i][0].Value
		if f.Panels[0].Y.Unit == chart.Percent {
			got++
		}
		if math.Abs(got/want-1) > 0.05 || !d.Shown[i][0] || !d.Worse[i][0] {
			t.Errorf("%v, %v, %v; want %v", got, d.Shown[i][0], d.Worse[i][0], want)
		}
	}
}

func TestOptionsAreReadFromWhatTheyWereWrittenTo(t *testing.T) {
	for _, o := range []Options{{}, {Over: "reads"}, {By: "store,nodes", Versus: "etcd,1"}, {Published: true}, {Floor: true}} {
		if got := OptionsOf(chart.Provenance{Options: o.given()}); got != o {
			t.Errorf("%+v became %+v", o, got)
		}
	}
}

func TestBoxesAreOfSingleRuns(t *testing.T) {
	f := mustMake(t, "boxplot", costed(), Options{})
	box := f.Panels[0].Marks[0].(chart.Boxes).Boxes[0][0]
	var want []float64
	for _, r := range costed() {
		if r.Store == "etcd" && r.Nodes == 1 && r.Op == "create" {
			want = append(want, r.Throughput/10)
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(box.Beside)), slices.Sorted(slices.Values(want))) || box.N != 6 || box.Low != slices.Min(want) {
		t.Errorf("%+v; want %v", box, want)
	}
}

func TestAFailedStoreHasNoVerdict(t *testing.T) {
	all := costed()
	for i := range all {
		if all[i].Store == "etcd" {
			all[i].Throughput, all[i].Ops = 0, 0
		}
	}
	f := mustMake(t, "verdict", all, Options{Versus: "etcd"})
	if text := strings.Join(f.Missing, "\n"); !strings.Contains(text, "from nothing or to nothing") {
		t.Errorf("missing: %q", text)
	}
}
