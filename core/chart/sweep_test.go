package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"

	"github.com/benchctl/benchctl/core/stats"
)

// sweptRecords are six runs of three stores with two node counts and the given
// threads, for each of six shares of reads.
func sweptRecords(threads ...int) []stats.Record {
	var out []stats.Record
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
						r := stats.Record{
							Run: run, State: "complete", Started: time.Date(2026, 1, 2+repeat, 0, 0, 0, 0, time.UTC),
							Store: store, Nodes: nodes, Threads: threads, Workload: "read-write", WorkloadVersion: 1,
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

var paramHelp = map[string]string{"reads": "reads in every 100 operations; the others set", "size": "bytes of a value"}

func sweepOfReads() Figure {
	f, err := Sweep(sweptRecords(10), "", paramHelp)
	if err != nil {
		panic(err)
	}
	return f
}

func TestSweepAddsThroughputUpAndKeepsPercentilesApart(t *testing.T) {
	records := sweptRecords(10)
	f := sweepOfReads()
	if len(f.Series) != 6 || f.Series[1].Name != "etcd, 3 nodes, 10 threads" || f.XLabel != paramHelp["reads"] {
		t.Errorf("series %v over %q", f.Series, f.XLabel)
	}
	var labels []string
	for _, p := range f.Panels {
		labels = append(labels, p.YLabel)
	}
	if want := []string{"ops/s in total", "set, p99 latency", "get, p99 latency"}; !slices.Equal(labels, want) {
		t.Fatalf("panels %q", labels)
	}
	of := func(reads, op string, figure func(stats.Record) float64) stats.Estimate {
		var perRun []float64
		for _, r := range records {
			if r.Store == "etcd" && r.Nodes == 3 && r.Params["reads"] == reads && r.Op == op {
				perRun = append(perRun, figure(r))
			}
		}
		return stats.Summarize(perRun)
	}
	throughput := func(r stats.Record) float64 { return r.Throughput }
	p99 := func(r stats.Record) float64 { return float64(r.P99) }
	const series, at40 = 1, 2
	want := of("40", "set", throughput).Value + of("40", "get", throughput).Value // both scale with the same factor
	if got := f.Panels[0].Values[series][at40]; math.Abs(got.Value/want-1) > 1e-9 || got.N != 6 || !got.Known() {
		t.Errorf("throughput %+v, want %v of 6 runs", got, want)
	}
	if got, want := f.Panels[1].Values[series][at40], of("40", "set", p99); got != want {
		t.Errorf("p99 of set %+v, want %+v", got, want)
	}
	if got, want := f.Panels[2].Values[series][at40], of("40", "get", p99); got != want {
		t.Errorf("p99 of get %+v, want %+v", got, want)
	}
	if got := f.Panels[2].Values[series][0]; got.N != 0 {
		t.Errorf("p99 of get where none was executed: %+v", got)
	}
}

func TestSweepHasAPanelForEachPhase(t *testing.T) {
	r := records() // phases of one operation each
	for i := range r {
		r[i].Phase, r[i].Params = r[i].Op, map[string]string{"size": "1"}
	}
	f, err := Sweep(r, "", nil) // the threads vary
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, p := range f.Panels {
		labels = append(labels, p.YLabel)
	}
	want := []string{"create, ops/s in total", "set, ops/s in total", "delete, ops/s in total", "create, p99 latency", "set, p99 latency", "delete, p99 latency"}
	if !slices.Equal(labels, want) || f.Title != "Throughput over threads" || f.Series[0].Name != "etcd, 1 node" {
		t.Errorf("%q: panels %q, series %v", f.Title, labels, f.Series)
	}
}

func TestSweepIsOverWhatVaries(t *testing.T) {
	small := func(r stats.Record) bool { return r.Nodes == 1 && r.Params["reads"] == "20" }
	only := func(records []stats.Record, keep func(stats.Record) bool) []stats.Record {
		return slices.DeleteFunc(records, func(r stats.Record) bool { return !keep(r) })
	}
	noReads := func(r stats.Record) bool { return r.Params["reads"] == "20" }
	namesake := sweptRecords(10)
	for i := range namesake {
		namesake[i].Params = map[string]string{"threads": namesake[i].Params["reads"]}
	}
	cases := []struct {
		name    string
		records []stats.Record
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
		{"threads beside it", namesake, "threads", "", "--over threads: it is 10 in all selected runs, and a sweep needs two values at least"},
		{"two", sweptRecords(10, 20), "", "", "the selected runs differ in threads, reads: choose what to draw over, such as --over threads"},
		{"none", only(sweptRecords(10), small), "", "", "nothing was swept: each parameter has one value in all selected runs, and so have threads and nodes; make runs with `benchctl run --param NAME=VALUE,VALUE`"},
		{"one value", sweptRecords(10), "size", "", "--over size: it is 1024 in all selected runs, and a sweep needs two values at least"},
		{"unknown", sweptRecords(10), "colour", "", "--over colour: the selected runs have no such parameter; there are threads, reads, size, nodes"},
	}
	for _, c := range cases {
		f, err := Sweep(c.records, c.over, paramHelp)
		if got := fmt.Sprint(err); f.Title != c.title || c.err != "" && got != c.err || c.err == "" && err != nil {
			t.Errorf("%s: %q, %v", c.name, f.Title, err)
		}
	}
	if f, err := Sweep(nil, "", nil); err != nil || f.drawable() {
		t.Errorf("of nothing: %v", err)
	}
}

func TestValuesStandAtTheirTrueDistances(t *testing.T) {
	cases := []struct {
		values []string
		label  string
		names  string
		log    bool
		share  float64 // of the second value, between the first and the last
	}{
		{[]string{"0", "20", "100"}, "", "0 20 100", false, 0.2},
		{[]string{"1", "10", "100"}, "", "1 10 100", false, 1.0 / 11},
		{[]string{"1", "10", "10000"}, "", "1 10 10,000", true, 0.25},
		{[]string{"0", "10", "10000"}, "", "0 10 10,000", false, 0.001},
		{[]string{"0.5", "0.9901", "1.5"}, "", "0.5 0.9901 1.5", false, 0.4901},
		{[]string{"100", "1024", "1049600"}, "bytes of a value", "100_B 1_KiB 1,025_KiB", true, math.Log(10.24) / math.Log(10496)},
		{[]string{"300ms", "1.5s", "2m0s", "1h30m0s"}, "", "300_ms 1.5_s 2m 1h30m", true, math.Log(5) / math.Log(18000)},
		{[]string{"1m10s", "1m40s", "2m10s"}, "", "1m10s 1m40s 2m10s", false, 0.5},
	}
	for _, c := range cases {
		axis := axisOf(c.values, c.label, 3)
		var names []string
		for _, tick := range axis.Ticks {
			names = append(names, strings.ReplaceAll(tick.Name, " ", "_"))
		}
		share := float64(axis.scale().at(axis.At[2][1], 0, 1))
		if got := strings.Join(names, " "); got != c.names || axis.Log != c.log || math.Abs(share-c.share) > 1e-4 {
			t.Errorf("%v: %s, log %v, the second at %v; want %+v", c.values, got, axis.Log, share, c)
		}
	}
	for _, words := range [][]string{{"uniform", "zipfian"}, {"10", "many"}, {"10", "10s"}, {"1", "inf"}} {
		if axis := axisOf(words, "", 1); axis != nil {
			t.Errorf("%v: %+v", words, axis)
		}
	}
}

func TestNamesOfTicksHaveRoom(t *testing.T) {
	cases := []struct {
		values string
		width  vg.Length
		want   string
	}{
		{"0 20 40 60 80 100", 400, "0 20 40 60 80 100"},
		{"0 10 20 30 40 50 60 70 80 90 100", 200, "0 20 40 60 80 100"},
		{"0 20 40 60 80 100", 100, "0 50 100"},
		{"1 2 3 50 100", 400, "20 40 60 80 100"},
		{"-100 -20 40 100", 80, "-100 0 100"},
		{"1 2 4 8 16 32 64 128 256", 200, "1 4 16 64 256"},
		{"1 7 3000 40000", 80, "1 10,000"},
		{"300ms 500ms 1m0s 10m0s", 200, "300 ms 1m 10m"},
		{"1s 1m0s", 20, "1 s 1m"},
	}
	for _, c := range cases {
		a := axisOf(strings.Fields(c.values), "", 1)
		s := a.scale()
		place := func(x float64) vg.Length { return s.at(x, 0, c.width) }
		var got []string
		for _, tick := range a.named(s, place, func(name string) vg.Length { return 7 * vg.Length(len(name)) }) {
			got = append(got, tick.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s on %v points: %q, want %q", c.values, c.width, got, c.want)
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
	for log, records := range map[bool][]stats.Record{false: sweptRecords(10), true: records} {
		f, err := Sweep(records, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if p := f.Panels[0]; p.YLog != log || strings.HasSuffix(p.YLabel, ", logarithmic") != log {
			t.Errorf("logarithmic %v, label %q; want %v", p.YLog, p.YLabel, log)
		}
	}
}
