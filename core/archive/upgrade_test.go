package archive

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pressly/goose/v3"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/migrations"
)

// ofSchema returns the path of an archive that an older benchctl has written.
// Those of schema 3 and 4 are real ones: complete runs of two stores, one that
// was interrupted, one that lost its node, and in that of schema 3 one whose
// benchctl was killed.
func ofSchema(t *testing.T, version int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.db")
	if version >= 3 {
		data, err := os.ReadFile(fmt.Sprintf("testdata/schema%d.db", version))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	db := plainly(t, path)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`pragma journal_mode = wal`,
		`insert into environments values (1, 'cpu', 2, 1, 'k', 'os', 'ext4', 1, '', 'tsc')`,
		`insert into workloads values ('w', 1, 'x', '{}', '')`,
		`insert into experiments (id, created_at, seed, plan, command) values (1, '2026-01-02T03:04:05.678Z', 1, '[]', 'benchctl run')`,
		`insert into runs (id, experiment, state, started_at, ended_at, zero_unix_ns, store, store_version, plugin_version, plugin_sha256, nodes, setup, guarantees,
			workload, workload_version, workload_sha256, params, threads, repeat, seed, environment, labels, warnings, owner)
			values (1, 1, 'complete', '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:06.678Z', 1, 's', '', '', '', 1, '{}', '{}', 'w', 1, 'x', '{}', 1, 0, 1, 1, '{}', '[]', '{}')`,
		`insert into phases (run_id, phase, name, warmup, started_ns, ended_ns, samples) values (1, 0, 'p', 0, 0, 1000000000, 10)`,
		`insert into summaries (run_id, phase, warmup, op, ops, errors, seconds, throughput, throughput_per_thread, mean_ns, p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, max_ns)
			values (1, 'p', 0, 'get', 10, 0, 1, 10, 10, 1, 2, 3, 4, 5, 6, 7)`,
		`insert into thread_seconds values (1, 'p', 0, 0, 'get', 0, 10, 0, 1, 1, 1, 1)`,
		`insert into node_seconds (run_id, node, second, cpu_seconds, rss_bytes, read_bytes, written_bytes) values (1, 'n', 0, 0.5, 1, 2, 3)`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	chunk := sample.NewEncoder().Append(nil, likely(rand.New(rand.NewPCG(1, 1)), 0, 10, 5))
	if _, err := db.Exec("insert into chunks values (1, 1, 0, 0, 0, 10, ?)", chunk); err != nil {
		t.Fatal(err)
	}
	return path
}

// plainly opens a database as any other program would.
func plainly(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := connect(path, "mode=rwc", 1)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func openReadOnly(t *testing.T, path string) *Archive {
	t.Helper()
	a, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return a
}

// contents is all that an archive's methods return.
type contents struct {
	Runs          []record.Run
	Experiments   []record.Experiment
	Environments  []record.Environment
	Workloads     []record.Workload
	Phases        []record.Phase
	Histograms    []record.Summary
	ThreadSeconds []record.ThreadSecond
	Verdicts      []record.Verdict
	NodeSeconds   [][]record.NodeSecond
	Processes     [][]record.Process
	Events        [][]record.Event
	Samples       int64
}

func contentsOf(t *testing.T, a *Archive) contents {
	t.Helper()
	var c contents
	var errs []error
	ctx := t.Context()
	note := func(err error) { errs = append(errs, err) }
	var err error
	c.Runs, err = a.Runs(ctx)
	note(err)
	c.Experiments, err = a.Experiments(ctx)
	note(err)
	c.Environments, err = a.Environments(ctx)
	note(err)
	c.Workloads, err = a.Workloads(ctx)
	note(err)
	c.Phases, err = a.Phases(ctx)
	note(err)
	note(a.Histograms(ctx, func(s record.Summary) error { c.Histograms = append(c.Histograms, s); return nil }))
	summaries, err := a.Summaries(ctx)
	note(err)
	if diff := cmp.Diff(c.Histograms, summaries, cmpopts.IgnoreFields(record.Summary{}, "HDR")); diff != "" {
		t.Error("summaries and histograms:", diff)
	}
	c.ThreadSeconds, err = a.ThreadSeconds(ctx)
	note(err)
	c.Verdicts, err = a.Verdicts(ctx)
	note(err)
	for _, r := range c.Runs {
		seconds, err := a.NodeSeconds(ctx, r.ID)
		note(err)
		processes, err := a.Processes(ctx, r.ID)
		note(err)
		events, err := a.Events(ctx, r.ID)
		note(err)
		c.NodeSeconds, c.Processes, c.Events = append(c.NodeSeconds, seconds), append(c.Processes, processes), append(c.Events, events)
	}
	c.Samples = one[int64](t, a, "select count(*) from samples")
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestAnOldArchiveIsReadAsItIs(t *testing.T) {
	for version := int64(1); version < Schema; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			path := ofSchema(t, version)
			before := files(t, path)
			a := openReadOnly(t, path)
			read := contentsOf(t, a)
			if len(read.Runs) == 0 || len(read.Histograms) == 0 {
				t.Error("it shows nothing")
			}
			for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(page(t), -1) {
				rows, err := a.Query(t.Context(), block[1])
				if err != nil {
					t.Fatal(err)
				}
				for rows.Next() {
				}
				if err := rows.Err(); err != nil {
					t.Errorf("%s: %v", block[1], err)
				}
				rows.Close()
			}
			if info, err := a.Info(t.Context()); err != nil || info.Schema != version {
				t.Error(info, err)
			}
			if version == 3 { // the others are of no samples
				sound(t, a)
			}
			closeNow(t, a)
			if diff := cmp.Diff(before, files(t, path)); diff != "" {
				t.Error("reading changed the files:", diff)
			}

			open := openReadOnly(t, path)
			contentsOf(t, open)
			if _, err := prepare(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			for name, a := range map[string]*Archive{"the upgraded archive": openReadOnly(t, path), "one that was open meanwhile": open} {
				if diff := cmp.Diff(read, contentsOf(t, a), cmpopts.IgnoreFields(record.Run{}, "UID"), cmpopts.IgnoreFields(record.Experiment{}, "UID")); diff != "" {
					t.Errorf("%s shows something else: %s", name, diff)
				}
			}
		})
	}
}

// rowsOf returns the rows of every table, as text, with the columns that are
// named, or all of them; and where each table begins in the file.
func rowsOf(t *testing.T, path string, only map[string][]string) (rows map[string][]string, columns map[string][]string, begin map[string]int) {
	t.Helper()
	db := plainly(t, path)
	defer db.Close()
	rows, columns, begin = map[string][]string{}, map[string][]string{}, map[string]int{}
	tables, err := db.Query("select name, rootpage from sqlite_schema where type = 'table' and name not like 'goose%' and name not like 'sqlite%'")
	if err != nil {
		t.Fatal(err)
	}
	for tables.Next() {
		var name string
		var page int
		if err := tables.Scan(&name, &page); err != nil {
			t.Fatal(err)
		}
		begin[name] = page
	}
	for name := range begin {
		list := "*"
		if only != nil {
			list = strings.Join(only[name], ", ")
		}
		found, err := db.Query("select " + list + " from " + name)
		if err != nil {
			t.Fatal(err)
		}
		columns[name], _ = found.Columns()
		for found.Next() {
			values := make([]any, len(columns[name]))
			for i := range values {
				values[i] = new(any)
			}
			if err := found.Scan(values...); err != nil {
				t.Fatal(err)
			}
			line := ""
			for _, v := range values {
				if blob, ok := (*v.(*any)).([]byte); ok {
					line += hex.EncodeToString(blob) + "|"
					continue
				}
				line += fmt.Sprintf("%#v|", *v.(*any))
			}
			rows[name] = append(rows[name], line)
		}
		slices.Sort(rows[name])
	}
	return rows, columns, begin
}

func TestUpgradingLosesNothing(t *testing.T) {
	for version := int64(1); version < Schema; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			path := ofSchema(t, version)
			before, columns, begin := rowsOf(t, path, nil)
			from, err := prepare(t.Context(), path)
			if err != nil || from != version {
				t.Fatal(from, err)
			}
			if version < 3 {
				columns["verdicts"] = []string{"*"}
			}
			columns["failures"] = []string{"*"}
			after, _, moved := rowsOf(t, path, columns)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Error(diff)
			}
			if begin["chunks"] != moved["chunks"] {
				t.Error("the chunks were copied")
			}
			db := plainly(t, path)
			defer db.Close()
			var broken int
			if err := db.QueryRow("select count(*) from pragma_foreign_key_check").Scan(&broken); err != nil || broken > 0 {
				t.Errorf("%d broken references, %v", broken, err)
			}
			if version == 3 { // the others are of no samples
				sound(t, openReadOnly(t, path))
			}
		})
	}
}

