package archive

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
)

// three archives three runs: one that is complete, one that failed and one
// without a sample, and closes them.
func three(t *testing.T) (*Archive, []int64) {
	t.Helper()
	a := open(t)
	var ids []int64
	for i, state := range []record.State{record.Complete, record.Failed, record.Interrupted} {
		w, err := begin(t.Context(), a, 2, testPhases)
		if err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if _, err := load(w, 2, len(testPhases), 1, 50); err != nil {
				t.Fatal(err)
			}
		}
		results := [][]record.Result{{record.Held, record.Undecided, record.Held}, {record.Violated, record.Undecided, record.Held}, nil}[i]
		for j, result := range results {
			if err := w.Verdict(record.Verdict{Phase: "create", Property: string(rune('a' + j)), Result: result, Checked: 1, Detail: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Finish(t.Context(), state, ""); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, w.ID())
	}
	return a, ids
}

func TestValuesOfKeysAreThoseOfRunsOrOfTheirOperations(t *testing.T) {
	a, ids := three(t)
	keys := []string{"store", "nodes", "reads", "durability", "state", "param.size", "param.none", "option.sync", "label.branch", "workload-version", "promised", "plugin", "machine", "filesystem", "lost"}
	var got []string
	err := a.Values(t.Context(), keys, func(run int64, values []string) {
		if run != ids[len(got)] {
			t.Errorf("run %d is row %d", run, len(got))
		}
		got = append(got, strings.Join(values, " "))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"memory 3  fsync complete 100   main 1 linearizable def 1  0", "memory 3  fsync failed 100   main 1 linearizable def 1  0", "memory 3  fsync interrupted 100   main 1 linearizable def 1  0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var ops []string
	if err := a.Values(t.Context(), []string{"phase", "op"}, func(run int64, values []string) {
		if run != ids[1] {
			ops = append(ops, strings.Join(values, " "))
		}
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ops)
	if diff := cmp.Diff([]string{" ", "create create", "create get", "mixed create", "mixed get", "warm create", "warm get"}, ops); diff != "" {
		t.Error(diff)
	}
	if err := a.Values(t.Context(), []string{"colour"}, func(int64, []string) {}); err == nil {
		t.Error("a key that nobody has")
	}
}

func TestLinesSumUpMeasuredPhasesAndTheWorstVerdict(t *testing.T) {
	a, ids := three(t)
	for _, some := range [][]int64{nil, {ids[0]}, {ids[1], ids[2]}} {
		lines, err := a.Lines(t.Context(), some...)
		if err != nil {
			t.Fatal(err)
		}
		accounts, err := a.Accounts(t.Context(), some...)
		if err != nil || len(accounts) != len(lines) {
			t.Fatalf("%d accounts of %d lines, %v", len(accounts), len(lines), err)
		}
		verified, err := a.Verified(t.Context(), some...)
		if err != nil {
			t.Fatal(err)
		}
		for i, account := range accounts {
			want := record.Line{
				ID: account.ID, Experiment: account.Experiment, State: account.State, StartedAt: account.StartedAt, Store: "memory", Nodes: 3, Threads: 2,
				Workload: "create-set-delete", WorkloadVersion: 1, Warnings: len(account.Warnings),
				Verified: map[int64]record.Result{ids[0]: record.Undecided, ids[1]: record.Violated}[account.ID],
				Params:   account.Params, Options: map[string]string{}, Env: map[string]string{}, Labels: account.Labels,
			}
			for _, s := range account.Summaries {
				if !s.Warmup {
					want.Ops, want.Errors = want.Ops+s.Ops, want.Errors+s.Errors
				}
			}
			if diff := cmp.Diff(want, lines[i]); diff != "" {
				t.Error(diff)
			}
			if verified[account.ID] != want.Verified {
				t.Errorf("run %d: verified %q", account.ID, verified[account.ID])
			}
		}
	}
}

func TestFiguresAreThoseOfMeasuredPhases(t *testing.T) {
	a, ids := three(t)
	for _, latency := range []bool{false, true} {
		for _, some := range [][]int64{nil, {ids[1]}, {ids[0], ids[1], ids[2]}} {
			all, err := a.Summaries(t.Context(), some...)
			if err != nil {
				t.Fatal(err)
			}
			var want []record.Summary
			for _, s := range all {
				if s.Warmup {
					continue
				}
				kept := record.Summary{RunID: s.RunID, Phase: s.Phase, Op: s.Op, Ops: s.Ops, Errors: s.Errors, Seconds: s.Seconds, Throughput: s.Throughput}
				if latency {
					kept.P50NS, kept.P90NS, kept.P99NS, kept.P999NS, kept.MaxNS = s.P50NS, s.P90NS, s.P99NS, s.P999NS, s.MaxNS
				}
				want = append(want, kept)
			}
			got, err := a.Figures(t.Context(), latency, some...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
				t.Errorf("runs %v, latency %v: %s", some, latency, diff)
			}
		}
	}
}

func TestAnAccountHasWhatWasArchived(t *testing.T) {
	a, ids := three(t)
	account, err := a.Account(t.Context(), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	if account.Command != "benchctl run" || account.Environment == nil || account.Environment.CPU != "test cpu" || len(account.Phases) != len(testPhases) || account.Warnings == nil {
		t.Errorf("%+v", account)
	}
	if _, err := a.Account(t.Context(), 99); err == nil || !strings.Contains(err.Error(), "no run 99") {
		t.Error(err)
	}
	runs, err := a.Compared(t.Context(), ids[0])
	if err != nil || len(runs) != 1 || runs[0].Store != "memory" || runs[0].Params["size"] != "100" || runs[0].State != record.Complete {
		t.Errorf("%+v, %v", runs, err)
	}
}

func TestGivenKeysAreThoseOfSomeRun(t *testing.T) {
	a, _ := three(t)
	keys, err := a.GivenKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"label.branch", "param.size"}, keys); diff != "" {
		t.Error(diff)
	}
}
