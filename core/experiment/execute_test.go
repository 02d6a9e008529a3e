package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

// planOf returns a plan of one run of store a on three nodes, but for what is
// changed.
func planOf(t *testing.T, change func(*Spec)) *Plan {
	t.Helper()
	s := spec(t)
	s.Stores, s.Threads, s.Repeat, s.Setups[0].Nodes = []string{"a"}, []int{1}, 1, []int{3}
	s.Workloads[0].Params, s.DataDir, s.Timeout = nil, "/data", time.Second
	change(&s)
	plan, err := NewPlan(s)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func repeated(n int) func(*Spec) { return func(s *Spec) { s.Repeat = n } }

func reusing(n int) func(*Spec) { return func(s *Spec) { s.Repeat, s.ReuseClusters = n, true } }

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func TestARunIsTakenFromItsPluginToTheArchive(t *testing.T) {
	w := newWorld(t)
	outcome, err := w.Execute(t.Context(), planOf(t, repeated(1)))
	if err != nil || outcome != (Outcome{Experiment: 5, Complete: 1}) {
		t.Errorf("%+v, %v", outcome, err)
	}
	expect(t, "calls", w.asked("machine", "archive e", "archive w", "begin", "launch", "describe", "prepare", "deploy", "load", "close"),
		"machine, archive environment, archive workload create-set-delete, begin experiment of benchctl run, "+
			"launch a, describe a, prepare a, begin run, deploy cluster 1, load a, archive event, archive event, archive event, "+
			"close cluster 1, close plugin a, archive end")
}

func TestRunsAreExecutedInThePlansOrderEachOnADeploymentOfItsOwn(t *testing.T) {
	w := newWorld(t)
	plan := planOf(t, func(s *Spec) { s.Stores, s.Repeat = []string{"a", "b"}, 3 })
	outcome, err := w.Execute(t.Context(), plan)
	if err != nil || outcome.Complete != 6 {
		t.Errorf("%+v, %v", outcome, err)
	}
	var want []string
	for i, run := range plan.Runs {
		want = append(want, fmt.Sprintf("launch %s, deploy cluster %d, load %s, close cluster %d, close plugin %s", run.Store, i+1, run.Store, i+1, run.Store))
	}
	expect(t, "calls", w.asked("launch", "deploy", "load", "close"), strings.Join(want, ", "))
	for i, run := range w.runs {
		planned := plan.Runs[i]
		if run.Position != i || run.Store != planned.Store || run.Seed != planned.Seed || run.Repeat != planned.Repeat {
			t.Errorf("position %d: %+v", i, run.Run)
		}
	}
}

func TestWhatIsKnownOfARunIsArchived(t *testing.T) {
	w := newWorld(t)
	w.description.Version, w.description.StoreVersion = "0.9", "1.1"
	plan := planOf(t, func(s *Spec) { s.Setups[0].Name, s.Labels = "durable", map[string]string{"purpose": "review"} })
	if _, err := w.Execute(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	definition := plan.Runs[0].Definition()
	run := w.runs[0]
	if run.Zero.IsZero() || run.chunks != len(run.phases) || run.client.CPUSeconds != 1 {
		t.Errorf("zero %v, %d chunks of %d phases, client %+v", run.Zero, run.chunks, len(run.phases), run.client)
	}
	run.Zero = time.Time{}
	want := record.Run{
		ID: 1, Experiment: 5, Store: "a", StoreVersion: "1.2", PluginVersion: "0.9", PluginSHA256: w.sha256, Nodes: 3, Threads: 1,
		Setup:      []byte(`{"nodes":3,"reads":"linearizable","timeout_ns":1000000000}`),
		Guarantees: run.Guarantees, Workload: "create-set-delete", WorkloadVersion: 1, WorkloadSHA256: definition.SHA256(),
		Params: plan.Runs[0].Params, Seed: plan.Seed, Environment: 7, Fsync: time.Millisecond, Labels: map[string]string{"purpose": "review", "setup": "durable"},
	}
	if diff := cmp.Diff(want, run.Run); diff != "" {
		t.Error(diff)
	}
	expect(t, "shown", w.asked("show"), "show experiment 5, 1 run, show run 0, show launching the plugin, show starting 3 nodes, show opening sessions, "+
		"show warm-up, show create, show set, show delete, show run 0, archived as 1: complete (<nil>)")
}

func TestAStoreThatRunsAlreadyIsNotDeployed(t *testing.T) {
	w := newWorld(t)
	var request protocol.RunRequest
	w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		request = r
		return steady(ctx, r, sink)
	}
	plan := planOf(t, func(s *Spec) {
		s.Setups[0].Nodes, s.Setups[0].Endpoints = []int{1}, map[string][]string{"a": {"far:1"}}
		s.ReuseClusters, s.Repeat = true, 2
	})
	if outcome, err := w.Execute(t.Context(), plan); err != nil || outcome.Complete != 2 {
		t.Errorf("%+v, %v", outcome, err)
	}
	expect(t, "calls", w.asked("launch", "deploy", "load", "close"), "launch a, load a, load a, close plugin a")
	if !slices.Equal(request.Setup.Endpoints, []string{"far:1"}) || !strings.HasPrefix(request.KeyPrefix, "/benchctl/2-") {
		t.Errorf("%+v", request)
	}
}

func TestAFailedRunIsArchivedAndTheNextOneGoesOn(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("the store said no")
	loads := 0
	w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		if loads++; loads == 2 || loads == 3 {
			return fmt.Errorf("load %d: %w", loads, broken)
		}
		return steady(ctx, r, sink)
	}
	outcome, err := w.Execute(t.Context(), planOf(t, repeated(4)))
	if err != nil || outcome.Complete != 2 || outcome.Failed != 2 {
		t.Errorf("%+v, %v", outcome, err)
	}
	if !errors.Is(outcome.Failure, broken) || outcome.Failure.Error() != "load 2: the store said no" {
		t.Errorf("the first failure: %v", outcome.Failure)
	}
	expect(t, "states", w.ended(), "complete, failed, failed, complete")
	expect(t, "failure", w.runs[1].failure, "load 2: the store said no")
	var logs []string
	for _, e := range w.runs[1].events {
		if e.Kind == string(LogKept) {
			logs = append(logs, e.Detail)
		}
	}
	slices.Sort(logs)
	expect(t, "logs", strings.Join(logs, ", "), "log of node-1 in cluster 2, log of node-3 in cluster 2")
	expect(t, "shown", w.asked("show run 1,"), "show run 1, archived as 2: failed (load 2: the store said no)")
}

