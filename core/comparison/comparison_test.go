package comparison_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/record"
)

type made = comparisontest.Record

// of is a record of a run of its own.
func of(store string, nodes, threads int, op string, throughput float64) made {
	lastRun++
	return made{
		Run: lastRun, Store: store, Nodes: nodes, Threads: threads, Op: op, Throughput: throughput, Ops: 100,
		Durability: "fsync", Reads: "linearizable", Connections: 1,
		Params: map[string]string{"size": "100"}, Labels: map[string]string{"host": "x y"},
	}
}

var lastRun int64

func warnings(t *testing.T, records []made) []string {
	t.Helper()
	return comparisontest.Workload(t, records).Warnings
}

func TestWarnings(t *testing.T) {
	var records []made
	for range 6 {
		records = append(records, of("etcd", 1, 1, "set", 1))
	}
	if got := warnings(t, records); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got, want := warnings(t, records[:5]), "too few repeats for an interval at 95 %, so the range is shown, which is one at 93.75 %: there are 5 where 6 are needed"; !slices.Equal(got, []string{want}) {
		t.Errorf("%q", got)
	}
	weaker := of("memory", 1, 1, "set", 1)
	weaker.Durability, weaker.Errors = "memory", 5
	want := []string{
		"too few repeats for an interval: some have only 1 where 6 are needed",
		"memory, 1 node, 1 thread: 5 of 105 set operations failed; they are not counted in throughput or latency",
		"unequal guarantees: etcd: writes acknowledged after fsync on a majority, linearizable reads; memory: writes acknowledged from memory, linearizable reads",
	}
	if diff := cmp.Diff(want, warnings(t, append(records, weaker))); diff != "" {
		t.Error(diff)
	}
}

func TestFailuresOfManySetupsAreOneWarning(t *testing.T) {
	var records []made
	for size := range 8 {
		r := of("etcd", 1, 1, "set", 1)
		r.Params, r.Errors = map[string]string{"size": strconv.Itoa(size)}, int64(size)
		records = append(records, r)
	}
	want := "in 7 of 8 cases operations failed, at most 7 of 107 set operations of etcd, 1 node, 1 thread, size 7; they are not counted in throughput or latency"
	if got := warnings(t, records); !slices.Contains(got, want) || len(got) != 2 {
		t.Errorf("%q", got)
	}
	if got := warnings(t, records[:7]); len(got) != 7 {
		t.Errorf("%q", got)
	}
}

