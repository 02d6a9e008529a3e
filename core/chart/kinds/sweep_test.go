package kinds

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// sweptRecords are six runs of three stores with two node counts and the given
// threads, for each of six shares of reads.
func sweptRecords(threads ...int) []record {
	var out []record
	run := int64(0)
	for s, store := range []string{"etcd", "raftembed", "zookeeper"} {
		for n, nodes := range []int{1, 3} {
			for _, threads := range threads {
				for _, reads := range []int{0, 20, 40, 60, 80, 100} {
					for repeat := range 6 {
						run++
						spread := 1 + 0.02*float64((7*repeat+reads/20)%6-3)
						set := time.Duration(float64(time.Millisecond) * float64(2+s+3*n) * (1 + float64(threads)/20) * spread)
						get := set / time.Duration(4+3*s)
						share := float64(reads) / 100
						total := float64(threads) / (share*get.Seconds() + (1-share)*set.Seconds())
						r := record{
							Run: run, Started: time.Date(2026, 1, 2+repeat, 0, 0, 0, 0, time.UTC),
							Store: store, Nodes: nodes, Threads: threads, Workload: "read-write",
							Params: map[string]string{"reads": fmt.Sprint(reads), "size": "1024"},
							Reads:  "linearizable", Durability: "fsync", Connections: 1, Phase: "mix", Ops: 1000,
						}
						if reads < 100 {
							r.Op, r.Throughput, r.P99 = "set", (1-share)*total, 5*set
							out = append(out, r)
						}
						if reads > 0 {
							r.Op, r.Throughput, r.P99 = "get", share*total, 3*get
							out = append(out, r)
						}
					}
				}
			}
		}
	}
	return out
}

var params = map[string]comparison.Param{"reads": {Help: "reads in every 100 operations; the others set"}, "size": {Help: "bytes of a value", Unit: workload.UnitBytes}}

func sweepOf(t *testing.T, records []record, over string) (chart.Figure, error) {
	t.Helper()
	l := comparisontest.Workload(t, records)
	l.Params = params
	k, _ := Find("sweep")
	return k.Make(l, Options{Over: over})
}

