package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

// fakeDecider decides a pair when it has so many blocks, by the names of its sides.
type fakeDecider struct {
	*world
	plan    *Plan
	earlier []Completed
	after   map[string]int
}

func (d fakeDecider) Undecided(ctx context.Context, _ int64) ([]Pair, error) {
	if err := d.call(ctx, "look"); err != nil {
		return nil, err
	}
	sides := d.plan.Sides()
	complete := map[int]bool{}
	for _, c := range d.earlier {
		complete[c.Position] = true
	}
	for _, run := range d.runs {
		complete[run.Position] = complete[run.Position] || run.state == record.Complete
	}
	repeats := func(side int) map[int]bool {
		has := map[int]bool{}
		for position := range complete {
			if complete[position] && sides[position] == side {
				has[d.plan.Runs[position].Repeat] = true
			}
		}
		return has
	}
	var undecided []Pair
	for _, pair := range d.plan.Pairs() {
		blocks, ofB := 0, repeats(pair.B.Position)
		for repeat := range repeats(pair.A.Position) {
			if ofB[repeat] {
				blocks++
			}
		}
		if blocks < d.after[pair.NameOfA+" "+pair.NameOfB] {
			undecided = append(undecided, pair)
		}
	}
	return undecided, nil
}

// decided is a plan of stores a, b and c, one run each in up to six blocks.
func decided(t *testing.T, change ...func(*Spec)) *Plan {
	t.Helper()
	return planOf(t, func(s *Spec) {
		s.Stores, s.Repeat, s.UntilDecided = []string{"a", "b", "c"}, 6, 0.05
		for _, f := range change {
			f(s)
		}
	})
}

// executed counts the runs of each store.
func (w *world) executed() string {
	counts := map[string]int{}
	for _, run := range w.runs {
		counts[run.Store]++
	}
	return fmt.Sprintf("a %d, b %d, c %d", counts["a"], counts["b"], counts["c"])
}

func TestRunsThatNoUndecidedPairNeedsAreSpared(t *testing.T) {
	cases := map[string]struct {
		after    map[string]int
		executed string
		looks    int
	}{
		"all at once":    {map[string]int{"a b": 2, "a c": 2, "b c": 2}, "a 2, b 2, c 2", 2},
		"one pair later": {map[string]int{"a b": 2, "a c": 2, "b c": 5}, "a 2, b 5, c 5", 5},
		"one side later": {map[string]int{"a b": 4, "a c": 3, "b c": 2}, "a 4, b 4, c 3", 4},
		"never":          {map[string]int{"a b": 9, "a c": 9, "b c": 9}, "a 6, b 6, c 6", 6},
		"one pair never": {map[string]int{"a b": 1, "a c": 9, "b c": 1}, "a 6, b 1, c 6", 6},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w, plan := newWorld(t), decided(t)
			w.Decider = fakeDecider{world: w, plan: plan, after: c.after}
			outcome, err := w.Execute(t.Context(), plan)
			expect(t, "executed", w.executed(), c.executed)
			if err != nil || outcome != (Outcome{Experiment: 5, Complete: len(w.runs), Spared: 18 - len(w.runs)}) {
				t.Errorf("%+v, %v", outcome, err)
			}
			if looks := strings.Count(w.asked("look"), "look"); looks != c.looks {
				t.Errorf("%d looks, want %d", looks, c.looks)
			}
			// What is left is run in the plan's order, block by block.
			last := -1
			for _, run := range w.runs {
				if run.Position <= last {
					t.Errorf("position %d after %d", run.Position, last)
				}
				last = run.Position
			}
		})
	}
}

