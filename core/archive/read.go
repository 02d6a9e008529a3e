package archive

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// Newest returns the numbers of the newest run and of the newest experiment, 0
// where there is none.
func (a *Archive) Newest(ctx context.Context) (run, experiment int64, err error) {
	err = a.reader.QueryRowContext(ctx, `select
		coalesce((select max(id) from runs), 0), coalesce((select max(id) from experiments), 0)`).Scan(&run, &experiment)
	return run, experiment, explain(a.path, "read the newest run", err)
}

// Runs returns the runs with the given ids, or all of them, in the order of
// their ids. A run whose process is gone is shown as interrupted although
// nobody has archived that. Runs that have the same documents share them: they
// must not be changed.
func (a *Archive) Runs(ctx context.Context, ids ...int64) ([]record.Run, error) {
	return a.runs(ctx, "read runs", among("id", ids)+" order by id", values(ids))
}

// RunsOf returns the runs of an experiment, in the order in which they were
// executed.
func (a *Archive) RunsOf(ctx context.Context, experiment int64) ([]record.Run, error) {
	return a.runs(ctx, fmt.Sprintf("read the runs of experiment %d", experiment), "where experiment = ? order by id", []any{experiment})
}

// Run returns one run, or ErrNoRun.
func (a *Archive) Run(ctx context.Context, id int64) (record.Run, error) {
	found, err := a.Runs(ctx, id)
	if err != nil {
		return record.Run{}, err
	}
	if len(found) == 0 {
		return record.Run{}, &fault{text: fmt.Sprintf("no run %d in archive %s; `benchctl runs` lists those it has", id, a.path), kinds: []error{ErrNoRun}}
	}
	return found[0], nil
}

func (a *Archive) runs(ctx context.Context, doing, rest string, args []any) ([]record.Run, error) {
	var found list[record.Run]
	err := runTable.each(ctx, a.reader, rest, args, func(r *archivedRun) error {
		if r.State == record.Running {
			dead, err := gone(ctx, []byte(r.owner))
			if err != nil {
				return fmt.Errorf("run %d: %w", r.ID, err)
			}
			if dead {
				r.State, r.Error = record.Interrupted, orphaned
			}
		}
		found.add(r.Run)
		return nil
	})
	return found.all(), explain(a.path, doing, err)
}

// Experiment returns one experiment, or ErrNoExperiment.
func (a *Archive) Experiment(ctx context.Context, id int64) (record.Experiment, error) {
	found, err := a.Experiments(ctx, id)
	switch {
	case err != nil:
		return record.Experiment{}, err
	case len(found) == 0:
		return record.Experiment{}, a.noExperiment(id)
	}
	return found[0], nil
}

// Experiments returns the experiments with the given ids, or all of them, in
// the order of their ids.
func (a *Archive) Experiments(ctx context.Context, ids ...int64) ([]record.Experiment, error) {
	var found list[record.Experiment]
	err := experimentTable.each(ctx, a.reader, among("id", ids)+" order by id", values(ids), func(e *archivedExperiment) error {
		found.add(e.Experiment)
		return nil
	})
	return found.all(), explain(a.path, "read experiments", err)
}

func (a *Archive) noExperiment(id int64) error {
	return &fault{
		text:  fmt.Sprintf("no experiment %d in archive %s; `benchctl runs` lists those it has", id, a.path),
		kinds: []error{ErrNoExperiment},
	}
}

// Offered returns what arrived in the measured phases of open loops of the given
// runs, or of all, by run and name of the phase.
func (a *Archive) Offered(ctx context.Context, ids ...int64) (map[int64]map[string]record.Offered, error) {
	found := map[int64]map[string]record.Offered{}
	err := phaseTable.each(ctx, a.reader, amongAnd("run_id", ids)+" offered_rate is not null and not warmup", values(ids), func(p *record.Phase) error {
		if found[p.RunID] == nil {
			found[p.RunID] = map[string]record.Offered{}
		}
		found[p.RunID][p.Name] = *p.Offered
		return nil
	})
	return found, explain(a.path, "read what arrived", err)
}

// Environments returns the environments with the given ids, which runs name,
// or all of them, in the order of their ids.
func (a *Archive) Environments(ctx context.Context, ids ...int64) ([]record.Environment, error) {
	return read(ctx, a, "read environments", environmentTable, among("id", ids)+" order by id", ids)
}

// EnvironmentOf returns one environment by the id that runs name.
func (a *Archive) EnvironmentOf(ctx context.Context, id int64) (record.Environment, error) {
	found, err := a.Environments(ctx, id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("archive %s has no environment %d; `benchctl archive verify` says what is affected", a.path, id)
	}
	if err != nil {
		return record.Environment{}, err
	}
	return found[0], nil
}

// Workloads returns the workloads that the archive has, by name and version.
func (a *Archive) Workloads(ctx context.Context) ([]record.Workload, error) {
	return read(ctx, a, "read workloads", workloadTable, "order by name, version, sha256", nil)
}

