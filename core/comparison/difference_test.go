package comparison_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/record"
)

// blocks are runs of both stores in repeats of one experiment, on a machine that
// gets slower from each to the next. The second store reaches factor times what
// the first one does.
func blocks(repeats int, factor float64, change ...func(*made)) []made {
	var records []made
	for repeat := range repeats {
		for i, store := range []string{"etcd", "zookeeper"} {
			lastRun++
			speed := 1000 / (1 + 0.1*float64(repeat)) * (1 + 0.002*float64((repeat*7+i*3)%5))
			if i == 1 {
				speed *= factor
			}
			written := int64(speed * 300)
			r := made{
				Run: lastRun, Store: store, Nodes: 1, Threads: 10, Op: "set", Phase: "set", Ops: 5000, Throughput: speed,
				P50: time.Duration(1e9 / speed), P99: time.Duration(5e9 / speed), Durability: "fsync", Reads: "linearizable",
				Experiment: 1, Repeat: repeat, Cost: record.Cost{Phase: "set", Ops: int64(speed), CPUSeconds: 0.5, RSSBytes: 1 << 20, WrittenBytes: &written},
			}
			for _, f := range change {
				f(&r)
			}
			records = append(records, r)
		}
	}
	return records
}

func by(t *testing.T, records []made, keys ...string) []*comparison.Differences {
	t.Helper()
	all, err := comparisontest.Compare(t, records).By(keys, "")
	if err != nil {
		t.Fatal(err)
	}
	comparison.Judge(all)
	return all
}

// verdicts are what is said of the second side, by metric.
func verdicts(all []*comparison.Differences) map[string]comparison.Verdict {
	said := map[string]comparison.Verdict{}
	for _, d := range all {
		for _, table := range d.Tables {
			for _, row := range table.Rows {
				said[table.Name] = row.Cells[1].Verdict
			}
		}
	}
	return said
}

