package stats

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func record(store string, nodes, threads int, op string, throughput float64) Record {
	return Record{
		Store: store, Nodes: nodes, Threads: threads, Op: op, Throughput: throughput, Ops: 100,
		State: "complete", Durability: "fsync", Reads: "linearizable", Connections: 1, Workload: "w", WorkloadVersion: 1,
		Params: map[string]string{"size": "100"}, Labels: map[string]string{"host": "x y"},
	}
}

func TestSelection(t *testing.T) {
	records := []Record{record("etcd", 3, 10, "set", 1), record("etcd", 1, 50, "get", 2), record("zookeeper", 3, 10, "set", 3)}
	cases := map[string][]float64{
		"":                                     {1, 2, 3},
		"store:etcd":                           {1, 2},
		"store:etcd nodes:3":                   {1},
		"store:etcd threads:(10 OR 50)":        {1, 2},
		"-store:etcd":                          {3},
		"nodes:1 OR store:zookeeper":           {2, 3},
		"param.size:100 op:set":                {1, 3},
		`label.host:"x y" store:/zoo.*/`:       {3},
		"store:consul":                         nil,
		"workload:w workload-version:1 op:get": {2},
	}
	for text, want := range cases {
		s, err := ParseSelection(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []float64
		for _, r := range s.Select(records) {
			got = append(got, r.Throughput)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q selects %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"colour:red":   `there is no key "colour"; the keys are store, nodes`,
		"store:(":      "syntax error",
		"param.:1 x:2": `there is no key "x"`,
	} {
		if _, err := ParseSelection(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSummarize(t *testing.T) {
	few := Summarize([]float64{1, 2, 3, 4})
	if few.Value != 2.5 || few.Known() || few.N != 4 {
		t.Errorf("four values: %+v", few)
	}
	five := Summarize([]float64{1, 2, 3, 4, 5})
	if five.Value != 3 || five.Low != 1 || five.High != 5 {
		t.Errorf("five values: %+v", five)
	}
	enough := Summarize([]float64{6, 5, 4, 3, 2, 1})
	if enough.Value != 3.5 || enough.Low != 1 || enough.High != 6 {
		t.Errorf("six values: %+v", enough)
	}
	if got := enough.Spread(); math.Abs(got-2.5/3.5) > 1e-9 {
		t.Errorf("spread %v", got)
	}
}

func TestGroupsAreInANaturalOrder(t *testing.T) {
	records := []Record{record("b", 10, 1, "delete", 1), record("b", 3, 1, "set", 1), record("a", 3, 1, "create", 1), record("b", 3, 1, "create", 1)}
	var got []string
	for _, g := range GroupBy(records, "store", "nodes", "op") {
		got = append(got, strings.Join(g.Values, " "))
	}
	want := []string{"a 3 create", "b 3 create", "b 3 set", "b 10 delete"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValuesOfParametersAreInTheOrderOfTheirSize(t *testing.T) {
	for _, want := range [][]string{{"5", "20", "100"}, {"80ms", "1.5s", "10s", "2m0s"}, {"uniform", "zipfian"}} {
		var records []Record
		for i := range want {
			r := record("etcd", 1, 1, "set", 1)
			r.Params = map[string]string{"x": want[len(want)-1-i]}
			records = append(records, r)
		}
		var got []string
		for _, g := range GroupBy(records, "param.x") {
			got = append(got, g.Values[0])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSeriesAreToldApartByWhatDiffers(t *testing.T) {
	a, b, c := record("etcd", 1, 1, "set", 1), record("etcd", 1, 1, "set", 1), record("raftembed", 1, 1, "set", 1)
	b.Params = map[string]string{"size": "200"}
	c.Options = map[string]string{"sync": "true"}
	if diff := cmp.Diff([]string{"store", "nodes", "threads", "param.size"}, Series([]Record{a, b, c})); diff != "" {
		t.Error(diff)
	}
	d := c
	d.Options = map[string]string{"sync": "false"}
	if diff := cmp.Diff([]string{"store", "nodes", "threads", "option.sync"}, Series([]Record{a, c, d})); diff != "" {
		t.Error(diff)
	}
	if got := Label([]string{"store", "nodes", "threads", "param.size"}, []string{"etcd", "1", "10", "200"}); got != "etcd, 1 node, 10 threads, size 200" {
		t.Error(got)
	}
	if got := Label([]string{"store", "option.sync"}, []string{"memory", ""}); got != "memory" {
		t.Error(got)
	}
}

func TestWarnings(t *testing.T) {
	var records []Record
	for range 6 {
		records = append(records, record("etcd", 1, 1, "set", 1))
	}
	if got := Warnings(records); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got, want := Warnings(records[:5]), "too few repeats for an interval at 95 %, so the range is shown, which is one at 93.75 %: there are 5 where 6 are needed (--repeat 6)"; !slices.Equal(got, []string{want}) {
		t.Errorf("%q", got)
	}
	weaker := record("memory", 1, 1, "set", 1)
	weaker.Durability, weaker.Errors = "memory", 5
	want := []string{
		"too few repeats for an interval: some have only 1 where 6 are needed (--repeat 6)",
		"memory, 1 node, 1 thread: 5 of 105 set operations failed; they are not counted in throughput or latency",
		"unequal guarantees: etcd: writes acknowledged after fsync on a majority, linearizable reads; memory: writes acknowledged from memory, linearizable reads",
	}
	if diff := cmp.Diff(want, Warnings(append(records, weaker))); diff != "" {
		t.Error(diff)
	}
}

func TestFailuresOfManySetupsAreOneWarning(t *testing.T) {
	var records []Record
	for size := range 8 {
		r := record("etcd", 1, 1, "set", 1)
		r.Params, r.Errors = map[string]string{"size": strconv.Itoa(size)}, int64(size)
		records = append(records, r)
	}
	want := "in 7 of 8 cases operations failed, at most 7 of 107 set operations of etcd, 1 node, 1 thread, size 7; they are not counted in throughput or latency"
	if got := Warnings(records); !slices.Contains(got, want) || len(got) != 2 {
		t.Errorf("%q", got)
	}
	if got := Warnings(records[:7]); len(got) != 7 {
		t.Errorf("%q", got)
	}
}

func TestTotalsAddUpWithinAPhaseOfARun(t *testing.T) {
	set, get, later, other := record("a", 1, 1, "set", 30), record("a", 1, 1, "get", 12), record("a", 1, 1, "set", 5), record("a", 1, 1, "set", 7)
	set.Errors, get.P99, later.Phase, other.Run = 3, time.Second, "later", 2
	got := Totals([]Record{set, get, later, other})
	if len(got) != 3 || got[0].Throughput != 42 || got[0].Ops != 200 || got[0].Errors != 3 || got[0].Op != "" || got[0].P99 != 0 {
		t.Errorf("%+v", got)
	}
	if got[1].Throughput != 5 || got[2].Throughput != 7 {
		t.Errorf("phases or runs are mixed: %+v", got)
	}
}

func TestMeasuredLeavesOutWarmUpAndWhatIsNotComplete(t *testing.T) {
	failed, warmup := record("a", 1, 1, "set", 1), record("a", 1, 1, "set", 1)
	failed.State, warmup.Warmup = "failed", true
	if got := Measured([]Record{failed, warmup, record("a", 1, 1, "set", 7)}); len(got) != 1 || got[0].Throughput != 7 {
		t.Errorf("%+v", got)
	}
}
