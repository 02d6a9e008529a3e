package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// answer reads all rows of a query, as text.
func answer(t testing.TB, a *Archive, query string) ([]string, error) {
	t.Helper()
	rows, err := a.Query(t.Context(), query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, fields := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		fields[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(fields...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintln(values...)))
	}
	return lines, rows.Err()
}

func TestQueryRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	a := openAt(t, filepath.Join(dir, "test.db"))
	run, _ := finished(t, a, 1, 2, 100)
	other, err := sql.Open("sqlite3", "other.db")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("create table t (x); insert into t values (1)"); err != nil {
		t.Fatal(err)
	}
	other.Close()
	const (
		readOnly = "a query only reads this archive, so this one was refused: use SELECT"
		several  = "there are several queries, and only one can be answered: ask them one after the other"
		empty    = "the query is empty: write one such as SELECT * FROM runs"
	)
	cases := []struct{ name, query, want string }{
		{"update", "update runs set store = 'x'", readOnly},
		{"delete", "delete from chunks", readOnly},
		{"delete in a query", "with x as (select 1) delete from chunks", readOnly},
		{"insert", "insert into runs default values", readOnly},
		{"replace", "replace into workloads select * from workloads", readOnly},
		{"drop", "drop table runs", readOnly},
		{"create", "create table x (y)", readOnly},
		{"create as", "create table x as select 1", readOnly},
		{"create temporary", "create temp table x (y)", readOnly},
		{"temporary view", "create temp view runs as select 1", readOnly},
		{"trigger", "create trigger x after insert on runs begin select 1; end", several},
		{"virtual table", "create virtual table x using fts4 (y)", readOnly},
		{"alter", "alter table runs rename to x", readOnly},
		{"index", "create index x on runs (store)", readOnly},
		{"reindex", "reindex", readOnly},
		{"analyze", "analyze", readOnly},
		{"vacuum", "vacuum", readOnly},
		{"vacuum into", "vacuum into 'copy.db'", readOnly},
		{"vacuum into an expression", "vacuum main into 'co' || 'py.db'", readOnly},
		{"attach", "attach 'other.db' as v", readOnly},
		{"attach a new file", "attach 'new.db' as v", readOnly},
		{"attach by name", "attach 'file:new.db?mode=rwc' as v", readOnly},
		{"attach memory", "attach ':memory:' as v", readOnly},
		{"detach", "detach main", readOnly},
		{"begin", "begin immediate", readOnly},
		{"savepoint", "savepoint x", readOnly},
		{"explained", "explain delete from runs", readOnly},
		{"update that returns rows", "update runs set store = 'x' returning id", readOnly},
		{"query_only", "pragma query_only = false", readOnly},
		{"query_only as a call", "pragma query_only(0)", readOnly},
		{"trusted schema", "pragma trusted_schema = on", readOnly},
		{"writable schema", "pragma writable_schema = on", readOnly},
		{"application id", "pragma application_id = 1", readOnly},
		{"user version", "pragma user_version = 1", readOnly},
		{"journal mode", "pragma journal_mode = delete", readOnly},
		{"checkpoint", "pragma wal_checkpoint(truncate)", readOnly},
		{"checkpoint as a table", "select * from pragma_wal_checkpoint", "query: "},
		{"temporary files", "pragma temp_store_directory = '.'", readOnly},
		{"optimize", "pragma optimize", readOnly},
		{"extension", "select load_extension('x.so')", "query: not authorized to use function: load_extension"},
		{"tokenizer", "select fts3_tokenizer('x', x'00')", "query: not authorized to use function: fts3_tokenizer"},
		{"after query_only", "pragma query_only = false; delete from runs", several},
		{"attach and write", "pragma query_only=0; attach 'other.db' as v; update v.t set x = 2; select 1", several},
		{"two", "select 1; select 2", several},
		{"two with a comment", "select ';' /* ; */ -- ;\n; select [;]", several},
		{"nothing", "", empty},
		{"comment", " -- nothing\n /* at all */ ; ", empty},
		{"open comment", "/* at all", empty},
		{"no column", "select foo from runs", "query: no such column: foo; docs/format/archive.md lists the tables and columns"},
		{"syntax", "selekt 1", `query: near "selekt": syntax error; docs/format/archive.md lists the tables and columns`},
		{"a gigabyte", "select zeroblob(1000000000)", "query: string or blob too big"},
		{"a gigabyte of a row", "select group_concat(zeroblob(1000000)) from generate, generate", "query: no such table: generate"},
	}
	before := files(t, a.Path())
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := answer(t, a, c.query)
			if !errors.Is(err, ErrQuery) || errors.Is(err, ErrArchive) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	if diff := cmp.Diff(before, files(t, a.Path())); diff != "" {
		t.Error("the archive's files:", diff)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != len(before)+1 { // and the other database
		t.Errorf("left beside the archive: %v (%v)", left, err)
	}
	checkSums(t, a, run)
	sound(t, a)
}