func TestDifferences(t *testing.T) {
	const better, worse, same = comparison.Better, comparison.Worse, comparison.Same
	slower := map[string]comparison.Verdict{"throughput": worse, "p50": worse, "p99": worse, "cpu": worse, "memory": same, "written": same}
	faster := map[string]comparison.Verdict{"throughput": better, "p50": better, "p99": better, "cpu": better, "memory": same, "written": same}
	alike := map[string]comparison.Verdict{"throughput": same, "p50": same, "p99": same, "cpu": same, "memory": same, "written": same}
	of := func(want comparison.Verdict) map[string]comparison.Verdict {
		all := map[string]comparison.Verdict{}
		for metric := range alike {
			all[metric] = want
		}
		return all
	}
	for name, c := range map[string]struct {
		records []made
		want    map[string]comparison.Verdict
	}{
		"slower":  {blocks(12, 0.9), slower},
		"faster":  {blocks(12, 1.2), faster},
		"alike":   {blocks(12, 1), alike},
		"too few": {blocks(4, 0.5), of(comparison.TooFew)},
		"unequal guarantees": {blocks(12, 0.9, func(r *made) {
			if r.Store == "zookeeper" {
				r.Durability = "memory"
			}
		}), map[string]comparison.Verdict{"throughput": comparison.Different, "p50": comparison.Different, "p99": comparison.Different, "cpu": comparison.Different, "memory": same, "written": same}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, verdicts(by(t, c.records, "store"))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADifferenceIsWithinBlocks(t *testing.T) {
	all := by(t, blocks(8, 0.9), "store")
	difference := all[0].Tables[0].Rows[0].Cells[1].Difference
	if !difference.Paired || difference.A != 8 || math.Abs(difference.Effect+0.1) > 0.01 || difference.High >= 0 {
		t.Errorf("%+v", difference)
	}
	apart := blocks(8, 0.9, func(r *made) {
		if r.Store == "zookeeper" {
			r.Experiment = 2
		}
	})
	all = by(t, apart, "store")
	if difference := all[0].Tables[0].Rows[0].Cells[1].Difference; difference.Paired {
		t.Errorf("%+v", difference)
	}
	want := "etcd and zookeeper have no repeat in common: what has changed on the machine between them is in the difference; run them in one experiment to keep it out"
	if !slices.Contains(all[0].Warnings, want) {
		t.Errorf("%q", all[0].Warnings)
	}
}

func TestWhatDiffersBesides(t *testing.T) {
	records := blocks(6, 1, func(r *made) {
		r.Labels = map[string]string{"build": r.Store}
		r.Store = "etcd"
		r.Options = map[string]string{"snapshots": map[string]string{"etcd": "10", "zookeeper": "20"}[r.Labels["build"]]}
		r.StoreVersion = map[string]string{"etcd": "3.6", "zookeeper": "3.7"}[r.Labels["build"]]
	})
	all := by(t, records, "label.build")
	want := []string{"etcd and zookeeper differ in more than was asked: store-version (3.6 and 3.7), option.snapshots (10 and 20)"}
	if diff := cmp.Diff(want, all[0].Warnings); diff != "" {
		t.Error(diff)
	}
	if all := by(t, records, "label.build", "store-version", "option.snapshots"); len(all[0].Warnings) != 0 {
		t.Errorf("%q", all[0].Warnings)
	}
}

func TestRowsAreWhatVariesWithinASide(t *testing.T) {
	records := slices.Concat(blocks(6, 1), blocks(6, 0.8, func(r *made) { r.Threads = 50 }))
	all := by(t, records, "store")
	if diff := cmp.Diff([]string{"threads"}, all[0].Keys); diff != "" {
		t.Error(diff)
	}
	var rows [][]string
	for _, row := range all[0].Tables[0].Rows {
		rows = append(rows, row.Values)
	}
	if diff := cmp.Diff([][]string{{"10"}, {"50"}}, rows); diff != "" {
		t.Error(diff)
	}
}

func TestCostsThatAreNotKnownAreSaid(t *testing.T) {
	embedded := by(t, blocks(6, 1, func(r *made) {
		if r.Store == "zookeeper" {
			r.Cost = record.Cost{}
		}
	}), "store")
	if want := []string{"what the servers of zookeeper used is not known: they have no process of their own here, or no measured phase lasted a whole second"}; !slices.Equal(embedded[0].Warnings, want) {
		t.Errorf("%q", embedded[0].Warnings)
	}
	unwritten := by(t, blocks(6, 1, func(r *made) { r.Cost.WrittenBytes = nil }), "store")
	if want := []string{"what the servers of etcd and zookeeper wrote to storage is not known: the system does not count it truly in the data folder"}; !slices.Equal(unwritten[0].Warnings, want) {
		t.Errorf("%q", unwritten[0].Warnings)
	}
}

func TestNoSides(t *testing.T) {
	records := blocks(6, 1)
	for name, c := range map[string]struct {
		keys []string
		base string
		want string
	}{
		"one":     {[]string{"nodes"}, "", "the complete runs of each workload have one nodes: 1"},
		"no base": {[]string{"store"}, "consul", "no complete run has store consul; there are etcd, zookeeper"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := comparisontest.Compare(t, records).By(c.keys, c.base)
			if !errors.Is(err, comparison.ErrSides) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
	all, err := comparisontest.Compare(t, records).By([]string{"store"}, "zookeeper")
	if err != nil || all[0].Sides[0].Name != "zookeeper" || all[0].Sides[0].Runs != 6 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestThresholds(t *testing.T) {
	slower := by(t, blocks(12, 0.8), "store")
	slightly := by(t, blocks(12, 0.949), "store")
	few := by(t, blocks(3, 0.5), "store")
	unequal := by(t, blocks(12, 0.5, func(r *made) {
		if r.Store == "etcd" {
			r.Durability = "memory"
		}
	}), "store")
	for name, c := range map[string]struct {
		all            []*comparison.Differences
		text           string
		missed, unsure int
		err            string
	}{
		"surely":            {slower, "throughput<-5%", 1, 0, ""},
		"of an operation":   {slower, "set p99 > +10 %", 1, 0, ""},
		"within":            {slower, "throughput<-50%", 0, 0, ""},
		"the other way":     {slower, "throughput>+5%", 0, 0, ""},
		"any":               {slower, "p50>0%", 1, 0, ""},
		"turned round":      {slower, "p50>-5%", 0, 0, "more than is > and +"},
		"perhaps":           {slightly, "throughput<-5%", 0, 1, ""},
		"too few":           {few, "p99>+10%", 0, 0, "too few repeats, it takes 6"},
		"unequal":           {unequal, "throughput<-5%", 0, 0, "unequal guarantees"},
		"no such figure":    {slower, "rate<-5%", 0, 0, "nothing that was compared has such a figure"},
		"no such metric":    {slower, "speed<-5%", 0, 0, "the metrics are rate, throughput"},
		"no such operation": {slower, "delete p99>+10%", 0, 0, "nothing that was compared has such a figure"},
		"no threshold":      {slower, "p99", 0, 0, "it is not a metric"},
		"not a number":      {slower, "p99>+1e9%", 0, 0, "it is not a metric"},
	} {
		t.Run(name, func(t *testing.T) {
			threshold, err := comparison.ParseThreshold(c.text)
			var missed, unsure []string
			if err == nil {
				missed, unsure, err = threshold.Check(c.all)
			}
			if len(missed) != c.missed || len(unsure) != c.unsure {
				t.Errorf("%q surely, %q perhaps", missed, unsure)
			}
			if (err != nil) != (c.err != "") || err != nil && (!errors.Is(err, comparison.ErrThreshold) || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

func TestDifferencesAsJSON(t *testing.T) {
	for _, records := range [][]made{blocks(12, 0.9), blocks(2, 1)} {
		if _, err := json.Marshal(by(t, records, "store")); err != nil {
			t.Error(err)
		}
	}
}