func TestALookIsAfterTheLastRunOfABlock(t *testing.T) {
	w := newWorld(t)
	plan := decided(t, func(s *Spec) { s.Stores = []string{"a", "b"} })
	w.Decider = fakeDecider{world: w, plan: plan, after: map[string]int{"a b": 2}}
	if _, err := w.Execute(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	expect(t, "order", w.asked("show experiment", "show run 0,", "show run 1,", "show run 2,", "show run 3,", "look", "show 10", "show 0"),
		"show experiment 5, 12 runs, show run 0, archived as 1: complete (<nil>), show run 1, archived as 2: complete (<nil>), look, show 10 runs left, "+
			"show run 2, archived as 3: complete (<nil>), show run 3, archived as 4: complete (<nil>), look, show 0 runs left")
}

func TestAPairMissesTheBlockOfAFailedRun(t *testing.T) {
	cases := map[string]struct {
		after    map[string]int
		executed string
		want     Outcome
	}{
		"it goes on":             {map[string]int{"a b": 2}, "a 3, b 3, c 0", Outcome{Complete: 5, Failed: 1, Spared: 7}},
		"and is never decided":   {map[string]int{"a b": 6}, "a 6, b 6, c 0", Outcome{Complete: 11, Failed: 1}},
		"which takes the others": {map[string]int{"a b": 5}, "a 6, b 6, c 0", Outcome{Complete: 11, Failed: 1, Spared: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			plan := decided(t, func(s *Spec) { s.Stores = []string{"a", "b"} })
			w.Decider = fakeDecider{world: w, plan: plan, after: c.after}
			broken := errors.New("the store said no")
			loads := 0
			w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
				if loads++; loads == 1 {
					return broken
				}
				return steady(ctx, r, sink)
			}
			outcome, err := w.Execute(t.Context(), plan)
			expect(t, "executed", w.executed(), c.executed)
			if !errors.Is(outcome.Failure, broken) {
				t.Errorf("failure %v", outcome.Failure)
			}
			outcome.Experiment, outcome.Failure = 0, nil
			if err != nil || outcome != c.want {
				t.Errorf("%+v, %v, want %+v", outcome, err, c.want)
			}
		})
	}
}

func TestResumingCarriesOnDeciding(t *testing.T) {
	plan := decided(t)
	// Two blocks are whole, and one of the third is there.
	var earlier []Completed
	for _, run := range plan.Runs[:7] {
		earlier = append(earlier, Completed{Position: run.Position, Store: run.Store, SHA256: "0123456789abcdef"})
	}
	third := plan.Runs[6].Store
	cases := map[string]struct {
		after map[string]int
		want  map[string]int // runs by store
		first string         // what is said first
	}{
		"all was decided": {map[string]int{"a b": 2, "a c": 2, "b c": 2}, nil, "show experiment 9, 0 runs"},
		"one pair goes on": {map[string]int{"a b": 2, "a c": 2, "b c": 4}, map[string]int{"b": 2, "c": 2},
			"show experiment 9, %d runs"},
		"nothing was decided": {map[string]int{"a b": 3, "a c": 3, "b c": 3}, map[string]int{"a": 1, "b": 1, "c": 1}, "show experiment 9, 11 runs"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.machine = record.Environment{}
			w.Decider = fakeDecider{world: w, plan: plan, after: c.after, earlier: earlier}
			outcome, err := w.Resume(t.Context(), plan, Earlier{Experiment: 9, Complete: earlier})
			want := map[string]int{}
			for store, n := range c.want {
				if want[store] = n; store == third {
					want[store]-- // which is there
				}
			}
			expect(t, "executed", w.executed(), fmt.Sprintf("a %d, b %d, c %d", want["a"], want["b"], want["c"]))
			if err != nil || outcome != (Outcome{Experiment: 9, Complete: 7 + len(w.runs), Spared: 11 - len(w.runs)}) {
				t.Errorf("%+v, %v", outcome, err)
			}
			if strings.Contains(c.first, "%") {
				left := 8 // of two stores in four blocks
				if third != "a" {
					left--
				}
				c.first = fmt.Sprintf(c.first, left)
			}
			expect(t, "begin", w.asked("show experiment"), c.first)
		})
	}
}