func TestQueriesThatRead(t *testing.T) {
	a := open(t)
	finished(t, a, 1, 2, 100)
	for query, want := range map[string]string{
		"select count(*) from runs;":       "1",
		"select ';' as x ; -- and no more": ";",
		"; ; select 2":                     "2",
		"values (1)":                       "1",
		"with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select sum(i) from n": "15",
		"select count(*) > 5 from pragma_table_info('runs')":                                               "1",
		"pragma application_id":                            "1651401576",
		"pragma quick_check(5)":                            "ok",
		"select max(name) from sqlite_schema":              "workloads_name",
		"select json_extract('{\"a\": [1, 2]}', '$.a[1]')": "2",
		"select 9007199254740993":                          "9007199254740993",
	} {
		if got, err := answer(t, a, query); err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %v (%v), want %s", query, got, err, want)
		}
	}
}

func TestFunctions(t *testing.T) {
	a := open(t)
	values := func(list string) string { return "(select column1 as x from (values " + list + "))" }
	for query, want := range map[string]string{
		"select sqrt(2.25), sqrt(-1), sqrt(null), sqrt('a')":                                          "1.5 <nil> <nil> <nil>",
		"select pow(2, 10), power(9, 0.5), pow(0, -1), pow(2, null)":                                  "1024 3 <nil> <nil>",
		"select ln(1), log(1000), log(2, 8), log10(0.01), log2(8), ln(0), ln(-1)":                     "0 2.9999999999999996 3 -2 3 <nil> <nil>",
		"select exp(0), ceil(1.2), ceiling(-1.2), floor(1.8), trunc(-1.8), mod(7, 4), round(pi(), 4)": "1 2 -1 1 -1 3 3.1416",
		// By nearest rank: 5 is the third of five, 40 of four values the second by 50 %.
		"select median(x) from " + values("(9), (1), (5), (7), (3)"):                     "5",
		"select median(x) from " + values("(10), (20), (30), (40)"):                      "20",
		"select median(x) from " + values("(10), (null), (30), (40)"):                    "30",
		"select median(x), stddev(x) from " + values("(null), (null)"):                   "<nil> <nil>",
		"select median(x), stddev(x) from " + values("(4)"):                              "4 <nil>",
		"select median(x) from " + values("(0.5), (2), (1)"):                             "1",
		"select median(x) from " + values("(9007199254740993), (1), (9007199254740995)"): "9007199254740993",
		// The textbook's example: variance 32/7.
		"select round(stddev(x), 6) from " + values("(2), (4), (4), (4), (5), (5), (7), (9)"):                                                                                                          "2.13809",
		"with recursive n(x) as (select 1 union all select x + 1 from n where x < 1000) select percentile(x, 0), percentile(x, 50), percentile(x, 99), percentile(x, 99.9), percentile(x, 100) from n": "1 500 990 999 1000",
		"select percentile(x, 30), percentile(x, 10) from " + values("(1), (2), (3), (4), (5)"):                                                                                                        "2 1",
	} {
		want = strings.Replace(want, "2.9999999999999996", fmt.Sprint(math.Log10(1000)), 1) // by processor
		if got, err := answer(t, a, query); err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %v (%v), want %s", query, got, err, want)
		}
	}
	for query, want := range map[string]string{
		"select percentile(x, 101) from " + values("(1)"):    "percentile: 101 is not between 0 and 100",
		"select percentile(x, x) from " + values("(1), (2)"): "percentile: the second argument must be the same in all rows",
		"select median(x) from " + values("('a')"):           `percentile: "a" is no number`,
		"select log()": "log has one or two arguments",
	} {
		if _, err := answer(t, a, query); !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}

func TestPercentilesAreThoseOfThreadSeconds(t *testing.T) {
	a := open(t)
	finished(t, a, 2, 3, 2000)
	got, err := answer(t, a, `
		select count(*) from (
			select phase, thread, op, (start_ns + latency_ns) / 1000000000 as second,
				median(start_ns + latency_ns - intended_ns) as p50, percentile(start_ns + latency_ns - intended_ns, 99) as p99
			from samples where run_id = 1 and status = 'ok' group by 1, 2, 3, 4) s
		join thread_seconds t on t.run_id = 1 and t.phase = s.phase and t.thread = s.thread and t.op = s.op and t.second = s.second
		where t.p50_ns = s.p50 and t.p99_ns = s.p99`)
	want, _ := answer(t, a, "select count(*) from thread_seconds where ops > 0")
	if err != nil || len(got) != 1 || got[0] != want[0] || got[0] == "0" {
		t.Errorf("%v of %v agree (%v)", got, want, err)
	}
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

func TestAQueryWithoutARowIsCancelled(t *testing.T) {
	a := open(t)
	finished(t, a, 1, 2, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	rows, err := a.Query(ctx, "select median(s.seq) from samples s, samples s2, samples s3, samples s4")
	if err == nil {
		rows.Next()
		err = rows.Err()
		rows.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
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
