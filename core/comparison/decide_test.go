package comparison_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/stats"
)

var planned = sync.OnceValues(func() (stats.Looks, error) { return stats.PlanLooks(20) })

// looked compares the two stores of blocks, whose runs are at positions in their
// order, as an experiment of up to 20 blocks does.
func looked(t *testing.T, records []made, margin float64) comparison.Decided {
	t.Helper()
	m := comparisontest.Measured(t, records)
	for i := range m.Runs {
		m.Runs[i].Position = 2 * m.Runs[i].Repeat
		if m.Runs[i].Store != "etcd" {
			m.Runs[i].Position++
		}
	}
	looks, err := planned()
	if err != nil {
		t.Fatal(err)
	}
	d := comparison.Deciding{Pairs: []comparison.Pair{{A: 0, B: 1, NameOfA: "etcd", NameOfB: "zookeeper"}}, Looks: looks, Margin: margin}
	for range 20 {
		d.Sides = append(d.Sides, 0, 1)
	}
	c, err := comparison.Of(m)
	if err != nil {
		t.Fatal(err)
	}
	return d.Of(c)[0]
}

// without leaves out the runs of a store in one repeat.
func without(records []made, store string, repeat int) []made {
	return slices.DeleteFunc(records, func(r made) bool { return r.Store == store && r.Repeat == repeat })
}

func TestPairsAreDecided(t *testing.T) {
	const open, different, equal = comparison.Undecided, comparison.DecidedDifferent, comparison.DecidedEqual
	cases := map[string]struct {
		records []made
		margin  float64
		want    comparison.Decision
		at      int // the look; 0: none
		blocks  int
	}{
		"before the first look":   {blocks(7, 2), 0.05, open, 0, 7},
		"at the first look":       {blocks(8, 2), 0.05, different, 8, 8},
		"it stays decided":        {blocks(9, 2), 0.05, different, 8, 9},
		"alike":                   {blocks(8, 1), 0.05, equal, 8, 8},
		"alike, margin too small": {blocks(11, 1), 0.0001, open, 10, 11},
		"a block has one side":    {without(blocks(8, 2), "etcd", 3), 0.05, open, 0, 7},
		"the next block fills up": {without(blocks(9, 2), "etcd", 3), 0.05, different, 8, 8},
	}
	for name, c := range cases {
		got := looked(t, c.records, c.margin)
		if len(got.Parts) != 1 || got.Decided != (c.want != open) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		part := got.Parts[0]
		at := 0
		if part.Difference != nil {
			at = part.Difference.A
		}
		if part.Decision != c.want || at != c.at || part.Blocks != c.blocks || part.Metric != "throughput" || part.Name != "set" {
			t.Errorf("%s: %s at the look after %d, of %d blocks of %s; %+v", name, part.Decision, at, part.Blocks, part.Metric, got)
		}
	}
}

// A run that is executed again later does not change what was decided without it.
func TestBlocksCountInTheOrderInWhichTheyCameToBeWhole(t *testing.T) {
	all := blocks(9, 2)
	lacking := without(slices.Clone(all), "etcd", 3)
	before := looked(t, lacking, 0.05)
	for _, r := range all {
		if r.Store == "etcd" && r.Repeat == 3 {
			lastRun++
			r.Run, r.Throughput = lastRun, 1e6 // it would change every sum
			lacking = append(lacking, r)
		}
	}
	after := looked(t, lacking, 0.05)
	if before.Parts[0].Blocks != 8 || after.Parts[0].Blocks != 9 {
		t.Errorf("%d blocks, then %d", before.Parts[0].Blocks, after.Parts[0].Blocks)
	}
	if diff := cmp.Diff(fmt.Sprint(before.Parts[0].Difference), fmt.Sprint(after.Parts[0].Difference)); diff != "" {
		t.Error(diff)
	}
}

func TestTheErrorIsHeldWhereBlocksAreMissing(t *testing.T) {
	const trials, margin = 400, 0.05
	cases := map[string]struct {
		factor float64
		wrong  comparison.Decision
	}{
		"nothing differs": {1, comparison.DecidedDifferent},
		"by the margin":   {1 + margin, comparison.DecidedEqual},
	}
	for name, c := range cases {
		noise, wrong, looks := rand.New(rand.NewPCG(20, 26)), 0, 0
		for range trials {
			records := blocks(20, c.factor, func(r *made) { r.Throughput *= math.Exp(0.03 * noise.NormFloat64()) })
			records = slices.DeleteFunc(records, func(made) bool { return noise.Float64() < 0.05 }) // runs that have failed
			part := looked(t, records, margin).Parts[0]
			if part.Difference != nil {
				looks++
			}
			if part.Decision == c.wrong {
				wrong++
			}
		}
		t.Logf("%s: wrong in %.1f %%", name, 100*float64(wrong)/trials)
		if wrong > trials*5/100 || looks < trials {
			t.Errorf("%s: wrong in %d of %d, of which %d were looked at", name, wrong, trials, looks)
		}
	}
}

func TestEachOperationIsDecided(t *testing.T) {
	records := slices.Concat(blocks(8, 2), blocks(8, 2))
	for i := range records[16:] {
		r := &records[16+i]
		r.Run, r.Op, r.Phase = records[i].Run, "delete", "delete"
		r.Throughput = 200
		if r.Store == "zookeeper" {
			r.Throughput = []float64{100, 400}[r.Repeat%2] // of which nothing can be said
		}
	}
	got := looked(t, records, 0.05)
	if len(got.Parts) != 2 || got.Decided {
		t.Fatalf("%+v", got)
	}
	for _, part := range got.Parts {
		if want := map[string]comparison.Decision{"set": comparison.DecidedDifferent, "delete": comparison.Undecided}[part.Name]; part.Decision != want {
			t.Errorf("%s: %s, want %s", part.Name, part.Decision, want)
		}
	}
}

func TestWhatPairsAreDecidedBy(t *testing.T) {
	const head = "name: w\nversion: 1\nsummary: x\nsource: here\nkeys: {space: shared, count: 10, choose: uniform}\nvalues: {size: 10}\nphases:\n  - name: set\n    mix: {set: 1}\n"
	cases := map[string]struct{ definition, metric string }{
		"a closed loop":     {head + "    for: 1s\n", "throughput"},
		"an open loop":      {head + "    for: 1s\n    rate: 100\n", "p50"},
		"its own answers":   {head + "    for: 1s\nanswers: {figures: [p99, throughput]}\n", "p99"},
		"what was achieved": {head + "    for: 1s\n    rate: 100\nanswers: {figures: [offered, throughput]}\n", "throughput"},
	}
	for name, c := range cases {
		records := blocks(8, 2, func(r *made) {
			r.Workload, r.Definition, r.P90, r.P999, r.Max = "w", c.definition, time.Second, time.Second, time.Second
			r.Offered = record.Offered{Rate: 100}
		})
		got := looked(t, records, 0.05)
		if len(got.Parts) != 1 || got.Parts[0].Metric != c.metric || !got.Decided {
			t.Errorf("%s: %+v, want %s", name, got, c.metric)
		}
	}
}