func TestAnInterruptedExperimentKeepsWhatWasDecided(t *testing.T) {
	for name, at := range map[string]string{"in a run": "load b", "in a look": "look"} {
		t.Run(name, func(t *testing.T) {
			w, plan := newWorld(t), decided(t)
			w.Decider = fakeDecider{world: w, plan: plan, after: map[string]int{"a b": 9, "a c": 9, "b c": 9}}
			ctx, interrupt := context.WithCancel(t.Context())
			calls := 0
			w.on[at] = func() error {
				if calls++; calls == 2 {
					interrupt()
				}
				return nil
			}
			outcome, err := w.Execute(ctx, plan)
			complete := strings.Count(w.ended(), "complete")
			if !errors.Is(err, context.Canceled) || outcome.Complete != complete || complete < 3 || outcome.Spared != 0 {
				t.Errorf("%+v, %v; %s", outcome, err, w.ended())
			}
		})
	}
}

func TestAnArchiveThatCannotBeReadEndsTheExperiment(t *testing.T) {
	w, plan := newWorld(t), decided(t)
	w.Decider = fakeDecider{world: w, plan: plan}
	fault := w.fails("look")
	if _, err := w.Execute(t.Context(), plan); !errors.Is(err, fault) {
		t.Errorf("error %v", err)
	}
	expect(t, "executed", w.executed(), "a 1, b 1, c 1")
}