func TestWhatFailsOneRunOrAll(t *testing.T) {
	cases := map[string]struct {
		call  string
		ends  bool   // the experiment
		ended string // the runs
	}{
		"machine":                    {"machine", true, ""},
		"environment":                {"archive environment", true, ""},
		"workload":                   {"archive workload create-set-delete", true, ""},
		"experiment":                 {"begin experiment of benchctl run", true, ""},
		"plugin cannot be launched":  {"launch a", true, ""},
		"plugin says nothing":        {"describe a", true, ""},
		"plugin refuses":             {"prepare a", true, ""},
		"archive takes no run":       {"begin run", true, ""},
		"nodes do not start":         {"deploy cluster 1", false, "failed, complete"},
		"plugin crashes":             {"load a", false, "failed, failed"},
		"folder cannot be removed":   {"close cluster 1", false, "failed, complete"},
		"plugin does not end":        {"close plugin a", false, "failed, failed"},
		"archive takes no start":     {"archive start", true, "failed"},
		"archive takes no phase":     {"archive phase", true, "failed"},
		"archive takes no chunk":     {"archive chunk", true, "failed"},
		"archive takes no phase end": {"archive phase's end", true, "failed"},
		"archive takes no event":     {"archive event", true, "failed"},
		"archive takes no client":    {"archive client", true, "failed"},
		"archive takes no end":       {"archive end", true, "failed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			fault := w.fails(c.call)
			outcome, err := w.Execute(t.Context(), planOf(t, repeated(2)))
			if errors.Is(err, fault) != c.ends || c.ends != (err != nil) {
				t.Errorf("error %v", err)
			}
			if !c.ends && !errors.Is(outcome.Failure, fault) {
				t.Errorf("failure %v", outcome.Failure)
			}
			expect(t, "states", w.ended(), c.ended)
			for _, run := range w.runs {
				if run.state == record.Failed && !strings.Contains(run.failure, fault.Error()) {
					t.Errorf("run %d failed by %q", run.ID(), run.failure)
				}
			}
		})
	}
}

