package experiment

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/workloads"
)

func spec(t *testing.T) Spec {
	t.Helper()
	d, err := workloads.Find("create-set-delete")
	if err != nil {
		t.Fatal(err)
	}
	return Spec{
		Definition: d, Stores: []string{"a", "b"}, Nodes: []int{1, 3}, Threads: []int{1, 10}, Repeat: 4, Seed: 9,
		Params: map[string][]string{"size": {"1", "2"}}, Reads: driver.Linearizable, Timeout: time.Second,
	}
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
			if run.Repeat != repeat || run.Seed != 9+uint64(repeat) {
				t.Errorf("run %+v in repeat %d", run, repeat)
			}
			order = append(order, run.String()+run.Params["size"])
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
		if plan.Runs[i].String() != again.Runs[i].String() {
			t.Fatal("the same seed gives another order")
		}
	}
}

func TestSpecsThatAreRefused(t *testing.T) {
	cases := map[string]struct {
		change func(*Spec)
		want   string
	}{
		"no store":        {func(s *Spec) { s.Stores = nil }, "name at least one with --store"},
		"no repeat":       {func(s *Spec) { s.Repeat = 0 }, "--repeat 0: there must be at least 1"},
		"no node":         {func(s *Spec) { s.Nodes = []int{0} }, "--nodes 0: there must be at least 1"},
		"no thread":       {func(s *Spec) { s.Threads = []int{-1} }, "--threads -1: there must be at least 1"},
		"other option":    {func(s *Spec) { s.Options = map[string]map[string]string{"c": {}} }, "store c is not in this experiment, which has a, b"},
		"bad parameter":   {func(s *Spec) { s.Params["size"] = []string{"x"} }, `"x" is no whole number`},
		"two with URLs":   {func(s *Spec) { s.Endpoints = []string{"x:1"} }, "--endpoints belongs to one store"},
		"nodes with URLs": {func(s *Spec) { s.Stores, s.Endpoints = []string{"a"}, []string{"x:1"} }, "--endpoints names 1 node, so --nodes can only be 1"},
	}
	for name, c := range cases {
		s := spec(t)
		c.change(&s)
		if _, err := NewPlan(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

func TestAPluginThatLacksAnOperationIsRefused(t *testing.T) {
	plan, err := NewPlan(spec(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Setup(driver.Description{Name: "a", Ops: []sample.Op{sample.OpCreate, sample.OpSet}}, 1)
	if err == nil || err.Error() != "workload create-set-delete@1 needs the operation delete, which plugin a lacks; it has create, set" {
		t.Error(err)
	}
}
