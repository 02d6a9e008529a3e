package kinds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	measured "github.com/benchctl/benchctl/core/record"
)

// defined is a definition with the given phases and what follows them.
func defined(phases string) string {
	return `{name: load, version: 1, summary: s, source: t, keys: {space: shared, count: 10, choose: uniform}, values: {size: 10}, phases: [` + phases + "}"
}

// loads are definitions with different questions.
var loads = map[string]string{
	"closed":     defined("{name: load, mix: {get: 1, set: 1}, for: 1s}]"),
	"open":       defined("{name: load, mix: {get: 1, set: 1}, rate: 100, for: 1s}]"),
	"search":     defined("{name: load, mix: {set: 1}, rate: 100, rate-to: 900, for: 1s, until: p99 < 9ms}]"),
	"watchers":   defined("{name: load, mix: {set: 1}, rate: 100, for: 1s, watchers: 5}]"),
	"expiry":     defined("{name: load, mix: {expire: 1}, ops: 1}]"),
	"throughput": defined("{name: load, mix: {get: 1, set: 1}, for: 1s}], answers: {figures: [throughput, p99], ops: [get]}"),
	"per thread": defined("{name: load, mix: {set: 1}, rate: 100, for: 1s, watchers: 5}], answers: {figures: [throughput-per-thread, max]}"),
}

