package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// Verification is what Verify found.
type Verification struct {
	Runs     int64     `json:"runs"`
	Chunks   int64     `json:"chunks"`
	Samples  int64     `json:"samples"`
	Problems []Problem `json:"problems"`
}

// Problem is one thing that is wrong.
type Problem struct {
	RunID int64  `json:"run,omitempty"` // 0 if it concerns the whole file
	Text  string `json:"text"`
}

// String returns the problem as one line.
func (p Problem) String() string {
	if p.RunID == 0 {
		return p.Text
	}
	return fmt.Sprintf("run %d: %s", p.RunID, p.Text)
}

// Err returns nil if nothing is wrong, and else an error that matches ErrDamaged.
func (v Verification) Err(path string) error {
	if len(v.Problems) == 0 {
		return nil
	}
	return faultf(ErrDamaged, "archive %s is damaged in %d places; what `benchctl archive verify` does not name is sound", path, len(v.Problems))
}

// Verify checks the file's structure, its references, that each row holds what
// its table does, the checksum, the samples and the order of every chunk, and
// that summaries, thread-seconds and what is counted of failures follow from the
// samples. progress, if not nil, is told how many chunks are
// done and how many there are.
func (a *Archive) Verify(ctx context.Context, progress func(done, total int64)) (Verification, error) {
	v := &verifier{archive: a, progress: progress}
	if progress == nil {
		v.progress = func(int64, int64) {}
	}
	err := v.verify(ctx)
	if errors.Is(err, ErrDamaged) {
		v.found(0, "%v", err)
		err = nil
	}
	return v.Verification, err
}

type verifier struct {
	Verification
	archive  *Archive
	progress func(done, total int64)
	total    int64
}

func (v *verifier) found(runID int64, format string, args ...any) {
	v.Problems = append(v.Problems, Problem{RunID: runID, Text: fmt.Sprintf(format, args...)})
}

func (v *verifier) verify(ctx context.Context) error {
	if err := v.structure(ctx); err != nil {
		return explain(v.archive.path, "verify", err)
	}
	if err := v.archive.reader.QueryRowContext(ctx, "select count(*) from chunks").Scan(&v.total); err != nil {
		return explain(v.archive.path, "verify", err)
	}
	ids, err := v.ids(ctx)
	if err != nil {
		return explain(v.archive.path, "verify", err)
	}
	for _, id := range ids {
		runs, err := v.archive.runs(ctx, fmt.Sprintf("read run %d", id), "where id = ?", []any{id})
		if err == nil && len(runs) == 1 {
			err = v.run(ctx, runs[0])
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		if err != nil {
			v.found(id, "%v", err)
		}
		v.Runs++
	}
	return v.others(ctx)
}

// ids returns the ids of the runs, which are read one by one: one that cannot be
// read does not hide the others.
func (v *verifier) ids(ctx context.Context) ([]int64, error) {
	rows, err := v.archive.reader.QueryContext(ctx, "select id from main.runs not indexed order by id")
	if err != nil {
		return nil, err
	}
	return collect(rows, func(id *int64) error { return readRow(rows, id) })
}

// others reads what is not derived: each row must hold what its table does.
func (v *verifier) others(ctx context.Context) error {
	a := v.archive
	for _, read := range []func() error{
		func() error { _, err := a.Lines(ctx); return err }, // also what must agree
		func() error { _, err := a.Experiments(ctx); return err },
		func() error { _, err := a.Environments(ctx); return err },
		func() error { _, err := a.Workloads(ctx); return err },
		func() error { _, err := a.Verdicts(ctx); return err },
		func() error { return failureTable.each(ctx, a.reader, "", nil, ignore[record.Failure]) },
		func() error { return eventTable.each(ctx, a.reader, "", nil, ignore[record.Event]) },
		func() error { return nodeSecondTable.each(ctx, a.reader, "", nil, ignore[record.NodeSecond]) },
	} {
		err := explain(a.path, "verify", read())
		if err != nil && !errors.Is(err, ErrDamaged) {
			return err
		}
		if err != nil {
			v.found(0, "%v", err)
		}
	}
	return nil
}

func ignore[T any](*T) error { return nil }

// structure has SQLite check its own pages, indexes, types and references.
func (v *verifier) structure(ctx context.Context) error {
	rows, err := v.archive.reader.QueryContext(ctx, "pragma integrity_check")
	if err != nil {
		return err
	}
	lines, err := collect(rows, func(s *string) error { return readRow(rows, s) })
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line != "ok" {
			v.found(0, "%s", line)
		}
	}
	if rows, err = v.archive.reader.QueryContext(ctx, "pragma foreign_key_check"); err != nil {
		return err
	}
	type reference struct {
		table, parent string
		rowid         sql.NullInt64
		key           int
	}
	broken, err := collect(rows, func(r *reference) error { return readRow(rows, &r.table, &r.rowid, &r.parent, &r.key) })
	for _, r := range broken {
		v.found(0, "a row of %s (rowid %d) refers to one of %s that is not there", r.table, r.rowid.Int64, r.parent)
	}
	return err
}