func TestTheWorstFailureHasItsMostFrequentReason(t *testing.T) {
	reason := func(status string, count int64, text string) record.Failure {
		return record.Failure{Status: status, Count: count, Error: text}
	}
	large := "other: etcdserver: request is too large"
	cases := map[string]struct {
		failures [2][]record.Failure // of two runs of the worst
		want     string
	}{
		"not known":            {[2][]record.Failure{}, ""},
		"one":                  {[2][]record.Failure{{reason("other", 5, "etcdserver: request is too large")}}, "; 5 failed of " + large},
		"more often in a run":  {[2][]record.Failure{{reason("other", 2, "etcdserver: request is too large"), reason("timeout", 3, "timeout")}}, "; 3 failed of timeout"},
		"more often in all":    {[2][]record.Failure{{reason("other", 2, "etcdserver: request is too large"), reason("timeout", 3, "timeout")}, {reason("other", 4, "etcdserver: request is too large")}}, "; 6 failed of " + large},
		"what is said differs": {[2][]record.Failure{{reason("other", 2, "a")}, {reason("other", 3, "b")}}, "; 3 failed of other: b"},
		"nothing is said":      {[2][]record.Failure{{reason("conflict", 2, "")}}, "; 2 failed of conflict"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			first, second, better := of("etcd", 1, 1, "set", 1), of("etcd", 1, 1, "set", 1), of("memory", 1, 1, "set", 1)
			first.Errors, second.Errors, better.Errors = 5, 5, 1
			first.Failures, second.Failures = c.failures[0], c.failures[1]
			better.Failures = []record.Failure{reason("other", 1, "of the better one")}
			got := warnings(t, []made{better, first, second})
			want := []string{
				"etcd, 1 node, 1 thread: 10 of 210 set operations failed; they are not counted in throughput or latency" + c.want,
				"memory, 1 node, 1 thread: 1 of 101 set operations failed; they are not counted in throughput or latency",
			}
			if diff := cmp.Diff(want, got[1:]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunsThatLostANodeAreLeftOut(t *testing.T) {
	whole, lost, more, failed := of("a", 3, 1, "set", 7), of("a", 3, 1, "set", 1), of("a", 3, 1, "set", 2), of("a", 3, 1, "set", 3)
	lost.LostNodes, lost.Warnings, more.LostNodes = 1, []string{"node-2 ended by itself"}, 2
	failed.State, failed.LostNodes = record.Failed, 1
	one := "1 run lost a node while it lasted and is left out: the selection lost:1 has it"
	cases := map[string]struct {
		records  []made
		compared int
		leftOut  string
	}{
		"none":             {[]made{whole}, 1, ""},
		"one of two":       {[]made{whole, lost}, 1, one},
		"all":              {[]made{lost}, 0, one},
		"one that failed":  {[]made{whole, failed}, 1, ""},
		"several":          {[]made{lost, whole, more, failed}, 1, "2 runs lost a node while they lasted and are left out: the selection lost:1 OR lost:2 has them"},
		"the same of more": {[]made{whole, lost, lostAgain(lost)}, 1, "2 runs lost a node while they lasted and are left out: the selection lost:1 has them"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := comparisontest.Compare(t, c.records)
			if got.Compared != c.compared || got.LeftOut != c.leftOut {
				t.Errorf("%d compared; %q", got.Compared, got.LeftOut)
			}
			if c.compared == 0 {
				if got.Nothing() != c.leftOut || !slices.Equal(got.RunWarnings, lost.Warnings) {
					t.Errorf("%q, %q", got.Nothing(), got.RunWarnings)
				}
			} else if l := got.Workloads[0]; slices.Contains(l.Warnings, c.leftOut) != (c.leftOut != "") || l.Series[0].Operations[0].Throughput.Value != 7 {
				t.Errorf("%q, %+v", l.Warnings, l.Series[0].Operations[0])
			}
			m := comparisontest.Measured(t, c.records)
			m.Lost = true
			if all, err := comparison.Of(m); err != nil || all.LeftOut != "" || all.Compared == c.compared && c.leftOut != "" {
				t.Errorf("%+v, %v", all, err)
			}
		})
	}
}

func lostAgain(r made) made {
	lastRun++
	r.Run = lastRun
	return r
}

func TestTotalsAddUpWithinAPhaseOfARun(t *testing.T) {
	set, get, later, other := of("a", 1, 1, "set", 30), of("a", 1, 1, "get", 12), of("a", 1, 1, "set", 5), of("a", 1, 1, "set", 7)
	get.Run, later.Run = set.Run, set.Run
	set.Errors, get.P99, later.Phase = 3, time.Second, "later"
	got := comparison.Totals(comparisontest.Workload(t, []made{set, get, later, other}).Rows)
	if len(got) != 3 || comparison.Throughput(got[0]) != 42 || got[0].Ops != 200 || got[0].Errors != 3 || got[0].Op != "" || got[0].P99NS != 0 {
		t.Errorf("%+v", got)
	}
	if comparison.Throughput(got[1]) != 5 || comparison.Throughput(got[2]) != 7 {
		t.Errorf("phases or runs are mixed: %+v", got)
	}
}

func TestOnlyCompleteRunsAndMeasuredPhasesAreCompared(t *testing.T) {
	failed, warmup, kept := of("a", 1, 1, "set", 1), of("a", 1, 1, "set", 1), of("a", 1, 1, "set", 7)
	failed.State, warmup.Warmup, failed.Warnings, kept.Warnings = record.Failed, true, []string{"of the failed one"}, []string{"a warning"}
	c := comparisontest.Compare(t, []made{failed, warmup, kept})
	if c.Selected != 3 || c.Compared != 1 || len(c.Workloads) != 1 || len(c.Workloads[0].Rows) != 1 || comparison.Throughput(c.Workloads[0].Rows[0]) != 7 {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(c.RunWarnings, kept.Warnings) {
		t.Errorf("warnings of runs: %q", c.RunWarnings)
	}
	if got, want := strings.Join(c.Workloads[0].Warnings, "\n"), "of 3 selected runs only complete ones are compared: 1 failed left out"; !strings.Contains(got, want) {
		t.Errorf("%q", got)
	}
	if c := comparisontest.Compare(t, []made{failed}); c.Selected != 1 || len(c.Workloads) != 0 || !slices.Equal(c.RunWarnings, failed.Warnings) {
		t.Errorf("%+v", c)
	}
}

func TestAMachineIsNamedWithWhatMayBeUsedOfIt(t *testing.T) {
	const start, end = "Able, 2 cores, 4 GiB of memory", ", kernel 6.1"
	for want, e := range map[string]record.Environment{
		"":                                  {},
		" (of which 0.5 cores may be used)": {CPULimit: 0.5},
		" (of which 512 MiB of memory may be used)":                {MemoryLimitBytes: 512 << 20},
		" (of which 1 core and 512 MiB of memory may be used)":     {CPULimit: 1, MemoryLimitBytes: 512 << 20},
		" (of which 1.5 cores and 1.00 GiB of memory may be used)": {CPULimit: 1.5, MemoryLimitBytes: 1 << 30},
	} {
		e.CPU, e.Cores, e.MemoryBytes, e.Kernel = "Able", 2, 4<<30, "6.1"
		measured := comparisontest.Measured(t, []made{of("a", 1, 1, "set", 1)})
		measured.Environments = map[int64]record.Environment{1: e}
		c, err := comparison.Of(measured)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{start + want + end}, c.Machines); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWorkloadsAreKeptApart(t *testing.T) {
	a, b, changed := of("a", 1, 1, "set", 1), of("a", 1, 1, "set", 2), of("a", 1, 1, "set", 3)
	a.Workload, b.Workload, changed.Workload = "x", "y", "y"
	changed.WorkloadSHA256 = "0123456789abcdef"
	c := comparisontest.Compare(t, []made{a, b, changed})
	if got, want := c.Refs(), "x@1, y@1 (sha256 01234567…), y@1 (sha256 y…)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := c.Workloads[1].FileName(), "y-1-01234567"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestVerifiedCountsRuns(t *testing.T) {
	records := []made{of("a", 1, 1, "set", 1), of("a", 1, 1, "set", 1), of("a", 1, 1, "set", 1)}
	if got := comparisontest.Compare(t, records).Verified; got != nil {
		t.Errorf("%q", got)
	}
	records[0].Verified, records[1].Verified = record.Held, record.Undecided
	want := []string{"what the stores acknowledged was checked and held in 1 of 3 runs; in 1 it could not be decided; in 1 nothing was checked"}
	if diff := cmp.Diff(want, comparisontest.Compare(t, records).Verified); diff != "" {
		t.Error(diff)
	}
}

func TestAComparisonIsADocument(t *testing.T) {
	text, err := json.Marshal(comparisontest.Compare(t, []made{of("a", 1, 1, "set", 1)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"workloads":[{"workload":"w"`, `"throughput_per_thread":{"value":1,"n":1}`, `"keys":["store","nodes","threads"]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
