package experiment

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/workloads"
)

func TestAnArchivedPlanIsThePlan(t *testing.T) {
	spec, err := parse(valid)
	if err != nil {
		t.Fatal(err)
	}
	spec.Repeat, spec.UntilDecided = 6, 0.05
	spec.DataDir, spec.KeepData, spec.ReuseClusters, spec.Seed = "/data", true, true, 1<<63
	plan, err := NewPlan(spec)
	if err != nil {
		t.Fatal(err)
	}
	document, err := plan.Document()
	if err != nil {
		t.Fatal(err)
	}
	restored, err := ParsePlan(document, workloads.Find)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plan.Terms, restored.Terms); diff != "" {
		t.Error(diff)
	}
	if len(plan.Runs) != len(restored.Runs) {
		t.Fatalf("%d runs, want %d", len(restored.Runs), len(plan.Runs))
	}
	for i, run := range plan.Runs {
		got := restored.Runs[i]
		if got.combination() != run.combination() || got.Position != run.Position || got.Repeat != run.Repeat || got.Seed != run.Seed {
			t.Errorf("position %d is\n%+v, want\n%+v", i, got, run)
		}
		if diff := cmp.Diff(run.load, got.load); diff != "" || got.definition.SHA256() != run.definition.SHA256() {
			t.Errorf("position %d has another load: %s", i, diff)
		}
	}
	again, err := restored.Document()
	if err != nil || !bytes.Equal(document, again) {
		t.Errorf("written again it differs, %v:\n%s\n%s", err, document, again)
	}
}

func TestPlansThatCannotBeResumed(t *testing.T) {
	plan, err := NewPlan(spec(t))
	if err != nil {
		t.Fatal(err)
	}
	document, err := plan.Document()
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ old, new, want string }{
		"no JSON":      {`{"version"`, `{version`, "read the plan: invalid character 'v'"},
		"newer":        {`"version":1`, `"version":2`, "it has version 2, this benchctl knows 1: upgrade benchctl"},
		"no runs":      {`"runs":[`, `"runs":[],"more":[`, "it lacks its runs or their timeout"},
		"no timeout":   {`"timeout_ns":5000000000`, `"timeout_ns":0`, "it lacks its runs or their timeout"},
		"no margin":    {`"timeout_ns"`, `"until_decided":1.5,"timeout_ns"`, "it is to run until it is decided within a margin of 1.5"},
		"other order":  {`"position":1,`, `"position":7,`, "run at position 1: it is numbered 7"},
		"no threads":   {`"threads":1,`, `"threads":0,`, "it lacks its nodes or threads"},
		"other reads":  {`"reads":"linearizable"`, `"reads":"stale"`, `run at position 0: reads are "stale"`},
		"no workload":  {`"workload":"create-set-delete@1"`, `"workload":"x@1"`, `no workload "x@1" is shipped`},
		"no parameter": {`"size":"`, `"sise":"`, `has no parameter "sise"`},
	}
	for name, c := range cases {
		spoiled := strings.Replace(string(document), c.old, c.new, 1)
		if spoiled == string(document) {
			t.Errorf("%s: the case spoils nothing", name)
		}
		if _, err := ParsePlan([]byte(spoiled), workloads.Find); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
	alone, err := planOf(t, repeated(6)).Document()
	if err != nil {
		t.Fatal(err)
	}
	deciding := strings.Replace(string(alone), `"timeout_ns"`, `"until_decided":0.05,"timeout_ns"`, 1)
	if _, err := ParsePlan([]byte(deciding), workloads.Find); !errors.Is(err, ErrNoPair) {
		t.Errorf("nothing to decide: %v", err)
	}
	if _, err := ParsePlan([]byte(`[{"repeat":0}]`), nil); !errors.Is(err, ErrOldPlan) {
		t.Errorf("a list of runs: %v", err)
	}
	gone := errors.New("gone")
	if _, err := ParsePlan(document, func(string) (*workload.Definition, error) { return nil, gone }); !errors.Is(err, gone) {
		t.Errorf("no definition: %v", err)
	}
}

func TestWhatIsMissingIsInThePlansOrder(t *testing.T) {
	plan, err := NewPlan(spec(t))
	if err != nil {
		t.Fatal(err)
	}
	if missing := (Earlier{}).Missing(plan); len(missing) != len(plan.Runs) {
		t.Errorf("of a new experiment %d of %d runs are missing", len(missing), len(plan.Runs))
	}
	earlier := Earlier{}
	var want []int
	for i := range plan.Runs {
		if i%3 == 0 {
			earlier.Complete = append([]Completed{{Position: i}}, earlier.Complete...)
		} else {
			want = append(want, i)
		}
	}
	var got []int
	for _, run := range earlier.Missing(plan) {
		got = append(got, run.Position)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAChangedPluginIsRefusedOrWarnedOf(t *testing.T) {
	earlier := Earlier{Experiment: 3, Complete: []Completed{
		{Store: "a", SHA256: "0123456789abcdef"}, {Store: "a", SHA256: "0123456789abcdef"}, {Store: "b", SHA256: "fedcba9876543210"},
	}}
	for store, sha256 := range map[string]string{"a": "0123456789abcdef", "b": "fedcba9876543210", "c": "any"} {
		if warning, err := earlier.CheckPlugin(store, Identity{SHA256: sha256}); warning != "" || err != nil {
			t.Errorf("%s: %q, %v", store, warning, err)
		}
	}
	now := Identity{SHA256: "fedcba9876543210"}
	const refused = "plugin a (sha256 fedcba987654…) is not the binary that complete runs of experiment 3 used (0123456789ab…): put that one back, or allow another, and the runs are marked by a warning"
	if warning, err := earlier.CheckPlugin("a", now); warning != "" || err == nil || err.Error() != refused {
		t.Errorf("%q, %v", warning, err)
	}
	earlier.AllowChangedPlugin = true
	const warned = "the experiment was resumed with another binary of plugin a (sha256 fedcba987654…) than earlier runs of it used (0123456789ab…)"
	if warning, err := earlier.CheckPlugin("a", now); warning != warned || err != nil {
		t.Errorf("%q, %v", warning, err)
	}
}

func TestAnotherMachineIsWarnedOf(t *testing.T) {
	before := record.Environment{CPU: "Able", Cores: 2, MemoryBytes: 4 << 30, Kernel: "6.1"}
	cases := map[string]struct {
		change func(*record.Environment)
		want   string
	}{
		"the same":     {func(*record.Environment) {}, ""},
		"a new kernel": {func(e *record.Environment) { e.Kernel, e.MemoryBytes = "6.2", e.MemoryBytes-1<<20 }, ""},
		"processor":    {func(e *record.Environment) { e.CPU = "Baker" }, "(Baker, 2 cores, 4 GiB of memory) than earlier runs of it were executed on (Able, 2 cores, 4 GiB of memory)"},
		"cores":        {func(e *record.Environment) { e.Cores = 1 }, "(Able, 1 core, 4 GiB of memory)"},
		"memory":       {func(e *record.Environment) { e.MemoryBytes *= 2 }, "(Able, 2 cores, 8 GiB of memory)"},
	}
	for name, c := range cases {
		now := before
		c.change(&now)
		got := Earlier{Complete: []Completed{{Environment: before}}}.machineWarning(now)
		if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := (Earlier{}).machineWarning(before); got != "" {
		t.Errorf("a new experiment: %q", got)
	}
}
