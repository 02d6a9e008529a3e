package kinds

import (
	"slices"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/chart"
	measured "github.com/benchctl/benchctl/core/record"
)

// TestASaturatedOpenLoopIsMarked offers more than is achieved at the last rate of one
// store.
func TestASaturatedOpenLoopIsMarked(t *testing.T) {
	saturating := func(records []record) []record {
		for i, r := range records {
			if r.Store == "zookeeper" && r.Params["rate"] == "1500" {
				records[i].Offered = measured.Offered{Rate: 1600}
			}
		}
		return records
	}
	f, err := sweepOf(t, saturating(recordsOf("open", 500, 2000, "get", "set")), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range f.Panels {
		flags := p.Marks[0].(chart.Lines).Flags
		if !slices.Equal(flags[0], []bool{false, false, false}) || !slices.Equal(flags[1], []bool{false, false, true}) {
			t.Errorf("panel %d: %v", i, flags)
		}
	}
	if len(f.Notes) != 1 || !strings.HasPrefix(f.Notes[0], "in a ring: saturated") {
		t.Errorf("notes %q", f.Notes)
	}
	for name, records := range map[string][]record{
		"kept up": recordsOf("open", 500, 2000, "get", "set"), "a closed loop": recordsOf("closed", 0, 2000, "get", "set"), "a search": recordsOf("search", 500, 2000, "set"),
	} {
		if f, err := sweepOf(t, records, ""); err != nil || len(f.Notes) > 0 {
			t.Errorf("%s: %v, %q", name, err, f.Notes)
		}
	}
	one := slices.DeleteFunc(saturating(recordsOf("open", 500, 2000, "get", "set")), func(r record) bool { return r.Params["rate"] != "1500" })
	bars := figureOf(t, "answers", one)
	if flags := bars.Panels[0].Marks[0].(chart.Bars).Flags; len(bars.Notes) != 1 || flags[0][0] || !flags[1][0] {
		t.Errorf("bars: %v, %q", flags, bars.Notes)
	}
}

func TestWhiskersAreSaidOnlyWhereTheyAreDrawn(t *testing.T) {
	few := slices.DeleteFunc(records(), func(r record) bool { return r.Started.Day() > 4 })
	for _, kind := range []string{"throughput", "threads", "latency"} {
		if got := figureOf(t, kind, records()).Subtitle; !strings.HasSuffix(got, "; median of the runs, whiskers show the 95 % interval") {
			t.Errorf("%s: %q", kind, got)
		}
		if got := figureOf(t, kind, few).Subtitle; !strings.HasSuffix(got, "; median of the runs") {
			t.Errorf("%s of few runs: %q", kind, got)
		}
	}
}

func TestSeriesWithoutAValueAreNamed(t *testing.T) {
	failing := records()
	for i, r := range failing {
		if r.Store == "zookeeper" && r.Nodes == 3 {
			failing[i].Ops, failing[i].Errors, failing[i].Throughput = 0, 10, 0
		}
	}
	const each = "no operation succeeded in any run of zookeeper, 3 nodes, 1 thread; zookeeper, 3 nodes, 10 threads; zookeeper, 3 nodes, 100 threads"
	for kind, want := range map[string]struct {
		missing string
		series  int
	}{
		"latency":    {each, 9},
		"throughput": {each, 12}, // which is 0
		"threads":    {"no operation succeeded in any run of zookeeper, 3 nodes", 4},
	} {
		f := figureOf(t, kind, failing)
		if !slices.Contains(f.Missing, want.missing) || len(f.Series) != want.series {
			t.Errorf("%s: %d series, missing %q", kind, len(f.Series), f.Missing)
		}
	}
	// Of one store the operations are too few for the only percentile of a sweep.
	rare := recordsOf("closed", 0, 2000, "set")
	for i, r := range rare {
		if r.Store == "etcd" {
			rare[i].Op, rare[i].Ops = "watch", 5
		}
	}
	f, err := sweepOf(t, rare, "")
	if want := "there is nothing to draw of etcd, 3 nodes, 10 threads"; err != nil || !slices.Contains(f.Missing, want) {
		t.Errorf("%v, missing %q", err, f.Missing)
	}
}
