package samplestable

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

const schema = `
	create table runs (id integer primary key, ended_at text) strict;
	create table phases (run_id integer, phase integer, name text, samples integer, primary key (run_id, phase)) strict;
	create table chunks (id integer primary key, run_id integer, phase integer, thread integer, first integer, count integer, data blob) strict;
	create unique index chunks_order on chunks (run_id, phase, thread, first);
	insert into runs values (1, 'then'), (2, 'then');
	insert into phases values (1, 0, 'warm', 12), (1, 1, 'create', 12), (1, 2, 'not begun', 0), (2, 0, 'create', 12);`

// open returns a database in memory with two runs: for each phase two threads
// with two chunks of three samples. The latencies count up from 0.
func open(t testing.TB) *sql.DB {
	t.Helper()
	if err := Register(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(schema); err != nil {
		t.Fatal(err)
	}
	encoder := sample.NewEncoder()
	latency := int64(0)
	for _, phase := range [][2]int{{1, 0}, {1, 1}, {2, 0}} {
		for thread := range 2 {
			for first := 0; first < 6; first += 3 {
				samples := make([]sample.Sample, 3)
				for i := range samples {
					samples[i] = sample.Sample{Intended: 5, Start: 7, Latency: latency, Op: sample.OpGet}
					latency++
				}
				samples[2].Op, samples[2].Status = 200, sample.Timeout
				_, err := db.Exec("insert into chunks (run_id, phase, thread, first, count, data) values (?, ?, ?, ?, 3, ?)",
					phase[0], phase[1], thread, first, encoder.Append(nil, samples))
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return db
}

// lines returns the rows of a query, one line each.
func lines(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var found []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		var line []string
		for _, v := range values {
			line = append(line, fmt.Sprint(*v.(*any)))
		}
		found = append(found, strings.Join(line, " "))
	}
	return found, rows.Err()
}

func TestQueries(t *testing.T) {
	db := open(t)
	cases := []struct{ name, query, want string }{
		{"columns", "select * from samples limit 3",
			"1 warm 0 0 get ok 5 7 0|1 warm 0 1 get ok 5 7 1|1 warm 0 2 op-200 timeout 5 7 2"},
		{"all", "select count(*), count(distinct rowid), sum(latency_ns) from samples", "36 36 630"},
		{"run", "select count(*), min(latency_ns) from samples where run_id = 2", "12 24"},
		{"run as text", "select count(*) from samples where run_id = '2'", "12"},
		{"phase", "select run_id, count(*) from samples where phase = 'create' group by 1", "1 12|2 12"},
		{"phase in another collation", "select count(*) from samples where phase = 'CREATE' collate nocase", "24"},
		{"phase in another case", "select count(*) from samples where phase = 'CREATE'", "0"},
		{"thread", "select count(*), min(latency_ns) from samples where thread = 1", "18 6"},
		{"all three", "select seq, latency_ns from samples where run_id = 1 and phase = 'create' and thread = 1", "0 18|1 19|2 20|3 21|4 22|5 23"},
		{"several runs", "select run_id, count(*) from samples where run_id in (2, 1, 7) group by run_id", "1 24|2 12"},
		{"range", "select count(*) from samples where run_id > 1", "12"},
		{"no run", "select count(*) from samples where run_id = 9", "0"},
		{"null", "select count(*) from samples where run_id = null", "0"},
		{"contradiction", "select count(*) from samples where run_id = 1 and run_id = 2", "0"},
		{"join", "select p.run_id, p.name, max(s.latency_ns) from phases p join samples s on s.run_id = p.run_id and s.phase = p.name group by 1, 2 order by 3", "1 warm 11|1 create 23|2 create 35"},
		{"with itself", "select count(*) from samples a join samples b on a.run_id = b.run_id and a.thread = b.thread and a.seq = b.seq and b.phase = 'warm'", "24"},
		{"rowid", "select latency_ns from samples where rowid = (select max(rowid) from samples)", "35"},
		{"other operations", "select op, count(*) from samples where status != 'ok' group by op", "op-200 12"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := lines(db, c.query)
			if err != nil || strings.Join(got, "|") != c.want {
				t.Errorf("%s (%v), want %s", strings.Join(got, "|"), err, c.want)
			}
		})
	}
}

func TestConditionsAreLookedUp(t *testing.T) {
	db := open(t)
	for condition, want := range map[string]int{
		"true":       0,
		"run_id = 1": 1, "phase = 'x'": 2, "thread = 1": 4,
		"run_id = 1 and phase = 'x' and thread = 1 and op = 'get'": 7,
		"phase = 'x' collate nocase":                               0,
		"run_id > 1":                                               0,
	} {
		plan, err := lines(db, "explain query plan select * from samples where "+condition)
		if err != nil || !slices.ContainsFunc(plan, func(line string) bool {
			return strings.Contains(line, fmt.Sprintf("VIRTUAL TABLE INDEX %d:", want))
		}) {
			t.Errorf("%s: %v (%v), want index %d", condition, plan, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	cases := []struct{ name, change, query, want string }{
		{"checksum", "update chunks set data = cast(data || x'00' as blob) where id = 7", "select count(*) from samples", "run 1, thread 1, chunk 7: damaged chunk: checksum"},
		{"count", "update chunks set count = 4 where id = 2", "select count(*) from samples", "run 1, thread 0, chunk 2: damaged chunk: it holds 3 samples, should hold 4"},
		{"too few", "update chunks set count = 2 where id = 1", "select count(*) from samples", "chunk 1: damaged chunk: it holds 3 samples, should hold 2"},
		{"impossible count", "update chunks set count = 70000 where id = 2", "select count(*) from samples", "chunk 2: damaged chunk: a count of 70000"},
		{"empty", "update chunks set data = x'' where id = 2", "select count(*) from samples", "chunk 2: damaged chunk: 0 bytes are too few"},
		{"lost first chunk", "delete from chunks where id = 1", "select count(*) from samples", "run 1, thread 0, chunk 2: it begins at sample 3, and the samples before it end at 0"},
		{"lost last chunk", "delete from chunks where id = 2", "select count(*) from samples", "run 1, phase warm: chunks with 9 samples are there, and it has 12"},
		{"lost chunk of another thread", "delete from chunks where id = 2", "select count(*) from samples where run_id = 1 and thread = 1", "run 1, phase warm: chunks with 9 samples are there, and it has 12"},
		{"lost thread", "delete from chunks where run_id = 2 and thread = 1", "select count(*) from samples where run_id = 2 and thread = 1", "run 2, phase create: chunks with 6 samples are there, and it has 12"},
		{"lost chunks of a phase", "delete from chunks where run_id = 1 and phase = 1", "select count(*) from samples", "the chunks of 2 phases are there, and 3 have samples"},
		{"lost chunks of the phase", "delete from chunks where run_id = 1 and phase = 1", "select count(*) from samples where run_id = 1 and phase = 'create'", "the chunks of 1 phases are there, and 2 have samples"},
		{"lost chunks of a run", "delete from chunks where run_id = 2", "select count(*) from samples where run_id = 2", "the chunks of 0 phases are there, and 1 have samples"},
		{"lost phase", "delete from phases where run_id = 1 and phase = 1", "select count(*) from samples where run_id = 1", "run 1, chunk 5: its phase is not there"},
		{"two chunks in one place", "update chunks set first = 2 where id = 2", "select count(*) from samples", "run 1, thread 0, chunk 2: it begins at sample 2, and the samples before it end at 3"},
		{"no tables", "drop table chunks", "select count(*) from samples", "no such table"},
		{"write", "", "delete from samples", "table samples may not be modified"},
		{"create", "", "create virtual table other using samples", "no such module"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			db := open(t)
			if _, err := db.Exec(c.change); err != nil {
				t.Fatal(err)
			}
			got, err := lines(db, c.query)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v (%v), want %s", got, err, c.want)
			}
		})
	}
	t.Run("a run that is under way or was not summarised", func(t *testing.T) {
		db := open(t)
		if _, err := db.Exec("update runs set ended_at = null where id = 1; update phases set samples = 0; delete from chunks where id = 2"); err != nil {
			t.Fatal(err)
		}
		if got, err := lines(db, "select count(*) from samples"); err != nil || got[0] != "33" {
			t.Error(got, err)
		}
	})
	t.Run("a sound part can be read", func(t *testing.T) {
		db := open(t)
		if _, err := db.Exec(cases[0].change); err != nil {
			t.Fatal(err)
		}
		if got, err := lines(db, "select count(*) from samples where run_id = 2"); err != nil || got[0] != "12" {
			t.Error(got, err)
		}
	})
}

func TestRowsOutliveTheWalk(t *testing.T) {
	db := open(t)
	// The sorter keeps texts of all chunks at once.
	got, err := lines(db, "select phase, op, latency_ns from samples order by latency_ns desc limit 1")
	if err != nil || got[0] != "create op-200 35" {
		t.Error(got, err)
	}
}
