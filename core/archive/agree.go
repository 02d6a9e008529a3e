package archive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/mattn/go-sqlite3"

	"github.com/benchctl/benchctl/core/record"
)

// SQLite says when a page makes no sense. It does not when a page lacks rows, as
// one of an index may: so what is read is compared with what another part of the
// file says.

// disagree is the error of a read that lacks something, or has too much.
func (a *Archive) disagree(doing, format string, args ...any) error {
	return damaged(a.path, doing, fmt.Errorf(format, args...))
}

// countRuns counts the runs by an index, which does not look at their table.
const countRuns = "select count(*) from main.runs indexed by runs_experiment"

// runsFound compares how many runs were found with how many there are: of those
// with the given ids, or of all.
func (a *Archive) runsFound(ctx context.Context, doing string, ids []int64, found int) error {
	want, query := len(ids), countRuns
	if len(ids) > 0 && found == want {
		return nil
	}
	if len(ids) > 0 {
		query += among("id", ids)
	}
	if err := a.reader.QueryRowContext(ctx, query, values(ids)...).Scan(&want); err != nil {
		return explain(a.path, doing, err)
	}
	// Of all, some may have begun since they were read.
	if found > want || len(ids) > 0 && found < want {
		return a.disagree(doing, "%d runs can be read, and there are %d", found, want)
	}
	return nil
}

// runsBefore counts all runs before they are read: as many must be found.
func (a *Archive) runsBefore(ctx context.Context, doing string, ids []int64) (before int, check func(found int) error, err error) {
	if len(ids) > 0 {
		return len(ids), func(found int) error { return a.runsFound(ctx, doing, ids, found) }, nil
	}
	if err := a.reader.QueryRowContext(ctx, countRuns).Scan(&before); err != nil {
		return 0, nil, explain(a.path, doing, err)
	}
	return before, func(found int) error {
		if found < before {
			return a.disagree(doing, "%d runs can be read, and there are %d", found, before)
		}
		return a.runsFound(ctx, doing, nil, found)
	}, nil
}

// counted is how many samples a run is said to have.
type counted struct{ all, measured int64 }

// counts returns what the phases of the given runs, or of all, say.
func (a *Archive) counts(ctx context.Context, doing string, ids []int64) (map[int64]counted, error) {
	rows, err := a.reader.QueryContext(ctx,
		"select run_id, sum(samples), sum(samples * (1 - warmup)), count(*), max(phase) + 1 from phases"+among("run_id", ids)+" group by run_id", values(ids)...)
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	defer rows.Close()
	said := map[int64]counted{}
	for rows.Next() {
		var run, phases, last int64
		var c counted
		if err := readRow(rows, &run, &c.all, &c.measured, &phases, &last); err != nil {
			return nil, explain(a.path, doing, err)
		}
		if phases != last {
			return nil, a.disagree(doing, "of run %d phase %d is there, and only %d phases are", run, last-1, phases)
		}
		said[run] = c
	}
	return said, explain(a.path, doing, rows.Err())
}

// countsMeanwhile is counts beside what the caller reads. stop must be called.
func (a *Archive) countsMeanwhile(ctx context.Context, doing string, ids []int64) (said func() (map[int64]counted, error), stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var counts map[int64]counted
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		counts, err = a.counts(ctx, doing, ids)
	}()
	said = func() (map[int64]counted, error) {
		<-done
		return counts, err
	}
	return said, func() { cancel(); <-done }
}

// agree compares the operations of summaries, which were added up by run, with
// what the phases of these runs say.
func (a *Archive) agree(ctx context.Context, doing string, said map[int64]counted, found map[int64]int64, of func(counted) int64) error {
	for run, c := range said {
		if of(c) != found[run] {
			if err := a.agreed(ctx, doing, run); err != nil {
				return err
			}
		}
	}
	for run := range found {
		if _, known := said[run]; !known {
			if err := a.agreed(ctx, doing, run); err != nil {
				return err
			}
		}
	}
	return nil
}

func all(c counted) int64      { return c.all }
func measured(c counted) int64 { return c.measured }

// agreed compares summaries and phases of one run at one moment: it may have
// ended, or ended again, between two queries.
func (a *Archive) agreed(ctx context.Context, doing string, run int64) error {
	var said, found counted
	err := a.reader.QueryRowContext(ctx, `
		select p.samples, p.measured, s.samples, s.measured
		from (select coalesce(sum(samples), 0) as samples, coalesce(sum(samples * (1 - warmup)), 0) as measured from phases where run_id = ?1) p,
		     (select coalesce(sum(ops + errors), 0) as samples, coalesce(sum((ops + errors) * (1 - warmup)), 0) as measured from summaries where run_id = ?1) s`, run).
		Scan(&said.all, &said.measured, &found.all, &found.measured)
	switch {
	case err != nil:
		return explain(a.path, doing, err)
	case said != found:
		return a.disagree(doing, "run %d has %d samples, %d of them measured, and its summaries have %d and %d", run, said.all, said.measured, found.all, found.measured)
	}
	return nil
}

// sound has SQLite check the pages of a table that has few rows, and its indexes:
// nothing else says how many there should be.
func (a *Archive) sound(ctx context.Context, doing, table string) error {
	var found string
	if err := a.reader.QueryRowContext(ctx, "pragma main.integrity_check("+table+")").Scan(&found); err != nil {
		var lite sqlite3.Error
		if errors.As(err, &lite) && lite.Code == sqlite3.ErrError {
			return nil // an archive of a schema that has no such table
		}
		return explain(a.path, doing, err)
	}
	if found != "ok" {
		return a.disagree(doing, "%s", found)
	}
	return nil
}

// small is the size of an archive of which checking a whole table is no delay.
const small = 32 << 20

// soundIfSmall is sound for tables that may have many rows. Of a large archive
// only Verify checks them.
func (a *Archive) soundIfSmall(ctx context.Context, doing, table string) error {
	if info, err := os.Stat(a.path); err != nil || info.Size() > small {
		return nil
	}
	return a.sound(ctx, doing, table)
}

// operations adds up summaries by run.
func operations(summaries []record.Summary) map[int64]int64 {
	sums := map[int64]int64{}
	for i := range summaries {
		sums[summaries[i].RunID] += summaries[i].Ops + summaries[i].Errors
	}
	return sums
}

// plausible returns what no summary can be.
func plausible(s *record.Summary) error {
	if s.Ops < 0 || s.Errors < 0 || !(s.Seconds >= 0) || math.IsInf(s.Seconds, 0) || !(s.Throughput >= 0) || math.IsInf(s.Throughput, 0) {
		return unreadablef("run %d, phase %s, %s: %d operations, %d errors, %v a second in %v seconds", s.RunID, s.Phase, s.Op, s.Ops, s.Errors, s.Throughput, s.Seconds)
	}
	// What it was computed of stands beside it.
	if rate := float64(s.Ops) / s.Seconds; s.Seconds > 0 && math.Abs(rate-s.Throughput) > 1e-6*rate {
		return unreadablef("run %d, phase %s, %s: %d operations in %v seconds are not %v a second", s.RunID, s.Phase, s.Op, s.Ops, s.Seconds, s.Throughput)
	}
	last := int64(0)
	for _, ns := range []int64{s.P50NS, s.P90NS, s.P95NS, s.P99NS, s.P999NS, s.MaxNS} {
		if ns == 0 {
			continue // not read, or nothing succeeded
		}
		if ns < last {
			return unreadablef("run %d, phase %s, %s: percentiles of the latency get smaller", s.RunID, s.Phase, s.Op)
		}
		last = ns
	}
	return nil
}
