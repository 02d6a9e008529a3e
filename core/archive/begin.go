package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/benchctl/benchctl/core/record"
)

// Environment archives a machine unless the same one is there, and returns its id.
func (a *Archive) Environment(ctx context.Context, e record.Environment) (id int64, err error) {
	e.ID = 0
	err = a.commit(ctx, "archive the environment", func(tx *sql.Tx) error {
		err := environmentTable.each(ctx, tx, "order by id desc", nil, func(known *record.Environment) error {
			same := *known
			if same.ID = 0; same == e {
				id = known.ID
			}
			return nil
		})
		if err != nil || id != 0 {
			return err
		}
		id, err = environmentTable.insert(ctx, tx, e)
		return err
	})
	return id, err
}

// Workload archives a workload unless it is there. One whose content differs
// from what is archived under its name and version is refused with
// ErrWorkloadChanged.
func (a *Archive) Workload(ctx context.Context, w record.Workload) error {
	doing := fmt.Sprintf("archive workload %s@%d", w.Name, w.Version)
	return a.commit(ctx, doing, func(tx *sql.Tx) error {
		var archived, same int
		err := tx.QueryRowContext(ctx, "select count(*), coalesce(sum(sha256 = ?), 0) from workloads where name = ? and version = ?",
			w.SHA256, w.Name, w.Version).Scan(&archived, &same)
		switch {
		case err != nil || same > 0:
			return err
		case archived > 0:
			return &fault{
				text: fmt.Sprintf("workload %s@%d is not the one that archive %s has under that name and version; raise its version to %d, or name another archive",
					w.Name, w.Version, a.path, w.Version+1),
				kinds: []error{ErrWorkloadChanged},
			}
		}
		_, err = workloadTable.insert(ctx, tx, w)
		return err
	})
}

// BeginExperiment archives that an experiment starts now, and returns its id.
func (a *Archive) BeginExperiment(ctx context.Context, e record.Experiment) (int64, error) {
	_, identity, err := self(ctx)
	if err == nil {
		e.UID, err = newUID()
	}
	if err != nil {
		return 0, fmt.Errorf("begin the experiment: %w", err)
	}
	e.ID, e.CreatedAt = 0, time.Now()
	err = a.commitDurably(ctx, "begin the experiment", func(tx *sql.Tx) (err error) {
		e.ID, err = experimentTable.insert(ctx, tx, archivedExperiment{e, identity})
		return err
	})
	return e.ID, err
}

// newUID makes an identity that holds in every archive: a UUID of version 7,
// whose order is that of time.
func newUID() (string, error) {
	uid, err := uuid.NewV7()
	return uid.String(), err
}

// ResumeExperiment takes an experiment over from the process that executed it.
// If that one is alive it fails with ErrUnderWay.
func (a *Archive) ResumeExperiment(ctx context.Context, id int64) error {
	doing := fmt.Sprintf("resume experiment %d", id)
	me, identity, err := self(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return a.commitDurably(ctx, doing, func(tx *sql.Tx) error {
		var document sql.NullString // null: of a benchctl that did not archive it
		err := tx.QueryRowContext(ctx, "select owner from experiments where id = ?", id).Scan(&document)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return a.noExperiment(id)
		case err != nil:
			return err
		case document.Valid:
			var before owner
			if err := json.Unmarshal([]byte(document.String), &before); err != nil {
				return unreadablef("read the owner: %w", err)
			}
			dead, err := before.gone(ctx)
			if err != nil {
				return err
			}
			if !dead && before != me {
				return &fault{
					text:  fmt.Sprintf("experiment %d is being run by process %d: wait for its end or interrupt it, then resume what is missing", id, before.PID),
					kinds: []error{ErrUnderWay},
				}
			}
		}
		_, err = tx.ExecContext(ctx, "update experiments set owner = ? where id = ?", identity, id)
		return err
	})
}

// BeginRun archives that a run of the given phases starts now. The experiment,
// the workload and the environment must have been archived.
func (a *Archive) BeginRun(ctx context.Context, r record.Run, phases []record.Phase) (*RunWriter, error) {
	_, identity, err := self(ctx)
	if err == nil {
		r.UID, err = newUID()
	}
	if err != nil {
		return nil, fmt.Errorf("begin run: %w", err)
	}
	r.ID, r.State, r.StartedAt = 0, record.Running, time.Now()
	err = a.commitDurably(ctx, "begin run", func(tx *sql.Tx) (err error) {
		if r.ID, err = runTable.insert(ctx, tx, archivedRun{r, identity}); err != nil {
			return err
		}
		for i, p := range phases {
			if _, err := phaseTable.insert(ctx, tx, record.Phase{RunID: r.ID, Index: i, Name: p.Name, Warmup: p.Warmup}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.newRunWriter(r, phases), nil
}
