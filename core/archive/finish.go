package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// ending is how a run ended.
type ending struct {
	state   record.State
	at      time.Time
	failure string
}

// write archives the ending and what the samples come to.
func (e ending) write(ctx context.Context, tx *sql.Tx, totals *aggregate) error {
	summaries, err := totals.summaries()
	if err != nil {
		return err
	}
	if err := threadSecondTable.insertAll(ctx, tx, totals.takeRows()); err != nil {
		return err
	}
	if err := replaceSummaries(ctx, tx, totals.runID, summaries); err != nil {
		return err
	}
	for _, p := range totals.phases {
		_, err := tx.ExecContext(ctx, "update phases set samples = ? where run_id = ? and phase = ?", p.Samples, totals.runID, p.Index)
		if err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "update runs set state = ?, ended_at = ?, error = nullif(?, '') where id = ?",
		e.state, stamp(e.at), e.failure, totals.runID)
	return err
}

// settle archives how a run ended from what was committed of it.
func (a *Archive) settle(ctx context.Context, runID int64, e ending) error {
	run, err := a.Run(ctx, runID)
	if err != nil {
		return err
	}
	totals, damage, err := a.recount(ctx, run)
	if err != nil {
		return err
	}
	return a.commitDurably(ctx, fmt.Sprintf("finish run %d", runID), func(tx *sql.Tx) error {
		return e.replace(ctx, tx, run, totals, damage)
	})
}

// replace writes an ending in the place of whatever stands there.
func (e ending) replace(ctx context.Context, tx *sql.Tx, run record.Run, totals *aggregate, damage error) error {
	if _, err := tx.ExecContext(ctx, "delete from thread_seconds where run_id = ?", run.ID); err != nil {
		return err
	}
	if damage != nil {
		run.Warnings = append(slices.Clip(run.Warnings), fmt.Sprintf("no summaries: %v", damage))
		totals = newAggregate(run, nil)
	}
	if err := e.write(ctx, tx, totals); err != nil {
		return err
	}
	warnings, err := json.Marshal(run.Warnings)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "update runs set warnings = ? where id = ?", string(warnings), run.ID)
	return err
}

// recount computes a run's totals from its chunks. damage is what is wrong
// with the first chunk that cannot be counted.
func (a *Archive) recount(ctx context.Context, run record.Run) (totals *aggregate, damage, err error) {
	phases, err := a.Phases(ctx, run.ID)
	if err != nil {
		return nil, nil, err
	}
	for i := range phases {
		phases[i].Samples = 0
	}
	totals = newAggregate(run, phases)
	err = a.chunks(ctx, run.ID, func(_ int64, h sample.Header, data []byte) error { return totals.add(h, data) })
	if errors.Is(err, ErrDamaged) {
		return totals, err, nil
	}
	return totals, nil, err
}

// orphaned is the error of a run that was left behind.
const orphaned = "benchctl ended without finishing the run"

// orphans returns the runs that are archived as running but whose process is
// gone.
func (a *Archive) orphans(ctx context.Context) ([]int64, error) {
	rows, err := a.reader.QueryContext(ctx, "select id, owner from runs where state = 'running' order by id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []int64
	for rows.Next() {
		var id int64
		var owner string
		if err := readRow(rows, &id, &owner); err != nil {
			return nil, err
		}
		dead, err := gone(ctx, []byte(owner))
		if err != nil {
			return nil, fmt.Errorf("run %d: %w", id, err)
		}
		if dead {
			found = append(found, id)
		}
	}
	return found, rows.Err()
}

// settleOrphans archives the runs that nobody finishes any more as interrupted.
func (a *Archive) settleOrphans(ctx context.Context) error {
	orphans, err := a.orphans(ctx)
	if err != nil {
		return explain(a.path, "look for runs without a process", err)
	}
	for _, id := range orphans {
		if err := a.settleOrphan(ctx, id); err != nil {
			return err
		}
		a.changes.Settled = append(a.changes.Settled, id)
	}
	return nil
}

func (a *Archive) settleOrphan(ctx context.Context, id int64) error {
	run, err := a.Run(ctx, id)
	if err != nil {
		return err
	}
	totals, damage, err := a.recount(ctx, run)
	if err != nil {
		return err
	}
	e := ending{state: record.Interrupted, at: lastSign(run, totals), failure: orphaned}
	errTaken := errors.New("another process was first")
	err = a.commitDurably(ctx, fmt.Sprintf("finish run %d", run.ID), func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "update runs set state = ? where id = ? and state = ?", record.Interrupted, run.ID, record.Running)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errTaken)
		}
		return e.replace(ctx, tx, run, totals, damage)
	})
	if errors.Is(err, errTaken) {
		return nil
	}
	return err
}

// lastSign is the last moment at which a run is known to have been alive.
func lastSign(run record.Run, totals *aggregate) time.Time {
	last := int64(math.MinInt64)
	for _, p := range totals.phases {
		last = max(last, p.last)
	}
	if last == math.MinInt64 || run.Zero.IsZero() {
		return run.StartedAt
	}
	return run.Zero.Add(time.Duration(last))
}

func replaceSummaries(ctx context.Context, tx *sql.Tx, runID int64, summaries []record.Summary) error {
	if _, err := tx.ExecContext(ctx, "delete from summaries where run_id = ?", runID); err != nil {
		return err
	}
	return summaryTable.insertAll(ctx, tx, summaries)
}
