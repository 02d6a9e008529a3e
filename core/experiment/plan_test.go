package experiment

import (
	"slices"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/workloads"
)

func spec(t *testing.T) Spec {
	t.Helper()
	d, err := workloads.Find("create-set-delete")
	if err != nil {
		t.Fatal(err)
	}
	s := Defaults()
	s.Workloads = []Workload{{Definition: d, Params: map[string][]string{"size": {"1", "2"}}}}
	s.Stores, s.Threads, s.Repeat, s.Seed = []string{"a", "b"}, []int{1, 10}, 4, 9
	return s
}

func TestEveryRepeatHasEveryCombinationOnceInAnOrderOfItsOwn(t *testing.T) {
	plan, err := NewPlan(spec(t))
	if err != nil {
		t.Fatal(err)
	}
	const combinations = 2 * 2 * 2 * 2
	if len(plan.Runs) != 4*combinations {
		t.Fatalf("%d runs", len(plan.Runs))
	}
	var orders []string
	for repeat := range 4 {
		var order []string
		for _, run := range plan.Runs[repeat*combinations : (repeat+1)*combinations] {
			if run.Repeat != repeat || run.Seed != 9+uint64(repeat) || plan.Runs[run.Position].combination() != run.combination() {
				t.Errorf("run %+v in repeat %d", run, repeat)
			}
			order = append(order, run.combination())
		}
		orders = append(orders, strings.Join(order, ";"))
		slices.Sort(order)
		if len(slices.Compact(order)) != combinations {
			t.Errorf("repeat %d has a combination twice", repeat)
		}
	}
	slices.Sort(orders)
	if len(slices.Compact(orders)) != 4 {
		t.Error("two repeats have the same order")
	}
	again, err := NewPlan(spec(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range plan.Runs {
		if plan.Runs[i].combination() != again.Runs[i].combination() {
			t.Fatal("the same seed gives another order")
		}
	}
}

func TestSpecsThatAreRefused(t *testing.T) {
	cases := map[string]struct {
		change func(*Spec)
		want   string
	}{
		"no store":      {func(s *Spec) { s.Stores = nil }, "no store: name at least one"},
		"no repeat":     {func(s *Spec) { s.Repeat = 0 }, "repeat 0: there must be at least 1"},
		"no node":       {func(s *Spec) { s.Setups[0].Nodes = []int{0} }, "nodes 0: there must be at least 1"},
		"no thread":     {func(s *Spec) { s.Threads = []int{-1} }, "threads -1: there must be at least 1"},
		"many threads":  {func(s *Spec) { s.Threads = []int{1<<32 + 1} }, "threads 4294967297: there may be at most 1000000"},
		"many nodes":    {func(s *Spec) { s.Setups[0].Nodes = []int{1<<32 + 1} }, "nodes 4294967297: there may be at most 1000"},
		"many repeats":  {func(s *Spec) { s.Repeat = 1 << 40 }, "repeat 1099511627776: there may be at most 1000000"},
		"other option":  {func(s *Spec) { s.Setups[0].Options = map[string]map[string]string{"c": {}} }, "store c is not in this experiment, which has a, b"},
		"bad parameter": {func(s *Spec) { s.Workloads[0].Params["size"] = []string{"x"} }, `"x" is no whole number`},
		"nodes with URLs": {func(s *Spec) { s.Setups[0].Endpoints = map[string][]string{"a": {"x:1"}} },
			"the endpoints of a are 1 node, so the setup's nodes can only be 1"},
		"password in a URL": {func(s *Spec) { s.Setups[0].Endpoints = map[string][]string{"a": {"http://me:secret@x:1"}} },
			"an endpoint of a has a user or password in it, and endpoints are archived"},
		"label of a setup": {func(s *Spec) { s.Setups[0].Name, s.Labels = "durable", map[string]string{"setup": "x"} },
			`the label setup is the name of each run's setup here, such as "durable"`},
		"too many":        {func(s *Spec) { s.Repeat = 1e6 }, "these are 16000000 runs, more than an experiment may have (100000)"},
		"nothing is left": {func(s *Spec) { s.Exclude = append(s.Exclude, expression(t, "nodes:(1 OR 3)")) }, "every run is excluded"},
	}
	for name, c := range cases {
		s := spec(t)
		c.change(&s)
		if _, err := NewPlan(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

func expression(t *testing.T, text string) *selection.Expression {
	t.Helper()
	s, err := selection.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestListsMultiplyLessWhatIsExcluded(t *testing.T) {
	s := spec(t)
	readWrite, err := workloads.Find("read-write")
	if err != nil {
		t.Fatal(err)
	}
	s.Workloads = []Workload{{Definition: s.Workloads[0].Definition}, {Definition: readWrite, Params: map[string][]string{"reads": {"0", "100"}}}}
	s.Setups = []Setup{
		{Name: "plain", Nodes: []int{1, 3}, Reads: []driver.Consistency{driver.Linearizable, driver.Sequential}},
		{Name: "loose", Nodes: []int{1}, Reads: []driver.Consistency{driver.Linearizable}, Options: map[string]map[string]string{"a": {"sync": "false"}}},
	}
	s.Labels["purpose"], s.Repeat = "test", 1
	const all = 2 * (2*2 + 1) * 2 * 3
	cases := map[string]struct {
		exclude []string
		runs    int
	}{
		"nothing":       {nil, all},
		"a store":       {[]string{"store:b nodes:3"}, all - 2*2*3},
		"two":           {[]string{"threads:10", "workload:read-write"}, 2 * 5 * 1 * 1},
		"a parameter":   {[]string{"param.reads:100"}, all - 2*5*2},
		"reads":         {[]string{"reads:sequential"}, 2 * 3 * 2 * 3},
		"an option":     {[]string{"option.sync:false"}, all - 2*3},
		"a setup":       {[]string{"label.setup:loose"}, all - 2*2*3},
		"all but one":   {[]string{"-(store:a label.purpose:test nodes:3 reads:sequential threads:1 param.reads:0)"}, 1},
		"what is twice": {[]string{"nodes:3", "nodes:3 threads:1"}, 2 * 3 * 2 * 3},
	}
	for name, c := range cases {
		s.Exclude = nil
		for _, text := range c.exclude {
			s.Exclude = append(s.Exclude, expression(t, text))
		}
		plan, err := NewPlan(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(plan.Runs) != c.runs {
			t.Errorf("%s: %d runs, want %d", name, len(plan.Runs), c.runs)
		}
	}
}

func TestACombinationIsPlannedOnceEvenIfListsOverlap(t *testing.T) {
	s := spec(t)
	s.Threads = []int{1, 1}
	s.Setups = append(s.Setups, s.Setups[0])
	s.Workloads = append(s.Workloads, s.Workloads[0])
	s.Workloads[0].Params = map[string][]string{"size": {"1", "01", "2"}}
	plan, err := NewPlan(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * 2 * 1 * 2 * 4; len(plan.Runs) != want {
		t.Errorf("%d runs, want %d", len(plan.Runs), want)
	}
}

func TestAPluginThatLacksAnOperationIsRefused(t *testing.T) {
	plan, err := NewPlan(spec(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.DriverSetup(protocol.Description{Name: "a", Ops: []sample.Op{sample.OpCreate, sample.OpSet}}, plan.Runs[0])
	if err == nil || err.Error() != "workload create-set-delete@1 needs the operation delete, which plugin a lacks; it has create, set" {
		t.Error(err)
	}
}
