package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

const runColumns = `id, experiment, state, started_at, coalesce(ended_at, ''), coalesce(zero_unix_ns, 0), store, store_version,
	plugin_version, plugin_sha256, nodes, setup, guarantees, workload, workload_version, workload_sha256, params,
	threads, watchers, repeat, seed, environment, labels, warnings, coalesce(error, ''), owner, coalesce(position, -1)`

// Runs returns the runs with the given ids, or all of them, in the order of
// their ids. A run whose process is gone is shown as interrupted even if
// nobody could archive that.
func (a *Archive) Runs(ctx context.Context, ids ...int64) ([]Run, error) {
	rows, err := a.reader.QueryContext(ctx, "select "+runColumns+" from runs"+among("id", ids)+" order by id", values(ids)...)
	if err != nil {
		return nil, explain(a.path, "read runs", err)
	}
	runs, err := collect(rows, func(r *Run) error { return scanRun(ctx, rows, r) })
	return runs, explain(a.path, "read runs", err)
}

// RunsOf returns the runs of an experiment, in the order in which they were
// executed.
func (a *Archive) RunsOf(ctx context.Context, experiment int64) ([]Run, error) {
	doing := fmt.Sprintf("read the runs of experiment %d", experiment)
	return read(ctx, a, doing, "select "+runColumns+" from runs where experiment = ? order by id", []int64{experiment},
		func(rows *sql.Rows, r *Run) error { return scanRun(ctx, rows, r) })
}

// Run returns one run, or ErrNoRun.
func (a *Archive) Run(ctx context.Context, id int64) (Run, error) {
	runs, err := a.Runs(ctx, id)
	if err != nil {
		return Run{}, err
	}
	if len(runs) == 0 {
		return Run{}, &fault{text: fmt.Sprintf("no run %d in archive %s; `benchctl runs` lists those it has", id, a.path), kinds: []error{ErrNoRun}}
	}
	return runs[0], nil
}

func scanRun(ctx context.Context, rows *sql.Rows, r *Run) error {
	var started, ended, setup, guarantees, params, labels, warnings, owner string
	var seed, zero int64
	err := rows.Scan(&r.ID, &r.Experiment, &r.State, &started, &ended, &zero, &r.Store, &r.StoreVersion,
		&r.PluginVersion, &r.PluginSHA256, &r.Nodes, &setup, &guarantees, &r.Workload, &r.WorkloadVersion, &r.WorkloadSHA256, &params,
		&r.Threads, &r.Watchers, &r.Repeat, &seed, &r.Environment, &labels, &warnings, &r.Error, &owner, &r.Position)
	if err != nil {
		return err
	}
	r.Seed, r.Setup, r.Guarantees = uint64(seed), json.RawMessage(setup), json.RawMessage(guarantees)
	if zero != 0 {
		r.Zero = time.Unix(0, zero).UTC()
	}
	if r.StartedAt, err = moment(started); err == nil {
		r.EndedAt, err = moment(ended)
	}
	err = errors.Join(err,
		json.Unmarshal([]byte(params), &r.Params),
		json.Unmarshal([]byte(labels), &r.Labels),
		json.Unmarshal([]byte(warnings), &r.Warnings))
	if err != nil {
		return fmt.Errorf("run %d: %w", r.ID, err)
	}
	if r.State == Running {
		dead, err := gone(ctx, []byte(owner))
		if err != nil {
			return fmt.Errorf("run %d: %w", r.ID, err)
		}
		if dead {
			r.State, r.Error = Interrupted, orphaned
		}
	}
	return nil
}

func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(timeLayout, text)
}

// Experiment returns one experiment, or ErrNoExperiment.
func (a *Archive) Experiment(ctx context.Context, id int64) (Experiment, error) {
	e := Experiment{ID: id}
	var created, plan string
	var seed int64
	err := a.reader.QueryRowContext(ctx, "select created_at, seed, plan, command from experiments where id = ?", id).
		Scan(&created, &seed, &plan, &e.Command)
	if errors.Is(err, sql.ErrNoRows) {
		return e, a.noExperiment(id)
	}
	if err == nil {
		e.CreatedAt, err = moment(created)
	}
	e.Seed, e.Plan = uint64(seed), json.RawMessage(plan)
	return e, explain(a.path, fmt.Sprintf("read experiment %d", id), err)
}

func (a *Archive) noExperiment(id int64) error {
	return &fault{
		text:  fmt.Sprintf("no experiment %d in archive %s; `benchctl runs` lists those it has", id, a.path),
		kinds: []error{ErrNoExperiment},
	}
}

