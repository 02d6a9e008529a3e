package comparison_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

// source is an archive that a test makes up.
type source struct {
	comparison.Source
	measured  comparison.Measured
	workloads []record.Workload
	latency   bool // was asked for
}

func (s *source) Values(_ context.Context, keys []string, take func(int64, []string)) error {
	for _, run := range s.measured.Runs {
		for _, summary := range s.measured.Summaries {
			if summary.RunID != run.ID {
				continue
			}
			var values []string
			for _, key := range keys {
				values = append(values, map[string]string{"store": run.Store, "op": summary.Op, "nodes": strconv.Itoa(run.Nodes), "lost": strconv.Itoa(run.LostNodes)}[key])
			}
			take(run.ID, values)
		}
	}
	return nil
}

func (s *source) Compared(_ context.Context, ids ...int64) ([]record.Run, error) {
	return slices.DeleteFunc(slices.Clone(s.measured.Runs), func(r record.Run) bool { return len(ids) > 0 && !slices.Contains(ids, r.ID) }), nil
}

func (s *source) RunsOf(context.Context, int64) ([]record.Run, error) {
	return slices.Clone(s.measured.Runs), nil
}

func (s *source) Verified(context.Context, ...int64) (map[int64]record.Result, error) {
	return s.measured.Verified, nil
}

func (s *source) Figures(_ context.Context, latency bool, ids ...int64) ([]record.Summary, error) {
	s.latency = latency
	return slices.DeleteFunc(slices.Clone(s.measured.Summaries), func(f record.Summary) bool { return len(ids) > 0 && !slices.Contains(ids, f.RunID) }), nil
}

func (s *source) Environments(context.Context, ...int64) ([]record.Environment, error) {
	return slices.Collect(maps.Values(s.measured.Environments)), nil
}

func (s *source) Offered(context.Context, ...int64) (map[int64]map[string]record.Offered, error) {
	return s.measured.Offered, nil
}

func (s *source) Failures(context.Context, ...int64) ([]record.Failure, error) {
	return s.measured.Failures, nil
}

func (s *source) Workloads(context.Context) ([]record.Workload, error) { return s.workloads, nil }

func names(parts []comparison.Part) (names []string) {
	for _, p := range parts {
		names = append(names, p.Name)
	}
	return names
}

func selectFrom(t *testing.T, s *source, text string, needs comparison.Needs) (*comparison.Comparison, error) {
	t.Helper()
	e, err := selection.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return comparison.Select(t.Context(), s, e, needs)
}

func TestASelectionTakesRunsAndOperations(t *testing.T) {
	set, get, other := of("a", 1, 1, "set", 1), of("a", 1, 1, "get", 2), of("b", 3, 1, "set", 3)
	get.Run = set.Run
	s := &source{measured: comparisontest.Measured(t, []made{set, get, other})}
	cases := map[string]struct {
		runs int
		ops  []string
	}{
		"":                {2, []string{"set", "get"}},
		"store:a":         {1, []string{"set", "get"}},
		"op:set":          {2, []string{"set"}},
		"store:a op:get":  {1, []string{"get"}},
		"nodes:(1 OR 3)":  {2, []string{"set", "get"}},
		"-store:a op:set": {1, []string{"set"}},
	}
	for text, want := range cases {
		c, err := selectFrom(t, s, text, comparison.Needs{Latency: true})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if c.Selected != want.runs || c.Selection != text || !slices.Equal(names(c.Workloads[0].Parts), want.ops) || !s.latency {
			t.Errorf("%q: %d runs with %v, want %+v", text, c.Selected, names(c.Workloads[0].Parts), want)
		}
	}
	lost := of("a", 3, 1, "set", 5)
	lost.LostNodes = 1
	s.measured = comparisontest.Measured(t, []made{set, lost})
	for text, compared := range map[string]int{"": 1, "store:a": 1, "store:a lost:1": 1, "lost:0 OR lost:1": 2, "-lost:1": 1} {
		if c, err := selectFrom(t, s, text, comparison.Needs{}); err != nil || c.Compared != compared {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
	s.measured = comparisontest.Measured(t, []made{set, get, other})
	var none *comparison.NoRuns
	if _, err := selectFrom(t, s, "store:c", comparison.Needs{}); !errors.As(err, &none) || none.Of != 2 || none.Selection != "store:c" {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"", "store:a"} {
		if _, err := selectFrom(t, &source{}, text, comparison.Needs{}); !errors.As(err, &none) || none.Of != 0 {
			t.Errorf("%q of an empty archive: %v", text, err)
		}
	}
}

// Where latency is asked for, so is whether it counts from an intended start,
// whatever the workload's answers are.
func TestLatencyComesWithWhatWasOffered(t *testing.T) {
	r := of("a", 1, 1, "set", 1)
	r.Phase, r.Offered = "load", record.Offered{Rate: 50}
	s := &source{measured: comparisontest.Measured(t, []made{r})}
	for _, latency := range []bool{false, true} {
		c, err := selectFrom(t, s, "", comparison.Needs{Latency: latency})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Workloads[0].Series[0].Phase("load").Offered.N; got != map[bool]int{true: 1}[latency] {
			t.Errorf("latency %v: offered in %d runs", latency, got)
		}
	}
}

func TestOfRunsThatWereExecutedAgainTheLastCounts(t *testing.T) {
	failed, again, complete, redone := of("a", 1, 1, "set", 1), of("a", 1, 1, "set", 2), of("a", 1, 1, "set", 3), of("a", 1, 1, "set", 4)
	failed.State, redone.State = record.Failed, record.Interrupted
	s := &source{measured: comparisontest.Measured(t, []made{failed, again, complete, redone})}
	for i, position := range []int{0, 0, 1, 1} {
		s.measured.Runs[i].Position = position
	}
	c, err := comparison.Experiment(t.Context(), s, 1, comparison.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Selected != 2 || c.Compared != 2 || c.Workloads[0].Series[0].Operations[0].Throughput.Value != 2.5 {
		t.Errorf("%+v", c)
	}
}

func TestUnitsOfParametersFollowFromTheirUse(t *testing.T) {
	r := of("a", 1, 1, "set", 1)
	s := &source{measured: comparisontest.Measured(t, []made{r})}
	s.workloads = []record.Workload{{Name: "w", Version: 1, SHA256: "w", Source: `
name: w
version: 1
summary: for this test
source: this test
params:
  bytes: {default: 10, help: of each value}
  pause: {default: 1ms, help: after each operation}
keys: {space: thread, choose: sequential}
values: {size: $bytes}
phases:
  - {name: create, for: 1s, think: $pause, mix: {create: 1}}
`}}
	c, err := selectFrom(t, s, "", comparison.Needs{Params: true})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]comparison.Param{
		"bytes": {Help: "of each value", Unit: workload.UnitBytes}, "pause": {Help: "after each operation", Unit: workload.UnitDuration},
	}
	if diff := cmp.Diff(want, c.Workloads[0].Params); diff != "" {
		t.Error(diff)
	}
}