// run checks the chunks of a run and, if it has ended, what was derived of them.
func (v *verifier) run(ctx context.Context, run record.Run) error {
	phases, err := v.archive.Phases(ctx, run.ID)
	if err != nil {
		return err
	}
	counted := slices.Clone(phases)
	for i := range counted {
		counted[i].Samples = 0
	}
	totals := newAggregate(run, counted)
	sound := true
	var rows []record.ThreadSecond
	err = v.archive.chunks(ctx, run.ID, func(id int64, h sample.Header, data []byte) error {
		v.Chunks++
		v.Samples += int64(h.Count)
		if err := totals.add(h, data); err != nil {
			v.found(run.ID, "chunk %d: %v", id, err)
			sound = false
			totals.skip(h)
		}
		rows = append(rows, totals.takeRows()...)
		v.progress(v.Chunks, max(v.total, v.Chunks)) // a run may be under way
		return nil
	})
	if err != nil || !sound || run.EndedAt.IsZero() {
		return err
	}
	summaries, err := totals.summaries()
	if err != nil {
		return err
	}
	for i, p := range totals.phases {
		if p.Samples != phases[i].Samples {
			v.found(run.ID, "phase %s has %d samples, and phases says %d", p.Name, p.Samples, phases[i].Samples)
		}
	}
	if err := v.failures(ctx, run.ID, totals); err != nil {
		return err
	}
	return v.derived(ctx, run.ID, summaries, append(rows, totals.takeRows()...))
}

// failures compares what is counted of failures with the samples. Runs that ended
// before there was such a table have none.
func (v *verifier) failures(ctx context.Context, runID int64, totals *aggregate) error {
	archived, err := v.archive.Failures(ctx, runID)
	if err != nil || len(archived) == 0 {
		return err
	}
	compare(v, runID, "failures", archived, totals.failures(), failureName, func(a, b record.Failure) bool {
		a.Error = "" // is in no sample
		return a == b
	})
	return nil
}

// skip makes the aggregate go on behind a chunk that it could not add.
func (a *aggregate) skip(h sample.Header) {
	if h.Phase >= 0 && h.Phase < len(a.phases) && h.Thread >= 0 && h.Thread < a.numbers {
		a.phases[h.Phase].thread(h.Thread).samples = h.First + int64(h.Count)
	}
}

// derived compares what is archived with what the samples come to.
func (v *verifier) derived(ctx context.Context, runID int64, summaries []record.Summary, rows []record.ThreadSecond) error {
	var archived []record.Summary
	err := v.archive.Histograms(ctx, func(s record.Summary) error { archived = append(archived, s); return nil }, runID)
	if err != nil {
		return err
	}
	compare(v, runID, "summaries", archived, summaries, func(s record.Summary) string { return s.Phase + ", " + s.Op },
		sameSummary)
	seconds, err := read(ctx, v.archive, "read thread-seconds", threadSecondTable, "where run_id = ?", []int64{runID})
	if err != nil {
		return err
	}
	compare(v, runID, "thread_seconds", seconds, rows,
		func(s record.ThreadSecond) string {
			return fmt.Sprintf("%s, thread %d, %s, second %d", s.Phase, s.Thread, s.Op, s.Second)
		},
		func(a, b record.ThreadSecond) bool { return a == b })
	return nil
}

// sameSummary compares histograms by what they hold: their compressed form may
// differ from one version of the compressor to the next.
func sameSummary(a, b record.Summary) bool {
	if (a.Ops > 0) != (b.Ops > 0) {
		return false
	}
	if a.Ops > 0 {
		x, errX := Histogram(a)
		y, errY := Histogram(b)
		if errX != nil || errY != nil || !x.Equals(y) {
			return false
		}
	}
	a.HDR, b.HDR = nil, nil
	return reflect.DeepEqual(a, b)
}

// compare finds the rows of a derived table that should be others.
func compare[T any](v *verifier, runID int64, table string, archived, right []T, name func(T) string, same func(a, b T) bool) {
	wanted := make(map[string]T, len(right))
	for _, row := range right {
		wanted[name(row)] = row
	}
	for _, row := range archived {
		want, ok := wanted[name(row)]
		switch {
		case !ok:
			v.found(runID, "%s has a row that no sample accounts for: %s", table, name(row))
		case !same(row, want):
			v.found(runID, "%s does not follow from the samples: %s", table, name(row))
		}
		delete(wanted, name(row))
	}
	for _, row := range right {
		if _, missing := wanted[name(row)]; missing {
			v.found(runID, "%s lacks a row: %s", table, name(row))
		}
	}
}