func TestClustersThatNoRunNeedsAreClosed(t *testing.T) {
	w := newWorld(t)
	plan := decided(t, func(s *Spec) { s.ReuseClusters = true })
	w.Decider = fakeDecider{world: w, plan: plan, after: map[string]int{"a b": 1, "a c": 1, "b c": 3}}
	closed := ""
	w.on["show 10 runs left"] = func() error { closed = w.asked("close plugin"); return nil }
	if _, err := w.Execute(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	expect(t, "closed after the first block", closed, "close plugin a")
}

func TestPairsOfAPlan(t *testing.T) {
	setups := []Setup{
		{Name: "fast", Nodes: []int{1}, Reads: []driver.Consistency{driver.Linearizable}, Options: map[string]map[string]string{"a": {"sync": "false"}}},
		{Name: "safe", Nodes: []int{1, 3}, Reads: []driver.Consistency{driver.Linearizable}},
	}
	cases := map[string]struct {
		change func(*Spec)
		want   []string
	}{
		"stores": {func(*Spec) {}, []string{"b against a (3 nodes, 1 thread)", "c against a (3 nodes, 1 thread)", "c against b (3 nodes, 1 thread)"}},
		"nodes and threads apart": {func(s *Spec) { s.Stores, s.Threads, s.Setups[0].Nodes = []string{"b", "a"}, []int{1, 10}, []int{1, 3} },
			[]string{"b against a (1 node, 1 thread)", "b against a (1 node, 10 threads)", "b against a (3 nodes, 1 thread)", "b against a (3 nodes, 10 threads)"}},
		"setups": {func(s *Spec) { s.Stores, s.Setups = []string{"a"}, setups }, []string{"setup safe against setup fast, sync false (a, 1 node, 1 thread)"}},
		"reads": {func(s *Spec) {
			s.Stores, s.Setups[0].Reads = []string{"a"}, []driver.Consistency{driver.Linearizable, driver.Sequential}
		},
			[]string{"reads sequential against reads linearizable (a, 3 nodes, 1 thread)"}},
		"parameters apart": {func(s *Spec) {
			s.Stores, s.Workloads[0].Params = []string{"a", "b"}, map[string][]string{"size": {"1", "2"}}
		},
			[]string{"b against a (3 nodes, 1 thread, size 1)", "b against a (3 nodes, 1 thread, size 2)"}},
		"endpoints": {func(s *Spec) {
			s.Stores = []string{"a"}
			s.Setups = []Setup{
				{Nodes: []int{1}, Reads: s.Setups[0].Reads, Endpoints: map[string][]string{"a": {"far:1"}}},
				{Nodes: []int{1}, Reads: s.Setups[0].Reads, Endpoints: map[string][]string{"a": {"near:1"}}},
			}
		}, []string{"at near:1 against at far:1 (a, 1 node, 1 thread)"}},
	}
	for name, c := range cases {
		plan := decided(t, c.change)
		var got []string
		for _, p := range plan.Pairs() {
			got = append(got, fmt.Sprintf("%s against %s (%s)", p.NameOfB, p.NameOfA, p.Both))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestWhatCannotBeDecidedIsRefused(t *testing.T) {
	cases := map[string]struct {
		change func(*Spec)
		want   string
	}{
		"few blocks":  {func(s *Spec) { s.Repeat = 5 }, "repeat is the most blocks of an experiment that runs until it is decided: 5 blocks cannot be planned for: give from 6"},
		"many blocks": {func(s *Spec) { s.Repeat = 201 }, "repeat is the most blocks of an experiment that runs until it is decided: 201 blocks"},
		"no pair":     {func(s *Spec) { s.Stores, s.Setups[0].Nodes = []string{"a"}, []int{1, 3} }, "there is nothing to decide: "},
		"many pairs":  {func(s *Spec) { s.Stores = manyStores(46) }, "these are 1035 pairs to decide, more than an experiment may have (1000)"},
	}
	for name, c := range cases {
		s := spec(t)
		s.Stores, s.Threads, s.Repeat, s.UntilDecided, s.Setups[0].Nodes, s.Workloads[0].Params = []string{"a", "b"}, []int{1}, 6, 0.05, []int{1}, nil
		c.change(&s)
		if plan, err := NewPlan(s); err == nil || !strings.Contains(err.Error(), c.want) || plan != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyStores(n int) []string {
	stores := make([]string, n)
	for i := range stores {
		stores[i] = fmt.Sprintf("store-%d", i)
	}
	return stores
}

func TestMargins(t *testing.T) {
	for text, want := range map[string]float64{"5%": 0.05, "5 %": 0.05, "2.5%": 0.025, "99%": 0.99, "7%": 0.07} {
		if got, err := ParseMargin(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "0.05", "0%", "100%", "-5%", "five%", "1e1%", "5%%"} {
		if got, err := ParseMargin(text); err == nil || err.Error() != fmt.Sprintf("%q is no percentage above 0 and below 100, such as 5%%", text) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestAFileThatRunsUntilItIsDecided(t *testing.T) {
	const file = "name: x\nstores: [a, b]\nworkloads: [read-write]\nsetups: [{nodes: 1}]\n"
	for more, want := range map[string]struct {
		margin float64
		repeat int
	}{
		"": {0, 1}, "until_decided: 5%\n": {0.05, MostBlocks}, "until_decided: 5%\nrepeat: 12\n": {0.05, 12}, "repeat: 12\nuntil_decided: 2.5 %\n": {0.025, 12},
	} {
		if got, err := parse(file + more); err != nil || got.UntilDecided != want.margin || got.Repeat != want.repeat {
			t.Errorf("%q: %v, %d; %v", more, got.UntilDecided, got.Repeat, err)
		}
	}
	for more, want := range map[string]string{
		"until_decided: 5\n":             "x.yaml:5:16: until_decided is a number: it should be text",
		"until_decided: soon\n":          `x.yaml:5:16: until_decided: "soon" is no percentage above 0 and below 100, such as 5%`,
		"until_decided: 5%\nrepeat: 3\n": "x.yaml:1:1: repeat is the most blocks of an experiment that runs until it is decided: 3 blocks cannot be planned for: give from 6, which a verdict takes, to 200",
	} {
		if _, err := parse(file + more); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", more, err, want)
		}
	}
}