// recordsOf are six runs of a load of two stores, at each of three rates. The ops
// are how many operations each executes.
func recordsOf(load string, rate float64, ops int64, of ...string) []record {
	var out []record
	for s, store := range []string{"etcd", "zookeeper"} {
		for value := range 3 {
			for repeat := range 6 {
				for o, op := range of {
					spread := 1 + 0.02*float64(repeat-3)
					latency := time.Duration(float64(time.Millisecond) * float64(1+s+o) * float64(1+value*value) * spread)
					r := record{
						Run: int64(100*s + 10*value + repeat + 1), Started: time.Date(2026, 1, 2+repeat, 0, 0, 0, 0, time.UTC),
						Store: store, Nodes: 3, Threads: 10, Workload: "load", Definition: loads[load], Params: map[string]string{"rate": fmt.Sprint(500 * (value + 1))},
						Reads: "linearizable", Durability: "fsync", Connections: 1, Phase: "load", Op: op, Ops: ops, Throughput: rate * float64(value+1) / float64(len(of)),
						P50: latency, P90: 2 * latency, P99: 5 * latency, P999: 20 * latency, Max: 100 * latency,
					}
					if rate > 0 {
						r.Offered = measured.Offered{Rate: rate * float64(value+1)}
					}
					if load == "search" {
						r.Offered.Bound = measured.BoundKept
						if value == 1 {
							r.Offered.Bound = measured.BoundBroken
						}
					}
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// sweepOfRates is an open loop whose rate was swept; one operation is too rare to
// carry a p99 at the lowest rate.
func sweepOfRates(t *testing.T) chart.Figure {
	t.Helper()
	records := recordsOf("open", 500, 2000, "get", "set")
	for i, r := range records {
		if r.Op == "set" && r.Params["rate"] == "1000" && r.Store == "etcd" {
			records[i].Ops = 99
		}
	}
	f, err := sweepOf(t, records, "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestASweepShowsWhatAnswersTheQuestion(t *testing.T) {
	cases := map[string]struct {
		ops    []string
		title  string
		labels string
	}{
		"closed":     {[]string{"get", "set"}, "Throughput over rate", "ops/s in total; set, p99 latency; get, p99 latency"},
		"open":       {[]string{"get", "set"}, "Latency over rate", "ops/s achieved in total; set, p50 latency; set, p99 latency; get, p50 latency; get, p99 latency"},
		"search":     {[]string{"set"}, "Rate that was found over rate", "arrivals/s that were found; set, p50 latency; set, p99 latency; set, p99.9 latency"},
		"watchers":   {[]string{"set", "watch"}, "Latency over rate", "watch, p50 latency; watch, p99 latency; watch, greatest latency"},
		"expiry":     {[]string{"expire"}, "Latency over rate", "expire, p50 latency; expire, greatest latency"},
		"throughput": {[]string{"get", "set"}, "Throughput over rate", "ops/s in total; get, p99 latency"},
		"per thread": {[]string{"set", "watch"}, "Throughput over rate", "set, ops/s per thread; set, greatest latency; watch, greatest latency"},
	}
	for load := range loads {
		c, ok := cases[load]
		if !ok {
			t.Errorf("%s is not tried", load)
		}
		f, err := sweepOf(t, recordsOf(load, 500, 2000, c.ops...), "")
		if err != nil {
			t.Errorf("%s: %v", load, err)
			continue
		}
		var labels []string
		for _, p := range f.Panels {
			labels = append(labels, p.YLabel)
		}
		if got := strings.Join(labels, "; "); f.Title != c.title || got != c.labels || len(f.Missing) > 0 {
			t.Errorf("%s: %q with %s, missing %q; want %q with %s", load, f.Title, got, f.Missing, c.title, c.labels)
		}
	}
}

func TestARateThatWasNotFoundIsNoPoint(t *testing.T) {
	f, err := sweepOf(t, recordsOf("search", 500, 2000, "set"), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range estimatesOf(f.Panels[0]) {
		if line[0].Value != 500 || line[1].N != 0 || line[2].Value != 1500 {
			t.Errorf("line %d: %+v", i, line)
		}
	}
}

// Whatever a chart cannot show for want of operations, it says.
func TestWhatNoRunCarriesIsSaidAndNotDrawn(t *testing.T) {
	rare := func(load string, ops int64, of ...string) []record {
		records := recordsOf(load, 500, 2000, of...)
		for i, r := range records {
			if r.Op == of[0] {
				records[i].Ops = ops
			}
		}
		return records
	}
	failed := recordsOf("open", 500, 0, "set")
	cases := map[string]struct {
		kind    string
		records []record
		panels  int
		missing []string
	}{
		"latency":                  {"latency", rare("open", 50, "set", "get"), 2, []string{"p99 of set, p99.9 of set: carried by no run, there are too few operations"}},
		"latency of failures":      {"latency", rare("open", 0, "set", "get"), 1, []string{"p50 of set, p90 of set, p99 of set, p99.9 of set, max of set: in no run, as no operation succeeded"}},
		"answers":                  {"answers", rare("open", 50, "set"), 2, []string{"p99 of set, p99.9 of set: carried by no run, there are too few operations"}},
		"answers of one operation": {"answers", rare("open", 500, "set", "get"), 4, []string{"p99.9 of set: carried by no run, there are too few operations"}},
		"answers of failures":      {"answers", failed, 1, []string{"p50 of set, p99 of set, p99.9 of set: in no run, as no operation succeeded"}},
		"sweep":                    {"sweep", rare("closed", 50, "set", "get"), 2, []string{"p99 of set: carried by no run, there are too few operations"}},
		"sweep of answers":         {"sweep", rare("open", 50, "set", "get"), 4, []string{"p99 of set: carried by no run, there are too few operations"}},
		"sweep of watch alone":     {"sweep", recordsOf("closed", 500, 50, "watch"), 0, []string{"p99 of watch: carried by no run, there are too few operations", "throughput of load: in no run, as threads executed no operation that is selected"}},
	}
	for name, c := range cases {
		f := figureOf(t, c.kind, c.records)
		if diff := cmp.Diff(c.missing, f.Missing); diff != "" || len(f.Panels) != c.panels {
			t.Errorf("%s: %d panels, want %d; %s", name, len(f.Panels), c.panels, diff)
		}
		if i := slices.IndexFunc(f.Panels, empty); i >= 0 {
			t.Errorf("%s: panel %d is empty", name, i)
		}
	}
}

func empty(p chart.Panel) bool {
	var estimates chart.Estimates
	switch m := p.Marks[0].(type) {
	case chart.Lines:
		estimates = m.Estimates
	case chart.Bars:
		estimates = m.Estimates
	}
	for _, values := range estimates {
		for _, e := range values {
			if e.N > 0 {
				return false
			}
		}
	}
	return true
}

func TestLatencySaysFromWhenItCounts(t *testing.T) {
	const request, due = "from request to answer", "from when each should have started to its answer"
	const told, gone = "from the acknowledgement of the write until the watcher is told", "from the death of a session until its key is gone"
	cases := map[string]struct {
		load string
		rate float64
		ops  []string
		want string
	}{
		"closed loop":            {"closed", 0, []string{"get", "set"}, request},
		"open loop":              {"open", 500, []string{"get", "set"}, due},
		"declared answers":       {"per thread", 500, []string{"set"}, due},
		"watch alone":            {"watchers", 500, []string{"watch"}, told},
		"watch in a closed loop": {"closed", 0, []string{"set", "watch"}, request + ", of watch " + told},
		"watch in an open loop":  {"watchers", 500, []string{"set", "watch"}, due + ", of watch " + told},
		"expiry":                 {"expiry", 0, []string{"expire"}, gone},
		"expiry of some":         {"expiry", 0, []string{"expire", "open-session"}, request + ", of expire " + gone},
	}
	for name, c := range cases {
		l := comparisontest.Workload(t, recordsOf(c.load, c.rate, 2000, c.ops...))
		if got := measuredFrom(l, l.Parts); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		f := figureOf(t, "latency", recordsOf(c.load, c.rate, 2000, c.ops...))
		if !strings.Contains(f.Subtitle, ", "+c.want+"; ") {
			t.Errorf("%s: %q", name, f.Subtitle)
		}
	}
}
