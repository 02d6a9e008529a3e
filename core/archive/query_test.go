package archive

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

func TestQuery(t *testing.T) {
	a := open(t)
	run, _ := finished(t, a, 2, 3, 100)
	rows, err := a.Query(t.Context(), "select phase, thread, count(*) from samples where run_id = ? group by 1, 2 order by 1, 2", run)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var phase string
		var thread, count int64
		if err := rows.Scan(&phase, &thread, &count); err != nil {
			t.Fatal(err)
		}
		if count != 300 {
			t.Errorf("%s, thread %d: %d samples", phase, thread, count)
		}
		got = append(got, phase)
	}
	if diff := cmp.Diff([]string{"create", "create", "mixed", "mixed", "warm", "warm"}, got); diff != "" || rows.Err() != nil {
		t.Error(rows.Err(), diff)
	}
}

func TestQueryRefuses(t *testing.T) {
	a := open(t)
	run, _ := finished(t, a, 1, 2, 100)
	const readOnly = "a query only reads, so this one was refused: use SELECT"
	cases := []struct{ name, query, want string }{
		{"update", "update runs set store = 'x'", readOnly},
		{"delete", "delete from chunks", readOnly},
		{"drop", "drop table runs", readOnly},
		{"create", "create table x (y)", readOnly},
		{"update that returns rows", "update runs set store = 'x' returning id", readOnly},
		{"after query_only", "pragma query_only = false; delete from runs", readOnly},
		{"no column", "select foo from runs", "query: no such column: foo; docs/format/archive.md lists the tables and columns"},
		{"syntax", "selekt 1", `query: near "selekt": syntax error; docs/format/archive.md lists the tables and columns`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rows, err := a.Query(t.Context(), c.query)
			if err == nil {
				defer rows.Close()
				for rows.Next() {
				}
				err = rows.Err()
			}
			if !errors.Is(err, ErrQuery) || errors.Is(err, ErrArchive) || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	checkSums(t, a, run)
	sound(t, a)
}

func TestQueryCanBeCancelled(t *testing.T) {
	a := open(t)
	finished(t, a, 1, 2, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := a.Query(ctx, "select s.seq from samples s, samples s2, samples s3")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for n := 0; rows.Next(); n++ {
		if n == 10 {
			cancel()
		}
	}
	if err := rows.Err(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	cancel()
}

// change alters an archive as a failing disk or another program might.
func change(t *testing.T, a *Archive, query string) {
	t.Helper()
	err := a.commit(t.Context(), "change", func(tx *sql.Tx) error {
		if _, err := tx.Exec("pragma defer_foreign_keys = true"); err != nil {
			return err
		}
		result, err := tx.Exec(query)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			t.Errorf("%s changed nothing (%v)", query, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	const flip = "update chunks set data = cast(substr(data, 1, length(data) - 1) || x'5a' as blob) where run_id = 1 and phase = 1 and thread = 0 and first = 300"
	cases := []struct{ name, change, want string }{
		{"chunk", flip, "run 1: chunk 9: run 1, phase create, thread 0, chunk from sample 300: damaged chunk: checksum"},
		{"lost chunk", "delete from chunks where run_id = 1 and phase = 1 and thread = 0 and first = 300", "run 1: chunk 11: run 1, phase create, thread 0, chunk from sample 600: the samples before it end at 300"},
		{"lost last chunk", "delete from chunks where run_id = 1 and phase = 1 and thread = 0 and first = 600", "run 1: phase create has 1500 samples, and phases says 1800"},
		{"count", "update chunks set count = 299 where run_id = 1 and phase = 2 and thread = 1 and first = 600", "it holds 300 samples, should hold 299"},
		{"summary", "update summaries set p99_ns = p99_ns + 1 where run_id = 1 and phase = 'create' and op = 'get'", "run 1: summaries does not follow from the samples: create, get"},
		{"histogram", "update summaries set hdr = (select hdr from summaries where op = 'create' limit 1) where run_id = 1 and phase = 'create' and op = 'get'", "run 1: summaries does not follow from the samples: create, get"},
		{"lost summary", "delete from summaries where run_id = 1 and phase = 'create' and op = 'get'", "run 1: summaries lacks a row: create, get"},
		{"invented summary", "insert into summaries (run_id, phase, warmup, op, ops, errors, seconds, throughput, throughput_per_thread) select run_id, phase, warmup, 'list', ops, errors, seconds, throughput, throughput_per_thread from summaries where run_id = 1 and phase = 'create' and op = 'get'", "run 1: summaries has a row that no sample accounts for: create, list"},
		{"thread-second", "update thread_seconds set ops = ops + 1 where run_id = 1 and phase = 'mixed' and thread = 1 and op = 'get'", "run 1: thread_seconds does not follow from the samples: mixed, thread 1, get, second"},
		{"lost thread-second", "delete from thread_seconds where run_id = 1 and phase = 'mixed' and thread = 1 and op = 'get'", "run 1: thread_seconds lacks a row: mixed, thread 1, get, second"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := open(t)
			finished(t, a, 2, 3, 300)
			finished(t, a, 1, 1, 30)
			sound(t, a)
			change(t, a, c.change)
			var done, total int64
			v, err := a.Verify(t.Context(), func(d, n int64) { done, total = d, n })
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Problems) == 0 || !strings.Contains(v.Problems[0].String(), c.want) {
				t.Errorf("found %v, want %s", v.Problems, c.want)
			}
			if err := v.Err(a.Path()); !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			if done != total || done != v.Chunks || v.Runs != 2 {
				t.Errorf("%d of %d chunks done, %d runs", done, total, v.Runs)
			}
		})
	}
	t.Run("reference", func(t *testing.T) {
		a := open(t)
		finished(t, a, 1, 1, 30)
		db, err := connect(a.Path(), "mode=rw", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("pragma foreign_keys = false; delete from experiments"); err != nil {
			t.Fatal(err)
		}
		v, err := a.Verify(t.Context(), nil)
		if err != nil || len(v.Problems) != 1 || v.Problems[0].Text != "a row of runs (rowid 1) refers to one of experiments that is not there" {
			t.Error(v, err)
		}
	})
}

func TestSamplesOfADamagedChunk(t *testing.T) {
	a := open(t)
	run, _ := finished(t, a, 1, 3, 300)
	change(t, a, "update chunks set data = cast(data || x'00' as blob) where id = 2")
	rows, err := a.Query(t.Context(), "select count(*) from samples")
	if err == nil {
		defer rows.Close()
		for rows.Next() {
		}
		err = rows.Err()
	}
	const want = "run 1, thread 0, chunk 2: damaged chunk: checksum"
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
		t.Errorf("SQL: %v", err)
	}
	if err := a.Samples(t.Context(), run, func(sample.Header, []sample.Sample) error { return nil }); !errors.Is(err, ErrDamaged) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Go: %v", err)
	}
}

func TestOrphanWithADamagedChunk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	c := startChild(t, "hold", path)
	c.says(t, "running")
	a := openAt(t, path)
	change(t, a, "insert into chunks (run_id, phase, thread, first, count, data) values (1, 0, 0, 0, 1, x'00')")
	c.Process.Kill()
	c.Wait()
	b := openAt(t, path)
	run, err := b.Run(t.Context(), 1)
	if err != nil || run.State != record.Interrupted || len(run.Warnings) != 1 || !strings.Contains(run.Warnings[0], "no summaries: run 1, phase warm, thread 0") {
		t.Error(run.State, run.Warnings, err)
	}
}

func TestInfo(t *testing.T) {
	a := open(t)
	empty, err := a.Info(t.Context())
	if err != nil || empty.Schema != Schema || empty.Samples != 0 || !empty.First.IsZero() || len(empty.Tables) != 12 {
		t.Error(empty, err)
	}
	finished(t, a, 2, 3, 100)
	finished(t, a, 1, 1, 50)
	info, err := a.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Path != a.Path() || info.Bytes < 4096 || info.Experiments != 2 || info.Runs[record.Complete] != 2 || info.Samples != 3*2*3*100+3*50 || info.Last.Before(info.First) {
		t.Error(info)
	}
	for _, table := range info.Tables {
		rows := one[int64](t, a, "select count(*) from "+table.Name)
		if table.Rows != rows || (table.Bytes > 0) != (rows > 0) {
			t.Errorf("%+v, but there are %d rows", table, rows)
		}
		if want := one[int64](t, a, "select coalesce(sum(length(data)), 0) + 48 * count(*) from chunks"); table.Name == "chunks" && table.Bytes != want {
			t.Errorf("chunks have %d bytes, want %d", table.Bytes, want)
		}
	}
}
