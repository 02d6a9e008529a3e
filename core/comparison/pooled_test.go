package comparison_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/workload"
)

// What decides a figure tells series apart: no median is of runs that differ in
// it.
func TestUnlikeRunsAreRowsOfTheirOwn(t *testing.T) {
	cases := map[string]struct {
		change func(*made)
		names  []string
	}{
		"nothing":             {func(*made) {}, []string{"etcd, 1 node, 10 threads"}},
		"the data's folder":   {func(r *made) { r.Folder = "tmpfs" }, []string{"etcd, 1 node, 10 threads, filesystem ext4", "etcd, 1 node, 10 threads, filesystem tmpfs"}},
		"the binary":          {func(r *made) { r.Plugin = "fedcba98765432" }, []string{"etcd, 1 node, 10 threads, plugin 0123456789ab", "etcd, 1 node, 10 threads, plugin fedcba987654"}},
		"the machine":         {func(r *made) { r.Machine = "Baker" }, []string{"etcd, 1 node, 10 threads, machine 1", "etcd, 1 node, 10 threads, machine 2"}},
		"the store's version": {func(r *made) { r.StoreVersion = "3.4" }, []string{"etcd, 1 node, 10 threads, store-version 3.6", "etcd, 1 node, 10 threads, store-version 3.4"}},
		"an option":           {func(r *made) { r.Options = map[string]string{"sync": "no"} }, []string{"etcd, 1 node, 10 threads", "etcd, 1 node, 10 threads, sync no"}},
		"durability":          {func(r *made) { r.Durability = "memory" }, []string{"etcd, 1 node, 10 threads, durability fsync", "etcd, 1 node, 10 threads, durability memory"}},
		"what reads promise":  {func(r *made) { r.Promised = "sequential" }, []string{"etcd, 1 node, 10 threads, promised linearizable", "etcd, 1 node, 10 threads, promised sequential"}},
		"an external store":   {func(r *made) { r.Folder = "" }, []string{"etcd, 1 node, 10 threads", "etcd, 1 node, 10 threads, filesystem ext4"}},
	}
	for name, c := range cases {
		var records []made
		for i := range 12 {
			r := of("etcd", 1, 10, "set", 100)
			r.Machine, r.Folder, r.Plugin, r.StoreVersion = "Able", "ext4", "0123456789abcdef", "3.6"
			if i%2 == 1 {
				r.Throughput = 1
				c.change(&r)
			}
			records = append(records, r)
		}
		var got []string
		for _, s := range comparisontest.Workload(t, records).Series {
			got = append(got, s.Name)
		}
		if len(got) == len(c.names) && len(got) == 2 && got[0] > got[1] != (c.names[0] > c.names[1]) {
			got[0], got[1] = got[1], got[0]
		}
		if diff := cmp.Diff(c.names, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRunsOfSeveralExperimentsAreWarnedOf(t *testing.T) {
	var records []made
	for i := range 6 {
		r := of("etcd", 1, 10, "set", 100)
		r.Experiment, r.Started = int64(i/3), time.Date(2026, 3, 1+20*(i/3), 12, 0, 0, 0, time.UTC)
		records = append(records, r)
	}
	const want = "a row puts runs of several experiments together, up to 2, begun between 2026-03-01 12:00 and 2026-03-21 12:00 (UTC): "
	if got := warnings(t, records); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("%q", got)
	}
	if got := warnings(t, records[:3]); len(got) != 1 || strings.Contains(got[0], "experiments") {
		t.Errorf("%q", got)
	}
}

// The same operation in two phases is two things.
func TestPhasesAreNotPooled(t *testing.T) {
	var records []made
	for range 6 {
		quiet, busy := of("etcd", 1, 10, "set", 10), of("etcd", 1, 10, "set", 1000)
		quiet.Phase, busy.Phase, busy.Run = "quiet", "busy", quiet.Run
		records = append(records, quiet, busy)
	}
	l := comparisontest.Workload(t, records)
	got := map[string]float64{}
	for _, p := range l.Parts {
		e := l.Series[0].Answer(workload.FigurePerThread, p)
		got[p.Name] = e.Value
		if e.N != 6 {
			t.Errorf("%s is of %d runs", p.Name, e.N)
		}
	}
	if diff := cmp.Diff(map[string]float64{"quiet set": 1, "busy set": 100}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPercentilesThatFewOperationsDoNotCarryAreLeftOut(t *testing.T) {
	for ops, want := range map[int64][]bool{1: {}, 3: {true}, 10: {true, true}, 99: {true, true}, 100: {true, true, true}, 999: {true, true, true}, 1000: {true, true, true, true}} {
		r := of("etcd", 1, 1, "set", 1)
		r.Ops, r.P50, r.P90, r.P99, r.P999, r.Max = ops, 1, 2, 3, 4, 5
		l := comparisontest.Workload(t, []made{r})
		for i, f := range []workload.Figure{workload.FigureP50, workload.FigureP90, workload.FigureP99, workload.FigureP999} {
			carried := i < len(want)
			if e := l.Series[0].Answer(f, l.Parts[0]); (e.N == 1) != carried {
				t.Errorf("%s of %d operations: %v", f, ops, e)
			}
		}
		if e := l.Series[0].Answer(workload.FigureMax, l.Parts[0]); e.Value != 5 {
			t.Errorf("max of %d operations: %v", ops, e)
		}
	}
}

func TestARateIsTheMedianOfWhatSearchesFound(t *testing.T) {
	definition := `{name: w, version: 1, summary: s, source: t, keys: {space: shared, count: 10, choose: uniform}, values: {size: 10},
		phases: [{name: search, mix: {set: 1}, rate: 100, rate-to: 900, for: 1s, until: p99 < 5ms}]}`
	search := func(rates ...float64) []made {
		var records []made
		for _, rate := range rates {
			r := of("etcd", 1, 10, "set", rate)
			r.Params, r.Workload, r.Definition, r.Phase, r.Offered = nil, "w", definition, "search", record.Offered{Rate: rate, Bound: record.BoundKept}
			if rate == 100 { // the lowest
				r.Offered.Bound = record.BoundBroken
			}
			records = append(records, r)
		}
		return records
	}
	cases := map[string]struct {
		rates []float64
		want  float64
		none  string
	}{
		"found":             {[]float64{400, 500, 600}, 500, ""},
		"never found":       {[]float64{100, 100}, 0, "in 2 of 2 runs no rate kept the bound"},
		"found in half":     {[]float64{100, 500}, 0, "in 1 of 2 runs no rate kept the bound"},
		"found in the most": {[]float64{100, 500, 600}, 500, "in 1 of 3 runs no rate kept the bound"},
	}
	for name, c := range cases {
		l := comparisontest.Workload(t, search(c.rates...))
		if l.Bound != "p99 < 5ms" {
			t.Errorf("%s: the bound is %q", name, l.Bound)
		}
		if got := l.Series[0].Answer(workload.FigureRate, l.Parts[0]); got.Value != c.want || got.N != len(c.rates) {
			t.Errorf("%s: %v", name, got)
		}
		if got := strings.Join(l.Warnings, "\n"); strings.Contains(got, "no rate kept") != (c.none != "") || !strings.Contains(got, c.none) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