func TestUIDsOfOldRunsFollowFromTheRuns(t *testing.T) {
	var copies []contents
	for range 2 {
		path := ofSchema(t, 3)
		if _, err := prepare(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, contentsOf(t, openReadOnly(t, path)))
	}
	if diff := cmp.Diff(copies[0], copies[1]); diff != "" {
		t.Error("two copies that were upgraded differ:", diff)
	}
	seen := map[string]bool{}
	for _, r := range copies[0].Runs {
		seen[r.UID] = true
	}
	for _, e := range copies[0].Experiments {
		seen[e.UID] = true
	}
	if len(seen) != len(copies[0].Runs)+len(copies[0].Experiments) {
		t.Errorf("%d uids", len(seen))
	}
	for uid := range seen {
		if !regexp.MustCompile("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[ab][0-9a-f]{3}-[0-9a-f]{12}$").MatchString(uid) {
			t.Errorf("uid %q", uid)
		}
	}
}

func TestAnUpgradedArchiveIsWrittenOn(t *testing.T) {
	path := ofSchema(t, 3)
	db := plainly(t, path) // as somebody else's, which stays
	if _, err := db.Exec("create view mine as select store, count(*) as n from runs group by store"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	a := openAt(t, path)
	if diff := cmp.Diff(Changes{From: 3, Settled: []int64{19}}, a.Changes()); diff != "" {
		t.Error(diff)
	}
	if run, err := a.Run(t.Context(), 19); err != nil || run.State != record.Interrupted || run.EndedAt.IsZero() {
		t.Error(run, err)
	}
	if n := one[int64](t, a, "select count(*) from summaries where run_id = 19"); n == 0 {
		t.Error("no summaries of the run that was settled")
	}
	run, _ := finished(t, a, 2, 3, 100)
	if run != 20 {
		t.Errorf("the next run is %d", run)
	}
	if n := one[int64](t, a, "select sum(n) from mine"); n != 20 {
		t.Errorf("the view shows %d runs", n)
	}
	checkSums(t, a, run)
	sound(t, a)
	if changes := openAt(t, path).Changes(); changes.From != Schema || changes.Settled != nil {
		t.Errorf("opened once more: %+v", changes)
	}
}

// TestServiceTimesOfTheFirstSchema: what was measured before there were open
// loops started when it should have.
func TestServiceTimesOfTheFirstSchema(t *testing.T) {
	a := openReadOnly(t, ofSchema(t, 1))
	summaries, err := a.Summaries(t.Context(), 1)
	if err != nil || len(summaries) != 1 {
		t.Fatal(summaries, err)
	}
	s := summaries[0]
	if got, want := [7]int64{s.ServiceMeanNS, s.ServiceP50NS, s.ServiceP90NS, s.ServiceP95NS, s.ServiceP99NS, s.ServiceP999NS, s.ServiceMaxNS}, [7]int64{1, 2, 3, 4, 5, 6, 7}; got != want {
		t.Errorf("service times %v, want %v", got, want)
	}
	run, err := a.Run(t.Context(), 1)
	if err != nil || run.Watchers != 0 || run.Position >= 0 || run.State != record.Complete {
		t.Errorf("%+v, %v", run, err)
	}
}
