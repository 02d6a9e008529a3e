package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// timeLayout is how moments stand in the archive: RFC 3339, in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// Environment archives a machine unless the same one is there, and returns its id.
func (a *Archive) Environment(ctx context.Context, e Environment) (int64, error) {
	values := []any{e.CPU, e.Cores, e.MemoryBytes, e.Kernel, e.OS, e.Filesystem, e.Fsync.Nanoseconds(), e.Virtualization, e.ClockSource}
	var id int64
	err := a.commit(ctx, "archive the environment", func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `
			select id from environments where (cpu, cores, memory_bytes, kernel, os, filesystem, fsync_ns, virtualization, clock_source)
				= (?, ?, ?, ?, ?, ?, ?, ?, ?)`, values...).Scan(&id)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id, err = insert(ctx, tx, `
			insert into environments (cpu, cores, memory_bytes, kernel, os, filesystem, fsync_ns, virtualization, clock_source)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, values...)
		return err
	})
	return id, err
}

// Workload archives a workload unless it is there. One whose content differs
// from what is archived under its name and version is refused with
// ErrWorkloadChanged.
func (a *Archive) Workload(ctx context.Context, w Workload) error {
	doing := fmt.Sprintf("archive workload %s@%d", w.Name, w.Version)
	return a.commit(ctx, doing, func(tx *sql.Tx) error {
		var archived string
		err := tx.QueryRowContext(ctx, "select sha256 from workloads where name = ? and version = ?", w.Name, w.Version).Scan(&archived)
		switch {
		case err == nil && archived != w.SHA256:
			return &fault{
				text: fmt.Sprintf("workload %s@%d is not the one that archive %s has under that name and version; raise its version to %d, or name another archive with --archive",
					w.Name, w.Version, a.path, w.Version+1),
				kinds: []error{ErrWorkloadChanged},
			}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		_, err = tx.ExecContext(ctx, "insert into workloads (name, version, sha256, definition, source) values (?, ?, ?, ?, ?)",
			w.Name, w.Version, w.SHA256, string(w.Definition), w.Source)
		return err
	})
}

// BeginExperiment archives that an experiment starts now, and returns its id.
func (a *Archive) BeginExperiment(ctx context.Context, e Experiment) (int64, error) {
	_, identity, err := self(ctx)
	if err != nil {
		return 0, fmt.Errorf("begin the experiment: %w", err)
	}
	var id int64
	err = a.commitDurably(ctx, "begin the experiment", func(tx *sql.Tx) (err error) {
		id, err = insert(ctx, tx, "insert into experiments (created_at, seed, plan, command, owner) values (?, ?, ?, ?, ?)",
			stamp(time.Now()), int64(e.Seed), string(e.Plan), e.Command, identity)
		return err
	})
	return id, err
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
				return fmt.Errorf("read the owner: %w", err)
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
func (a *Archive) BeginRun(ctx context.Context, r Run, phases []Phase) (*RunWriter, error) {
	_, identity, err := self(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin run: %w", err)
	}
	params, labels, warnings, err := documents(r)
	if err != nil {
		return nil, fmt.Errorf("begin run: %w", err)
	}
	err = a.commitDurably(ctx, "begin run", func(tx *sql.Tx) (err error) {
		r.ID, err = insert(ctx, tx, `
			insert into runs (experiment, state, started_at, store, store_version, plugin_version, plugin_sha256,
				nodes, setup, guarantees, workload, workload_version, workload_sha256, params, threads, watchers, repeat, seed,
				environment, labels, warnings, owner, position)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Experiment, Running, stamp(time.Now()), r.Store, r.StoreVersion, r.PluginVersion, r.PluginSHA256,
			r.Nodes, string(r.Setup), string(r.Guarantees), r.Workload, r.WorkloadVersion, r.WorkloadSHA256, params, r.Threads, r.Watchers, r.Repeat, int64(r.Seed),
			r.Environment, labels, warnings, identity, r.Position)
		if err != nil {
			return err
		}
		for i, p := range phases {
			_, err := tx.ExecContext(ctx, "insert into phases (run_id, phase, name, warmup) values (?, ?, ?, ?)", r.ID, i, p.Name, p.Warmup)
			if err != nil {
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

// documents returns the JSON of what the archive itself writes as such.
func documents(r Run) (params, labels, warnings string, err error) {
	if r.Params == nil {
		r.Params = map[string]string{}
	}
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	if r.Warnings == nil {
		r.Warnings = []string{}
	}
	var texts [3]string
	for i, v := range []any{r.Params, r.Labels, r.Warnings} {
		data, err := json.Marshal(v)
		if err != nil {
			return "", "", "", err
		}
		texts[i] = string(data)
	}
	return texts[0], texts[1], texts[2], nil
}

func insert(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}