func TestAPluginThatLacksAnOperationEndsTheExperiment(t *testing.T) {
	w := newWorld(t)
	w.description.Ops = nil
	_, err := w.Execute(t.Context(), planOf(t, repeated(2)))
	var refused *Refused
	if !errors.As(err, &refused) {
		t.Errorf("error %v", err)
	}
	expect(t, "calls", w.asked("launch", "prepare", "begin run", "close"), "launch a, close plugin a")
}

func TestAnInterruptKeepsWhatWasMeasured(t *testing.T) {
	cases := map[string]struct {
		at    string // the call during which ctx ends
		ended string
		shown string // of the first run's end
	}{
		"reading the machine":   {"machine", "", ""},
		"archiving the plan":    {"begin experiment of benchctl run", "", ""},
		"launching":             {"launch a", "", ""},
		"preparing":             {"prepare a", "", ""},
		"beginning the run":     {"begin run", "", ""},
		"deploying":             {"deploy cluster 1", "interrupted", "show run 0, archived as 1: interrupted (<nil>)"},
		"opening sessions":      {"load a", "interrupted", "show run 0, archived as 1: interrupted (<nil>)"},
		"loading":               {"archive chunk", "interrupted", "show run 0, archived as 1: interrupted (<nil>)"},
		"closing":               {"close cluster 1", "interrupted", "show run 0, archived as 1: interrupted (<nil>)"},
		"archiving the end":     {"archive end", "complete", "show run 0, archived as 1: complete (<nil>)"},
		"between two runs":      {"show run 0, archived as 1: complete (<nil>)", "complete", "show run 0, archived as 1: complete (<nil>)"},
		"asking what is left":   {"ask cluster 1", "interrupted", "show run 0, archived as 1: interrupted (<nil>)"},
		"asking a kept cluster": {"show run 1", "complete", "show run 0, archived as 1: complete (<nil>)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ctx, interrupt := context.WithCancel(t.Context())
			w.on[c.at] = func() error { interrupt(); return nil }
			w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
				return errors.Join(steady(ctx, r, sink), ctx.Err())
			}
			change := repeated(3)
			if name == "asking a kept cluster" {
				change = reusing(3)
			}
			outcome, err := w.Execute(ctx, planOf(t, change))
			if !errors.Is(err, context.Canceled) || outcome.Failed != 0 || outcome.Complete != strings.Count(c.ended, "complete") {
				t.Errorf("%+v, %v", outcome, err)
			}
			expect(t, "states", w.ended(), c.ended)
			expect(t, "shown", w.asked("show run 0, "), c.shown)
		})
	}
}