// EnvironmentOf returns one environment by the id that runs name.
func (a *Archive) EnvironmentOf(ctx context.Context, id int64) (Environment, error) {
	var e Environment
	err := a.reader.QueryRowContext(ctx, `
		select cpu, cores, memory_bytes, kernel, os, filesystem, fsync_ns, virtualization, clock_source
		from environments where id = ?`, id).
		Scan(&e.CPU, &e.Cores, &e.MemoryBytes, &e.Kernel, &e.OS, &e.Filesystem, &e.Fsync, &e.Virtualization, &e.ClockSource)
	return e, explain(a.path, fmt.Sprintf("read environment %d", id), err)
}

// Workloads returns the workloads that the archive has, by name and version.
func (a *Archive) Workloads(ctx context.Context) ([]Workload, error) {
	return read(ctx, a, "read workloads", "select name, version, sha256, definition, source from workloads order by name, version", nil,
		func(rows *sql.Rows, w *Workload) error {
			var definition string
			err := rows.Scan(&w.Name, &w.Version, &w.SHA256, &definition, &w.Source)
			w.Definition = json.RawMessage(definition)
			return err
		})
}

// Phases returns the phases of runs, in their order.
func (a *Archive) Phases(ctx context.Context, ids ...int64) ([]Phase, error) {
	query := `select run_id, phase, name, warmup, started_ns is not null, coalesce(started_ns, 0), coalesce(ended_ns, 0), samples, unstarted
		from phases` + among("run_id", ids) + " order by run_id, phase"
	return read(ctx, a, "read phases", query, ids, func(rows *sql.Rows, p *Phase) error {
		return rows.Scan(&p.RunID, &p.Index, &p.Name, &p.Warmup, &p.Begun, &p.Started, &p.Ended, &p.Samples, &p.Unstarted)
	})
}

// Summaries returns the summaries of the given runs, or of all, by run, phase
// and operation, in the order in which they were archived.
func (a *Archive) Summaries(ctx context.Context, ids ...int64) ([]Summary, error) {
	query := `select run_id, phase, warmup, op, ops, errors, seconds, throughput, throughput_per_thread,
		coalesce(mean_ns, 0), coalesce(p50_ns, 0), coalesce(p90_ns, 0), coalesce(p95_ns, 0), coalesce(p99_ns, 0),
		coalesce(p999_ns, 0), coalesce(max_ns, 0), coalesce(service_mean_ns, 0), coalesce(service_p50_ns, 0),
		coalesce(service_p90_ns, 0), coalesce(service_p95_ns, 0), coalesce(service_p99_ns, 0), coalesce(service_p999_ns, 0),
		coalesce(service_max_ns, 0), coalesce(error_mean_ns, 0), coalesce(error_max_ns, 0), hdr
		from summaries` + among("run_id", ids) + " order by run_id, rowid"
	return read(ctx, a, "read summaries", query, ids, func(rows *sql.Rows, s *Summary) error {
		return rows.Scan(&s.RunID, &s.Phase, &s.Warmup, &s.Op, &s.Ops, &s.Errors, &s.Seconds, &s.Throughput, &s.ThroughputPerThread,
			&s.MeanNS, &s.P50NS, &s.P90NS, &s.P95NS, &s.P99NS, &s.P999NS, &s.MaxNS,
			&s.ServiceMeanNS, &s.ServiceP50NS, &s.ServiceP90NS, &s.ServiceP95NS, &s.ServiceP99NS, &s.ServiceP999NS, &s.ServiceMaxNS,
			&s.ErrorMeanNS, &s.ErrorMaxNS, &s.HDR)
	})
}

// ThreadSeconds returns what the threads of runs did in each second.
func (a *Archive) ThreadSeconds(ctx context.Context, ids ...int64) ([]ThreadSecond, error) {
	query := `select run_id, phase, warmup, thread, op, second, ops, errors,
		coalesce(mean_ns, 0), coalesce(p50_ns, 0), coalesce(p99_ns, 0), coalesce(max_ns, 0)
		from thread_seconds` + among("run_id", ids) + " order by run_id, phase, thread, op, second"
	return read(ctx, a, "read thread-seconds", query, ids, func(rows *sql.Rows, s *ThreadSecond) error {
		return rows.Scan(&s.RunID, &s.Phase, &s.Warmup, &s.Thread, &s.Op, &s.Second, &s.Ops, &s.Errors, &s.MeanNS, &s.P50NS, &s.P99NS, &s.MaxNS)
	})
}

