package archive

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// failureKind is the operation and the class of error of a failed sample.
type failureKind struct {
	op     sample.Op
	status sample.Status
}

// failureTotals is what the failed samples of a kind come to.
type failureTotals struct {
	count int64
	first int64 // when the first of them ended
}

func (p *phaseTotals) countFailure(s *sample.Sample) {
	of := failureKind{s.Op, s.Status}
	known := p.failures[of]
	if known == nil {
		known = &failureTotals{first: s.End()}
		if p.failures == nil {
			p.failures = map[failureKind]*failureTotals{}
		}
		p.failures[of] = known
	}
	known.count++
	known.first = min(known.first, s.End())
}

// failures returns what the operations of the run failed of. What they said is
// not in the samples.
func (a *aggregate) failures() []record.Failure {
	var all []record.Failure
	for _, p := range a.phases {
		from := len(all)
		for of, totals := range p.failures {
			all = append(all, record.Failure{
				RunID: a.runID, Phase: p.Name, Warmup: p.Warmup, Op: of.op.String(), Status: of.status.String(),
				Count: totals.count, First: time.Duration(totals.first),
			})
		}
		slices.SortFunc(all[from:], func(a, b record.Failure) int {
			return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Status, b.Status))
		})
	}
	return all
}

// failureName tells the failures of a run apart.
func failureName(f record.Failure) string { return f.Phase + ", " + f.Op + ", " + f.Status }

// Failure archives what operations of one kind failed of in a phase, as the
// plugin says it. The error is kept; how many there were, and when the first
// was, follows from the samples when the run ends.
func (w *RunWriter) Failure(phase int, f record.Failure) error {
	if err := w.checkPhase(phase); err != nil {
		return err
	}
	f.RunID, f.Phase, f.Warmup = w.id, w.totals.phases[phase].Name, w.totals.phases[phase].Warmup
	return w.put(entry{change: func(ctx context.Context, tx *sql.Tx) error {
		return failureTable.insertAll(ctx, tx, []record.Failure{f})
	}})
}

// replaceFailures archives what the samples say of failures, with the errors
// that stand there.
func replaceFailures(ctx context.Context, tx *sql.Tx, runID int64, failures []record.Failure) error {
	said := map[string]string{}
	err := failureTable.each(ctx, tx, "where run_id = ?", []any{runID}, func(f *record.Failure) error {
		said[failureName(*f)] = f.Error
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "delete from failures where run_id = ?", runID); err != nil {
		return err
	}
	for i := range failures {
		failures[i].Error = said[failureName(failures[i])]
	}
	return failureTable.insertAll(ctx, tx, failures)
}

// Failures returns what the operations of the given runs, or of all, failed of,
// in the order of time. Of runs that ended before schema 5 there is nothing.
func (a *Archive) Failures(ctx context.Context, ids ...int64) ([]record.Failure, error) {
	const doing = "read failures"
	found, err := read(ctx, a, doing, failureTable, among("run_id", ids)+" order by run_id, first_ns, op, status", ids)
	if err != nil {
		return nil, err
	}
	return found, a.soundIfSmall(ctx, doing, "failures")
}