func TestOnlyWhatIsMissingIsResumed(t *testing.T) {
	w := newWorld(t)
	plan := planOf(t, func(s *Spec) { s.Stores, s.Repeat = []string{"a", "b"}, 3 })
	earlier := Earlier{Experiment: 9, Complete: []Completed{{Position: 4}, {Position: 0}, {Position: 1}}}
	for i, c := range earlier.Complete {
		earlier.Complete[i] = Completed{c.Position, plan.Runs[c.Position].Store, w.sha256, w.machine}
	}
	outcome, err := w.Resume(t.Context(), plan, earlier)
	if err != nil || outcome != (Outcome{Experiment: 9, Complete: 6}) {
		t.Errorf("%+v, %v", outcome, err)
	}
	expect(t, "calls", w.asked("machine", "archive environment", "archive workload", "begin experiment"), "machine, archive environment")
	var positions []int
	for _, run := range w.runs {
		positions = append(positions, run.Position)
		if run.Experiment != 9 || len(run.warnings) > 0 {
			t.Errorf("position %d: experiment %d, warnings %q", run.Position, run.Experiment, run.warnings)
		}
	}
	if !slices.Equal(positions, []int{2, 3, 5}) {
		t.Errorf("executed: %v", positions)
	}
}

func TestResumingWithAnotherBinaryOrMachine(t *testing.T) {
	cases := map[string]struct {
		change  func(*Earlier)
		refused bool
		warning string
	}{
		"the same":        {func(*Earlier) {}, false, ""},
		"another binary":  {func(e *Earlier) { e.Complete[0].SHA256 = "f00" }, true, ""},
		"one of others":   {func(e *Earlier) { e.Complete[0].Store, e.Complete[0].SHA256 = "b", "f00" }, false, ""},
		"one is allowed":  {func(e *Earlier) { e.Complete[0].SHA256, e.AllowChangedPlugin = "f00", true }, false, "resumed with another binary of plugin a"},
		"another machine": {func(e *Earlier) { e.Complete[0].Environment.Cores = 64 }, false, "resumed on another machine"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			earlier := Earlier{Experiment: 9, Complete: []Completed{{0, "a", w.sha256, w.machine}}}
			c.change(&earlier)
			_, err := w.Resume(t.Context(), planOf(t, repeated(2)), earlier)
			var refused *Refused
			if errors.As(err, &refused) != c.refused || c.refused != (err != nil) {
				t.Errorf("error %v", err)
			}
			if c.refused {
				expect(t, "calls", w.asked("launch", "describe", "begin run"), "launch a")
				return
			}
			warnings := strings.Join(w.runs[0].warnings, "; ")
			if !strings.Contains(warnings, c.warning) || (warnings == "") != (c.warning == "") {
				t.Errorf("warnings %q", warnings)
			}
		})
	}
}

func TestAViolationFailsTheRun(t *testing.T) {
	cases := map[string]struct {
		results []record.Result
		state   record.State
		want    string
	}{
		"held":      {[]record.Result{record.Held}, record.Complete, ""},
		"undecided": {[]record.Result{record.Undecided}, record.Complete, ""},
		"one":       {[]record.Result{record.Held, record.Violated}, record.Failed, "a 3 nodes, phase create: read-back violated: 1 key"},
		"several":   {[]record.Result{record.Violated, record.Violated, record.Violated}, record.Failed, "read-back violated: 0 key; and 2 other violations: `benchctl show 1` has all of them"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
				for i, result := range c.results {
					if err := sink.Verdict(1, record.Verdict{Property: "read-back", Result: result, Detail: fmt.Sprint(i, " key")}); err != nil {
						return err
					}
				}
				return steady(ctx, r, sink)
			}
			if _, err := w.Execute(t.Context(), planOf(t, repeated(1))); err != nil {
				t.Fatal(err)
			}
			run := w.runs[0]
			if run.state != c.state || len(run.verdicts) != len(c.results) || run.verdicts[0].Phase != "create" {
				t.Errorf("%s, verdicts %+v", run.state, run.verdicts)
			}
			if c.want != "" && !strings.HasSuffix(run.failure, strings.TrimPrefix(c.want, "a 3 nodes, ")) {
				t.Errorf("failure %q", run.failure)
			}
			if name == "undecided" && len(run.warnings) != 1 {
				t.Errorf("warnings %q", run.warnings)
			}
		})
	}
}