// NodeSeconds returns what the nodes of a run used in each second.
func (a *Archive) NodeSeconds(ctx context.Context, id int64) ([]NodeSecond, error) {
	query := "select node, second, cpu_seconds, rss_bytes, read_bytes, written_bytes from node_seconds where run_id = ? order by node, second"
	return read(ctx, a, "read node-seconds", query, []int64{id}, func(rows *sql.Rows, s *NodeSecond) error {
		return rows.Scan(&s.Node, &s.Second, &s.CPUSeconds, &s.RSSBytes, &s.ReadBytes, &s.WrittenBytes)
	})
}

// Events returns what happened during a run, in the order of time.
func (a *Archive) Events(ctx context.Context, id int64) ([]Event, error) {
	query := "select at_ns, kind, coalesce(node, ''), coalesce(detail, '') from events where run_id = ? order by at_ns, id"
	return read(ctx, a, "read events", query, []int64{id}, func(rows *sql.Rows, e *Event) error {
		return rows.Scan(&e.At, &e.Kind, &e.Node, &e.Detail)
	})
}

// Verdicts returns what came of checking the given runs, or all, by run, phase
// and property.
func (a *Archive) Verdicts(ctx context.Context, ids ...int64) ([]Verdict, error) {
	query := `select v.run_id, v.phase, property, result, checked, detail, coalesce(history, '')
		from verdicts v join phases p on p.run_id = v.run_id and p.name = v.phase` + among("v.run_id", ids) + " order by v.run_id, p.phase, property"
	return read(ctx, a, "read verdicts", query, ids, func(rows *sql.Rows, v *Verdict) error {
		return rows.Scan(&v.RunID, &v.Phase, &v.Property, &v.Result, &v.Checked, &v.Detail, &v.History)
	})
}

// Samples hands every sample of a run to take, a chunk at a time, by phase,
// thread and position. The slice is valid until take returns.
func (a *Archive) Samples(ctx context.Context, id int64, take func(sample.Header, []sample.Sample) error) error {
	decoder := sample.NewDecoder()
	var samples []sample.Sample
	return a.chunks(ctx, id, func(chunk int64, h sample.Header, data []byte) error {
		var err error
		if samples, err = decoder.Decode(samples[:0], data); err != nil {
			return faultf(ErrDamaged, "run %d, thread %d, chunk %d: %v", id, h.Thread, chunk, err)
		}
		return take(h, samples)
	})
}

// chunks hands every chunk of a run to take, by phase, thread and position.
// data is valid until take returns.
func (a *Archive) chunks(ctx context.Context, id int64, take func(chunk int64, h sample.Header, data []byte) error) error {
	doing := fmt.Sprintf("read the samples of run %d", id)
	rows, err := a.reader.QueryContext(ctx,
		"select id, phase, thread, first, count, data from chunks where run_id = ? order by phase, thread, first", id)
	if err != nil {
		return explain(a.path, doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		var chunk int64
		var h sample.Header
		var data sql.RawBytes
		if err := rows.Scan(&chunk, &h.Phase, &h.Thread, &h.First, &h.Count, &data); err != nil {
			return explain(a.path, doing, err)
		}
		if err := take(chunk, h, data); err != nil {
			return err
		}
	}
	return explain(a.path, doing, rows.Err())
}

// read runs a query over ids and returns its rows.
func read[T any](ctx context.Context, a *Archive, doing, query string, ids []int64, scan func(*sql.Rows, *T) error) ([]T, error) {
	rows, err := a.reader.QueryContext(ctx, query, values(ids)...)
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	found, err := collect(rows, func(t *T) error { return scan(rows, t) })
	return found, explain(a.path, doing, err)
}

func collect[T any](rows *sql.Rows, scan func(*T) error) ([]T, error) {
	defer rows.Close()
	var found []T
	for rows.Next() {
		var t T
		if err := scan(&t); err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	return found, rows.Err()
}

// among is the condition that column is one of ids, or none if there are none.
func among(column string, ids []int64) string {
	if len(ids) == 0 {
		return ""
	}
	return " where " + column + " in (select value from json_each(?))"
}

// values returns ids as among and single conditions want them: one id as
// itself, which is JSON too.
func values(ids []int64) []any {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) == 1 {
		return []any{ids[0]}
	}
	return []any{strings.ReplaceAll(fmt.Sprint(ids), " ", ",")}
}
