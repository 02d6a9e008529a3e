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
	const doing = "read runs"
	_, check, err := a.runsBefore(ctx, doing, ids)
	if err != nil {
		return nil, err
	}
	found, err := a.runs(ctx, doing, among("id", ids)+" order by id", values(ids))
	if err != nil {
		return nil, err
	}
	return found, check(len(found))
}

// RunsOf returns the runs of an experiment, in the order in which they were
// executed.
func (a *Archive) RunsOf(ctx context.Context, experiment int64) ([]record.Run, error) {
	doing := fmt.Sprintf("read the runs of experiment %d", experiment)
	var before, after int
	query := countRuns + " where experiment = ?"
	if err := a.reader.QueryRowContext(ctx, query, experiment).Scan(&before); err != nil {
		return nil, explain(a.path, doing, err)
	}
	found, err := a.runs(ctx, doing, "where +experiment = ? order by id", []any{experiment}) // not by that index
	if err != nil {
		return nil, err
	}
	if err := a.reader.QueryRowContext(ctx, query, experiment).Scan(&after); err != nil {
		return nil, explain(a.path, doing, err)
	}
	if n := len(found); n < before || n > after {
		return nil, a.disagree(doing, "%d runs can be read, and there are %d", n, after)
	}
	return found, nil
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
		err = a.disagree("read environments", "it has no environment %d", id)
	}
	if err != nil {
		return record.Environment{}, err
	}
	return found[0], nil
}

// Workloads returns the workloads that the archive has, by name and version.
func (a *Archive) Workloads(ctx context.Context) ([]record.Workload, error) {
	const doing = "read workloads"
	found, err := read(ctx, a, doing, workloadTable, "order by name, version, sha256", nil)
	if err != nil {
		return nil, err
	}
	// They are few, and only ever added.
	return found, a.sound(ctx, doing, "workloads")
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
	const doing = "read summaries"
	said, err := a.counts(ctx, doing, ids)
	if err != nil {
		return nil, err
	}
	found, err := read(ctx, a, doing, figureTable, among("run_id", ids)+summaryOrder, ids)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if err := plausible(&found[i]); err != nil {
			return nil, explain(a.path, doing, err)
		}
	}
	return found, a.agree(ctx, doing, said, operations(found), all)
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
	const doing = "read thread-seconds"
	said, err := a.counts(ctx, doing, ids)
	if err != nil {
		return nil, err
	}
	found, err := read(ctx, a, doing, threadSecondTable, among("run_id", ids)+" order by run_id, phase, thread, op, second", ids)
	if err != nil {
		return nil, err
	}
	sums := map[int64]int64{}
	for i := range found {
		sums[found[i].RunID] += found[i].Ops + found[i].Errors
	}
	for run, c := range said {
		if c.all > 0 && sums[run] != c.all { // one that is under way says 0
			return nil, a.disagree(doing, "run %d has %d samples, and its seconds have %d", run, c.all, sums[run])
		}
	}
	return found, nil
}

// NodeSeconds returns what the processes of a run used in each second.
func (a *Archive) NodeSeconds(ctx context.Context, id int64) ([]record.NodeSecond, error) {
	const doing = "read node-seconds"
	found, err := read(ctx, a, doing, nodeSecondTable, "where run_id = ? order by node, second", []int64{id})
	if err != nil {
		return nil, err
	}
	return found, a.soundIfSmall(ctx, doing, "node_seconds")
}

// Processes returns what the processes of a run used in all of it, by name.
func (a *Archive) Processes(ctx context.Context, id int64) ([]record.Process, error) {
	const doing = "read the processes of a run"
	found, err := read(ctx, a, doing, processTable, "where run_id = ? group by node order by node", []int64{id})
	if err != nil {
		return nil, err
	}
	return found, a.soundIfSmall(ctx, doing, "node_seconds")
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

// Events returns what happened during a run, in the order of time.
func (a *Archive) Events(ctx context.Context, id int64) ([]record.Event, error) {
	const doing = "read events"
	found, err := read(ctx, a, doing, eventTable, "where run_id = ? order by at_ns, id", []int64{id})
	if err != nil {
		return nil, err
	}
	return found, a.soundIfSmall(ctx, doing, "events")
}

// Verdicts returns what came of checking the given runs, or all, by run, phase
// and property.
func (a *Archive) Verdicts(ctx context.Context, ids ...int64) ([]record.Verdict, error) {
	const doing = "read verdicts"
	found, err := read(ctx, a, doing, verdictTable, among("run_id", ids)+` order by run_id,
		(select p.phase from phases p where p.run_id = verdicts.run_id and p.name = verdicts.phase), property`, ids)
	if err != nil {
		return nil, err
	}
	if err := a.soundIfSmall(ctx, doing, "phases"); err != nil { // whose index orders them
		return nil, err
	}
	return found, a.soundIfSmall(ctx, doing, "verdicts")
}

// Samples hands every sample of a run to take, a chunk at a time, by phase,
// thread and position. The slice is valid until take returns.
func (a *Archive) Samples(ctx context.Context, id int64, take func(sample.Header, []sample.Sample) error) error {
	doing := fmt.Sprintf("read the samples of run %d", id)
	said, err := a.counts(ctx, doing, []int64{id})
	if err != nil {
		return err
	}
	decoder := sample.NewDecoder()
	var samples []sample.Sample
	var count int64
	err = a.chunks(ctx, id, func(chunk int64, h sample.Header, data []byte) error {
		count += int64(h.Count)
		var err error
		if samples, err = decoder.Decode(samples[:0], data); err != nil {
			return faultf(ErrDamaged, "run %d, thread %d, chunk %d: %v", id, h.Thread, chunk, err)
		}
		if len(samples) != h.Count {
			return faultf(ErrDamaged, "run %d, thread %d, chunk %d: it holds %d samples, should hold %d", id, h.Thread, chunk, len(samples), h.Count)
		}
		return take(h, samples)
	})
	if err == nil && said[id].all > 0 && said[id].all != count {
		err = a.disagree(doing, "run %d has %d samples, and the chunks of %d are there", id, said[id].all, count)
	}
	return err
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
		if err := readRow(rows, &chunk, &h.Phase, &h.Thread, &h.First, &h.Count, &data); err != nil {
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
	var found list[T]
	err := found.collect(rows, scan)
	return found.all(), err
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