// Phases returns the phases of the given runs, or of all, in their order.
func (a *Archive) Phases(ctx context.Context, ids ...int64) ([]record.Phase, error) {
	return read(ctx, a, "read phases", phaseTable, among("run_id", ids)+" order by run_id, phase", ids)
}

// summaryOrder is by run, and in it by phase and operation, in the order in
// which they were archived.
const summaryOrder = " order by run_id, rowid"

// Summaries returns the summaries of the given runs, or of all, by run, phase
// and operation, without their histograms.
func (a *Archive) Summaries(ctx context.Context, ids ...int64) ([]record.Summary, error) {
	return read(ctx, a, "read summaries", figureTable, among("run_id", ids)+summaryOrder, ids)
}

// Histograms hands the summaries of the given runs, or of all, to take, with
// their histograms, one at a time and in the order of Summaries.
func (a *Archive) Histograms(ctx context.Context, take func(record.Summary) error, ids ...int64) error {
	var taken error
	err := summaryTable.each(ctx, a.reader, among("run_id", ids)+summaryOrder, values(ids), func(s *record.Summary) error {
		taken = take(*s)
		return taken
	})
	if taken != nil {
		return taken
	}
	return explain(a.path, "read histograms", err)
}

// Histogram reads the latencies of a summary that Histograms gave. They are
// nanoseconds to three digits, and 1 h for those that took longer.
func Histogram(s record.Summary) (*hdrhistogram.Histogram, error) {
	h, err := hdrhistogram.Decode([]byte(base64.StdEncoding.EncodeToString(s.HDR)))
	if err != nil {
		return nil, faultf(ErrDamaged, "histogram of run %d, phase %s, %s: %v", s.RunID, s.Phase, s.Op, err)
	}
	return h, nil
}

// ThreadSeconds returns what the threads of the given runs, or of all, did in
// each second.
func (a *Archive) ThreadSeconds(ctx context.Context, ids ...int64) ([]record.ThreadSecond, error) {
	return read(ctx, a, "read thread-seconds", threadSecondTable, among("run_id", ids)+" order by run_id, phase, thread, op, second", ids)
}

// NodeSeconds returns what the processes of a run used in each second.
func (a *Archive) NodeSeconds(ctx context.Context, id int64) ([]record.NodeSecond, error) {
	return read(ctx, a, "read node-seconds", nodeSecondTable, "where run_id = ? order by node, second", []int64{id})
}

// Processes returns what the processes of a run used in all of it, by name.
func (a *Archive) Processes(ctx context.Context, id int64) ([]record.Process, error) {
	return read(ctx, a, "read the processes of a run", processTable, "where run_id = ? group by node order by node", []int64{id})
}

var processTable = table[record.Process]{"node_seconds", []column[record.Process]{
	{"node", func(p *record.Process) any { return &p.Name }},
	{"sum(seconds)", func(p *record.Process) any { return &p.Seconds }},
	{"sum(cpu_seconds)", func(p *record.Process) any { return &p.CPUSeconds }},
	{"max(rss_bytes)", func(p *record.Process) any { return &p.MaxRSSBytes }},
	{"sum(read_bytes)", func(p *record.Process) any { return &p.ReadBytes }},
	{"sum(written_bytes)", func(p *record.Process) any { return &p.WrittenBytes }},
	{"sum(handed_bytes)", func(p *record.Process) any { return &p.HandedBytes }},
}}

// Failures returns what the operations of a run failed of, by phase, operation
// and class. Of runs that ended before schema 5 there is nothing.
func (a *Archive) Failures(ctx context.Context, id int64) ([]record.Failure, error) {
	return read(ctx, a, "read failures", failureTable, `where run_id = ? order by
		(select p.phase from phases p where p.run_id = failures.run_id and p.name = failures.phase), op, status`, []int64{id})
}

// Events returns what happened during a run, in the order of time.
func (a *Archive) Events(ctx context.Context, id int64) ([]record.Event, error) {
	return read(ctx, a, "read events", eventTable, "where run_id = ? order by at_ns, id", []int64{id})
}

// Verdicts returns what came of checking the given runs, or all, by run, phase
// and property.
func (a *Archive) Verdicts(ctx context.Context, ids ...int64) ([]record.Verdict, error) {
	return read(ctx, a, "read verdicts", verdictTable, among("run_id", ids)+` order by run_id,
		(select p.phase from phases p where p.run_id = verdicts.run_id and p.name = verdicts.phase), property`, ids)
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

// read returns the rows that the rest of a query over ids selects.
func read[T any](ctx context.Context, a *Archive, doing string, from table[T], rest string, ids []int64) ([]T, error) {
	var found list[T]
	err := from.each(ctx, a.reader, rest, values(ids), func(t *T) error {
		found.add(*t)
		return nil
	})
	return found.all(), explain(a.path, doing, err)
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
	document, err := json.Marshal(ids)
	if err != nil {
		panic(fmt.Sprintf("archive: encode ids: %v", err)) // integers always can be
	}
	return []any{string(document)}
}