func sweepOfReads(t *testing.T) chart.Figure {
	t.Helper()
	f, err := sweepOf(t, sweptRecords(10), "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// estimatesOf returns what a panel shows.
func estimatesOf(p chart.Panel) chart.Estimates { return p.Marks[0].(chart.Lines).Estimates }

func TestSweepAddsThroughputUpAndKeepsPercentilesApart(t *testing.T) {
	records := sweptRecords(10)
	f := sweepOfReads(t)
	if len(f.Series) != 6 || f.Series[1].Name() != "etcd, 3 nodes, 10 threads" || f.XLabel != params["reads"].Help {
		t.Errorf("series %v over %q", f.Series, f.XLabel)
	}
	var labels []string
	for _, p := range f.Panels {
		labels = append(labels, p.YLabel)
	}
	if want := []string{"ops/s in total", "set, p99 latency", "get, p99 latency"}; !slices.Equal(labels, want) {
		t.Fatalf("panels %q", labels)
	}
	of := func(reads, op string, figure func(record) float64) stats.Estimate {
		var perRun []float64
		for _, r := range records {
			if r.Store == "etcd" && r.Nodes == 3 && r.Params["reads"] == reads && r.Op == op {
				perRun = append(perRun, figure(r))
			}
		}
		return stats.Summarize(perRun)
	}
	throughput := func(r record) float64 { return r.Throughput }
	p99 := func(r record) float64 { return float64(r.P99) }
	const series, at40 = 1, 2
	want := of("40", "set", throughput).Value + of("40", "get", throughput).Value // both scale with the same factor
	if got := estimatesOf(f.Panels[0])[series][at40]; math.Abs(got.Value/want-1) > 1e-9 || got.N != 6 || !got.Known() {
		t.Errorf("throughput %+v, want %v of 6 runs", got, want)
	}
	if got, want := estimatesOf(f.Panels[1])[series][at40], of("40", "set", p99); got != want {
		t.Errorf("p99 of set %+v, want %+v", got, want)
	}
	if got, want := estimatesOf(f.Panels[2])[series][at40], of("40", "get", p99); got != want {
		t.Errorf("p99 of get %+v, want %+v", got, want)
	}
	if got := estimatesOf(f.Panels[2])[series][0]; got.N != 0 {
		t.Errorf("p99 of get where none was executed: %+v", got)
	}
}

func TestSweepHasAPanelForEachPhase(t *testing.T) {
	r := records() // phases of one operation each
	for i := range r {
		r[i].Phase, r[i].Params = r[i].Op, map[string]string{"size": "1"}
	}
	f, err := sweepOf(t, r, "") // the threads vary
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, p := range f.Panels {
		labels = append(labels, p.YLabel)
	}
	want := []string{"create, ops/s in total", "set, ops/s in total", "delete, ops/s in total", "create, p99 latency", "set, p99 latency", "delete, p99 latency"}
	if !slices.Equal(labels, want) || f.Title != "Throughput over threads" || f.Series[0].Name() != "etcd, 1 node" {
		t.Errorf("%q: panels %q, series %v", f.Title, labels, f.Series)
	}
}

func TestSweepIsOverWhatVaries(t *testing.T) {
	small := func(r record) bool { return r.Nodes == 1 && r.Params["reads"] == "20" }
	only := func(records []record, keep func(record) bool) []record {
		return slices.DeleteFunc(records, func(r record) bool { return !keep(r) })
	}
	noReads := func(r record) bool { return r.Params["reads"] == "20" }
	namesake := sweptRecords(10)
	for i := range namesake {
		namesake[i].Params = map[string]string{"threads": namesake[i].Params["reads"]}
	}
	cases := []struct {
		name    string
		records []record
		over    string
		title   string
		err     string
	}{
		{"a parameter", sweptRecords(10), "", "Throughput over reads", ""},
		{"threads", only(sweptRecords(10, 20), noReads), "", "Throughput over threads", ""},
		{"nodes, if nothing else", only(sweptRecords(10), noReads), "", "Throughput over nodes", ""},
		{"chosen", sweptRecords(10, 20), "threads", "Throughput over threads", ""},
		{"chosen by its key", sweptRecords(10, 20), "param.reads", "Throughput over reads", ""},
		{"a parameter called threads", namesake, "", "Throughput over threads", ""},
		{"threads beside it", namesake, "threads", "", "over threads: it is 10 in all selected runs, and a sweep needs two values at least"},
		{"two", sweptRecords(10, 20), "", "", "the selected runs differ in threads, reads: choose what to draw over, such as threads"},
		{"none", only(sweptRecords(10), small), "", "", "nothing was swept: each parameter has one value in all selected runs, and so have threads and nodes; make runs with several values of one"},
		{"one value", sweptRecords(10), "size", "", "over size: it is 1024 in all selected runs, and a sweep needs two values at least"},
		{"unknown", sweptRecords(10), "colour", "", "over colour: the selected runs have no such parameter; there are threads, reads, size, nodes"},
	}
	for _, c := range cases {
		f, err := sweepOf(t, c.records, c.over)
		if got := fmt.Sprint(err); f.Title != c.title || c.err != "" && got != c.err || c.err == "" && err != nil {
			t.Errorf("%s: %q, %v", c.name, f.Title, err)
		}
	}
}

func TestValuesArePlacedAsWhatTheyAre(t *testing.T) {
	cases := []struct {
		values []string
		unit   workload.Unit
		want   chart.Axis
	}{
		{[]string{"0", "20", "100"}, "", chart.Axis{Places: []float64{0, 20, 100}}},
		{[]string{"1", "10", "100"}, "", chart.Axis{Places: []float64{1, 10, 100}, Log: true}},
		{[]string{"1", "2", "4", "8"}, "", chart.Axis{Places: []float64{1, 2, 4, 8}, Log: true}},
		{[]string{"1", "2", "3", "4"}, "", chart.Axis{Places: []float64{1, 2, 3, 4}}},
		{[]string{"7"}, "", chart.Axis{Places: []float64{7}}},
		{[]string{"1", "10", "10000"}, "", chart.Axis{Places: []float64{1, 10, 10000}, Log: true}},
		{[]string{"0", "10", "10000"}, "", chart.Axis{Places: []float64{0, 10, 10000}}},
		{[]string{"100", "1024"}, workload.UnitBytes, chart.Axis{Places: []float64{100, 1024}, Unit: chart.Bytes}},
		{[]string{"300ms", "1.5s", "2m0s"}, workload.UnitDuration, chart.Axis{Places: []float64{3e8, 1.5e9, 120e9}, Unit: chart.Time, Log: true}},
		{[]string{"1m10s", "1m40s"}, "", chart.Axis{Places: []float64{70e9, 100e9}, Unit: chart.Time}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(&c.want, axisOf(c.values, c.unit)); diff != "" {
			t.Errorf("%v: %s", c.values, diff)
		}
	}
	for _, words := range [][]string{{"uniform", "zipfian"}, {"10", "many"}, {"10", "10s"}, {"1", "inf"}} {
		if axis := axisOf(words, ""); axis != nil {
			t.Errorf("%v: %+v", words, axis)
		}
	}
}

func TestFarApartThroughputsStandOnALogarithmicScale(t *testing.T) {
	records := sweptRecords(10)
	for i := range records {
		if records[i].Store == "etcd" {
			records[i].Throughput *= 1000
		}
	}
	for log, records := range map[bool][]record{false: sweptRecords(10), true: records} {
		f, err := sweepOf(t, records, "")
		if err != nil {
			t.Fatal(err)
		}
		if p := f.Panels[0]; p.Y.Log != log {
			t.Errorf("logarithmic %v; want %v", p.Y.Log, log)
		}
	}
}
