package archive

import (
	"context"
	"encoding/json"
	"time"

	"github.com/benchctl/benchctl/core/record"
)

// worst orders the results of verdicts.
const worst = "max(case result when 'violated' then 3 when 'undecided' then 2 else 1 end)"

var results = []record.Result{"", record.Held, record.Undecided, record.Violated}

// Lines returns the given runs, or all, as a list shows them, in the order of
// their ids.
func (a *Archive) Lines(ctx context.Context, ids ...int64) ([]record.Line, error) {
	const doing = "list runs"
	before, check, err := a.runsBefore(ctx, doing, ids)
	if err != nil {
		return nil, err
	}
	counts, stop := a.countsMeanwhile(ctx, doing, ids)
	defer stop()
	query := `
		select id, experiment, state, case state when 'running' then owner else '' end, started_at, store, nodes, threads,
			workload, workload_version, coalesce(ops, 0), coalesce(errors, 0), coalesce(verdict, 0), json_array_length(warnings),
			params, coalesce(setup -> '$.options', '{}'), coalesce(setup -> '$.env', '{}'), labels
		from runs
		left join (select run_id, sum(ops) as ops, sum(errors) as errors from summaries` + amongAnd("run_id", ids) + ` warmup = 0 group by run_id) s on s.run_id = id
		left join (select run_id, ` + worst + ` as verdict from verdicts` + among("run_id", ids) + ` group by run_id) v on v.run_id = id` +
		among("id", ids) + " order by id"
	args := append(append(values(ids), values(ids)...), values(ids)...)
	rows, err := a.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	known := map[string]map[string]string{} // few documents, and many runs have the same
	found := roomFor[record.Line](before)
	err = found.collect(rows, func(l *record.Line) error {
		var owner, started, params, options, env, labels string
		var verdict int
		err := readRow(rows, &l.ID, &l.Experiment, &l.State, &owner, &started, &l.Store, &l.Nodes, &l.Threads,
			&l.Workload, &l.WorkloadVersion, &l.Ops, &l.Errors, &verdict, &l.Warnings,
			&params, &options, &env, &labels)
		for _, document := range []struct {
			into *map[string]string
			text string
		}{{&l.Params, params}, {&l.Options, options}, {&l.Env, env}, {&l.Labels, labels}} {
			if err == nil {
				*document.into, err = texts(known, document.text)
			}
		}
		if err == nil && owner != "" {
			err = settled(ctx, l.ID, owner, &l.State)
		}
		if err != nil {
			return err
		}
		l.Verified = results[verdict]
		if l.StartedAt, err = time.Parse(timeLayout, started); err != nil {
			return &unreadable{err}
		}
		return nil
	})
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	lines := found.all()
	if err := check(len(lines)); err != nil {
		return nil, err
	}
	operations := make(map[int64]int64, len(lines))
	for i := range lines {
		operations[lines[i].ID] = lines[i].Ops + lines[i].Errors
	}
	said, err := counts()
	if err != nil {
		return nil, err
	}
	if err := a.agree(ctx, doing, said, operations, measured); err != nil {
		return nil, err
	}
	return lines, a.soundIfSmall(ctx, doing, "verdicts")
}

// texts decodes an object of strings, once for all that are the same.
func texts(known map[string]map[string]string, document string) (map[string]string, error) {
	if object, ok := known[document]; ok {
		return object, nil
	}
	var object map[string]string
	if err := json.Unmarshal([]byte(document), &object); err != nil {
		return nil, &unreadable{err}
	}
	known[document] = object
	return object, nil
}

// Verified returns what came of checking the given runs, or all: the worst of
// their verdicts. Runs of which nothing was checked are not there.
func (a *Archive) Verified(ctx context.Context, ids ...int64) (map[int64]record.Result, error) {
	const doing = "read verdicts"
	rows, err := a.reader.QueryContext(ctx, "select run_id, "+worst+" from verdicts"+among("run_id", ids)+" group by run_id", values(ids)...)
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	defer rows.Close()
	found := map[int64]record.Result{}
	for rows.Next() {
		var run int64
		var result int
		if err := readRow(rows, &run, &result); err != nil {
			return nil, explain(a.path, doing, err)
		}
		found[run] = results[result]
	}
	if err := rows.Err(); err != nil {
		return nil, explain(a.path, doing, err)
	}
	return found, a.soundIfSmall(ctx, doing, "verdicts")
}
