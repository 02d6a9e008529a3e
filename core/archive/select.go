package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/record"
)

// keyColumns are where the keys of a selection stand. Those of parameters,
// options, variables and labels stand in documents.
var keyColumns = map[string]string{
	"store":            "r.store",
	"nodes":            "r.nodes",
	"threads":          "r.threads",
	"workload":         "r.workload",
	"workload-version": "r.workload_version",
	"reads":            "r.setup ->> '$.reads'",
	"durability":       "r.guarantees ->> '$.durability'",
	"promised":         "coalesce(nullif(r.guarantees ->> '$.reads', ''), r.setup ->> '$.reads')",
	"plugin":           "substr(r.plugin_sha256, 1, 12)",
	"machine": `(select min(same.id) from environments e join environments same
		using (cpu, cores, memory_bytes, kernel, os, virtualization, clock_source, cpu_limit, memory_limit_bytes) where e.id = r.environment)`,
	"filesystem":     "case when r.fsync_ns > 0 then (select e.filesystem from environments e where e.id = r.environment) end",
	"store-version":  "r.store_version",
	"plugin-version": "r.plugin_version",
	"phase":          "s.phase",
	"op":             "s.op",
	"state":          "r.state",
	"run":            "r.id",
	"experiment":     "r.experiment",
	"lost":           "r.lost_nodes",
	"started":        "r.started_at",
}

// keyDocuments are where keys with these prefixes stand.
var keyDocuments = map[string]struct{ column, path string }{
	"param":  {"r.params", "$."},
	"option": {"r.setup", "$.options."},
	"env":    {"r.setup", "$.env."},
	"label":  {"r.labels", "$."},
}

// keyColumn returns the expression of a key, and the path in a document if it
// has one.
func keyColumn(key string) (expression string, path []any, err error) {
	if column, ok := keyColumns[key]; ok {
		return column, nil, nil
	}
	prefix, name, _ := strings.Cut(key, ".")
	document, ok := keyDocuments[prefix]
	if !ok {
		return "", nil, fmt.Errorf("the archive has no key %q", key)
	}
	return document.column + " ->> ?", []any{document.path + `"` + name + `"`}, nil
}

// Values hands the values of keys to take, "" for those that are not there, in
// the order of the runs' ids: of every run, or where a key is of operations, of
// every operation of every run and of runs without any. values changes with the
// next call.
func (a *Archive) Values(ctx context.Context, keys []string, take func(run int64, values []string)) error {
	const doing = "read what runs are selected by"
	columns, from := []string{"r.id", "case r.state when 'running' then r.owner else '' end", "0"}, "runs r"
	state := -1
	var paths []any
	for i, key := range keys {
		column, path, err := keyColumn(key)
		if err != nil {
			return err
		}
		columns = append(columns, "coalesce("+column+", '')")
		paths = append(paths, path...)
		if strings.HasPrefix(column, "s.") {
			from = "runs r left join summaries s on s.run_id = r.id"
			columns[2] = "coalesce(s.ops + s.errors, 0)"
		}
		if key == "state" {
			state = i
		}
	}
	_, check, err := a.runsBefore(ctx, doing, nil)
	if err != nil {
		return err
	}
	var said map[int64]counted // if operations are read
	if from != "runs r" {
		if said, err = a.counts(ctx, doing, nil); err != nil {
			return err
		}
	}
	rows, err := a.reader.QueryContext(ctx, "select "+strings.Join(columns, ", ")+" from "+from+" order by r.id", paths...)
	if err != nil {
		return explain(a.path, doing, err)
	}
	defer rows.Close()
	var run, last, operations int64
	runs, found := 0, map[int64]int64{}
	var owner string
	values := make([]string, len(keys))
	fields := []any{&run, &owner, &operations}
	for i := range values {
		fields = append(fields, &values[i])
	}
	for rows.Next() {
		if err := readRow(rows, fields...); err != nil {
			return explain(a.path, doing, err)
		}
		if state >= 0 && owner != "" {
			if err := settled(ctx, run, owner, (*record.State)(&values[state])); err != nil {
				return explain(a.path, doing, err)
			}
		}
		if run != last {
			runs, last = runs+1, run
		}
		if said != nil {
			found[run] += operations
		}
		take(run, values)
	}
	if err := rows.Err(); err != nil {
		return explain(a.path, doing, err)
	}
	if err := a.agree(ctx, doing, said, found, all); err != nil {
		return err
	}
	return check(runs)
}

// settled corrects the state of a run that is shown as running although its
// process is gone.
func settled(ctx context.Context, run int64, owner string, state *record.State) error {
	dead, err := gone(ctx, []byte(owner))
	if err != nil {
		return fmt.Errorf("run %d: %w", run, err)
	}
	if dead {
		*state = record.Interrupted
	}
	return nil
}

// comparedTable is runs with what comparisons look at.
var comparedTable = runTable.only("id", "uid", "experiment", "position", "state", "started_at", "store", "store_version", "plugin_version",
	"plugin_sha256", "nodes", "threads", "watchers", "setup", "guarantees", "workload", "workload_version", "workload_sha256", "params", "repeat", "environment", "fsync_ns", "lost_nodes", "labels", "warnings")

