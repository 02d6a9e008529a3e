package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

const (
	repeats    = 6  // of each combination in an experiment
	machines   = 3  // on which they were executed, one after the other
	interval   = 26 // hours from one experiment to the next
	recentRuns = 500
)

// writeCopies adds runs that are like the originals, in experiments that end now.
func writeCopies(ctx context.Context, path string, rng *rand.Rand, originals []original, runs int) (err error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=rw&_foreign_keys=true&_synchronous=off")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := plan(ctx, tx, rng, originals, runs); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := multiply(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// plan makes the table copies: a row for each run that is to be made, with what
// differs from its original.
func plan(ctx context.Context, tx *sql.Tx, rng *rand.Rand, originals []original, runs int) error {
	_, err := tx.ExecContext(ctx, `
		create temp table begun (id integer primary key, uid text, load integer, created_at text);
		create temp table copies (id integer primary key, uid text, original integer, experiment integer, position integer, repeat integer,
			state text, error text, warnings text, started_at text, ended_at text, zero_unix_ns integer, environment integer, faster real, recent integer)`)
	if err != nil {
		return err
	}
	byLoad := map[int][]original{}
	for _, o := range originals {
		byLoad[o.load] = append(byLoad[o.load], o)
	}
	size := len(byLoad[0]) * repeats
	count := (runs + size - 1) / size
	insert, err := tx.PrepareContext(ctx, "insert into copies values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	id, made := int64(len(originals)), 0
	for e := range count {
		load := e % len(loads)
		experiment := int64(len(loads) + e + 1)
		began := time.Now().Add(-time.Duration(count-e) * interval * time.Hour).UTC()
		if _, err := tx.ExecContext(ctx, "insert into begun values (?, ?, ?, ?)", experiment, uuid.Must(uuid.NewV7()).String(), load, stamp(began)); err != nil {
			return err
		}
		combinations := byLoad[load]
		for position := range min(size, runs-made) {
			id, made = id+1, made+1
			started := began.Add(time.Duration(position) * 9 * time.Second)
			state, failure, warnings := "complete", any(nil), "[]"
			switch chance := rng.IntN(100); {
			case chance < 2:
				state, failure = "failed", "node node-1 ended before it served (exit status 1)"
			case chance < 3:
				state = "interrupted"
			case chance < 12:
				warnings = `["load generator and nodes together used all of the machine's 8 cores: the throughput is what the machine gives them"]`
			}
			// One machine is faster than the next, and nothing is the same twice.
			faster := (1 + 0.1*float64(e*machines/count)) * math.Exp(0.04*rng.NormFloat64())
			_, err := insert.ExecContext(ctx, id, uuid.Must(uuid.NewV7()).String(), combinations[position%len(combinations)].id, experiment, position, position/len(combinations),
				state, failure, warnings, stamp(started), stamp(started.Add(7*time.Second)), started.UnixNano(), 1+e*machines/count, faster, made > runs-recentRuns)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// multiply copies the rows of the originals. What is not named here is copied as
// it is, whatever columns there are.
func multiply(ctx context.Context, tx *sql.Tx) error {
	inTime := func(columns string) map[string]string { // which are shorter on a faster machine
		others := map[string]string{"run_id": "c.id"}
		for _, name := range strings.Fields(columns) {
			others[name] = fmt.Sprintf("cast(t.%s / c.faster as integer)", name)
		}
		return others
	}
	summaries := inTime("mean_ns p50_ns p90_ns p95_ns p99_ns p999_ns max_ns service_mean_ns service_p50_ns service_p90_ns service_p95_ns service_p99_ns service_p999_ns service_max_ns")
	summaries["seconds"], summaries["throughput"], summaries["throughput_per_thread"] = "t.seconds / c.faster", "t.throughput * c.faster", "t.throughput_per_thread * c.faster"
	run := map[string]string{}
	for _, name := range strings.Fields("id uid experiment position repeat state error warnings started_at ended_at zero_unix_ns environment") {
		run[name] = "c." + name
	}
	for _, step := range []struct {
		table, from string
		others      map[string]string
	}{
		{"environments", "environments t, (select 2 as id union select 3) c where t.id = 1", map[string]string{"id": "c.id", "memory_bytes": "t.memory_bytes * c.id"}},
		{"experiments", "begun c join experiments t on t.id = c.load + 1", map[string]string{"id": "c.id", "uid": "c.uid", "created_at": "c.created_at"}},
		{"runs", "copies c join runs t on t.id = c.original", run},
		{"phases", "copies c join phases t on t.run_id = c.original", map[string]string{"run_id": "c.id", "samples": "case c.state when 'failed' then 0 else t.samples end"}},
		{"summaries", "copies c join summaries t on t.run_id = c.original where c.state != 'failed' order by c.id, t.rowid", summaries},
		{"verdicts", "copies c join verdicts t on t.run_id = c.original where c.state = 'complete'", map[string]string{"run_id": "c.id"}},
		{"node_seconds", "copies c join node_seconds t on t.run_id = c.original", map[string]string{"run_id": "c.id"}},
		{"thread_seconds", "copies c join thread_seconds t on t.run_id = c.original where c.recent and c.state != 'failed'", inTime("mean_ns p50_ns p99_ns max_ns")},
	} {
		rows, err := tx.QueryContext(ctx, "select name from pragma_table_info(?)", step.table)
		if err != nil {
			return err
		}
		var names, values []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return errors.Join(err, rows.Close())
			}
			value, other := step.others[name]
			if !other {
				value = "t." + name
			}
			names, values = append(names, name), append(values, value)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("insert into %s (%s) select %s from %s", step.table, strings.Join(names, ", "), strings.Join(values, ", "), step.from))
		if err != nil {
			return fmt.Errorf("multiply %s: %w", step.table, err)
		}
	}
	return nil
}