// Compared returns the given runs, or all, with what comparisons look at, in the
// order of their ids. Runs that have the same documents share them: they must
// not be changed.
func (a *Archive) Compared(ctx context.Context, ids ...int64) ([]record.Run, error) {
	const doing = "read runs"
	before, check, err := a.runsBefore(ctx, doing, ids)
	if err != nil {
		return nil, err
	}
	found := roomFor[record.Run](before)
	err = comparedTable.each(ctx, a.reader, among("id", ids)+" order by id", values(ids), func(r *archivedRun) error {
		found.add(r.Run)
		return nil
	})
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	runs := found.all()
	return runs, check(len(runs))
}

// amongAnd is among with room for a condition behind it.
func amongAnd(column string, ids []int64) string {
	if len(ids) == 0 {
		return " where"
	}
	return among(column, ids) + " and"
}

// Figures returns the summaries of the measured phases of the given runs, or of
// all, in the order in which they were archived: counts and throughput, and if
// latency is asked for, its percentiles.
func (a *Archive) Figures(ctx context.Context, latency bool, ids ...int64) ([]record.Summary, error) {
	const doing = "read summaries"
	counts, stop := a.countsMeanwhile(ctx, doing, ids)
	defer stop()
	columns := "run_id, phase, op, ops, errors, seconds, throughput"
	if latency {
		columns += ", coalesce(p50_ns, 0), coalesce(p90_ns, 0), coalesce(p99_ns, 0), coalesce(p999_ns, 0), coalesce(max_ns, 0)"
	}
	rows, err := a.reader.QueryContext(ctx, "select "+columns+" from summaries"+amongAnd("run_id", ids)+" warmup = 0 order by rowid", values(ids)...)
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	defer rows.Close()
	found, err := a.roomForSummaries(ctx, ids)
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	var s record.Summary
	var phase, op sql.RawBytes
	fields := []any{&s.RunID, &phase, &op, &s.Ops, &s.Errors, &s.Seconds, &s.Throughput}
	if latency {
		fields = append(fields, &s.P50NS, &s.P90NS, &s.P99NS, &s.P999NS, &s.MaxNS)
	}
	words := map[string]string{} // few, and many summaries have the same
	for rows.Next() {
		if err := readRow(rows, fields...); err != nil {
			return nil, explain(a.path, doing, err)
		}
		s.Phase, s.Op = interned(words, phase), interned(words, op)
		if err := plausible(&s); err != nil {
			return nil, explain(a.path, doing, err)
		}
		found.add(s)
	}
	if err := rows.Err(); err != nil {
		return nil, explain(a.path, doing, err)
	}
	figures := found.all()
	said, err := counts()
	if err != nil {
		return nil, err
	}
	return figures, a.agree(ctx, doing, said, operations(figures), measured)
}

// roomForSummaries has room for all summaries that were ever archived: they are
// too many to be copied. Those of some runs are fewer.
func (a *Archive) roomForSummaries(ctx context.Context, ids []int64) (list[record.Summary], error) {
	if len(ids) > 0 {
		return list[record.Summary]{}, nil
	}
	var last int
	err := a.reader.QueryRowContext(ctx, "select coalesce(max(rowid), 0) from summaries").Scan(&last)
	return roomFor[record.Summary](last), err
}

func interned(words map[string]string, text []byte) string {
	word, known := words[string(text)]
	if !known {
		word = string(text)
		words[word] = word
	}
	return word
}

// Accounts returns the accounts of the given runs, or of all, with their
// summaries and verdicts.
func (a *Archive) Accounts(ctx context.Context, ids ...int64) ([]record.Account, error) {
	runs, err := a.Runs(ctx, ids...)
	if err != nil {
		return nil, err
	}
	summaries, err := a.Summaries(ctx, ids...)
	if err != nil {
		return nil, err
	}
	verdicts, err := a.Verdicts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	accounts := make([]record.Account, len(runs))
	at := make(map[int64]*record.Account, len(runs))
	for i, run := range runs {
		run.Warnings = append([]string{}, run.Warnings...) // an empty list where there are none
		accounts[i] = record.Account{Run: run, Summaries: []record.Summary{}}
		at[run.ID] = &accounts[i]
	}
	for _, s := range summaries {
		if of := at[s.RunID]; of != nil { // else the run has begun since
			of.Summaries = append(of.Summaries, s)
		}
	}
	for _, v := range verdicts {
		if of := at[v.RunID]; of != nil {
			of.Verdicts = append(of.Verdicts, v)
		}
	}
	return accounts, nil
}

// Account returns the whole account of one run, or ErrNoRun.
func (a *Archive) Account(ctx context.Context, id int64) (record.Account, error) {
	accounts, err := a.Accounts(ctx, id)
	if err != nil {
		return record.Account{}, err
	}
	if len(accounts) == 0 {
		_, err := a.Run(ctx, id)
		return record.Account{}, err
	}
	account := accounts[0]
	experiment, err := a.Experiment(ctx, account.Experiment)
	if errors.Is(err, ErrNoExperiment) {
		err = a.disagree("read the experiment", "it has no experiment %d", account.Experiment)
	}
	if err != nil {
		return account, err
	}
	account.ExperimentUID, account.Command = experiment.UID, experiment.Command
	environment, err := a.EnvironmentOf(ctx, account.Run.Environment)
	if err != nil {
		return account, err
	}
	account.Environment = &environment
	phases, err := a.Phases(ctx, id)
	if err != nil {
		return account, err
	}
	account.Phases = slices.DeleteFunc(phases, func(p record.Phase) bool { return !p.Begun })
	if account.Failures, err = a.Failures(ctx, id); err != nil {
		return account, err
	}
	if account.Events, err = a.Events(ctx, id); err != nil {
		return account, err
	}
	account.Processes, err = a.Processes(ctx, id)
	return account, err
}
