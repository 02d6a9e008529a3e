package archive

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/benchctl/benchctl/migrations"

	"github.com/benchctl/benchctl/core/record"
)

// TestAnArchiveOfTheFirstSchemaIsUpgraded makes one with a finished run, as the
// first benchctl wrote it, and opens it.
func TestAnArchiveOfTheFirstSchemaIsUpgraded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`insert into environments values (1, 'cpu', 2, 1, 'k', 'os', 'ext4', 1, '', 'tsc')`,
		`insert into workloads values ('w', 1, 'x', '{}', '')`,
		`insert into experiments values (1, '2026-01-02T03:04:05.678Z', 1, '[]', 'benchctl run')`,
		`insert into runs (id, experiment, state, started_at, ended_at, zero_unix_ns, store, store_version, plugin_version, plugin_sha256, nodes, setup, guarantees,
			workload, workload_version, workload_sha256, params, threads, repeat, seed, environment, labels, warnings, owner)
			values (1, 1, 'complete', '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:06.678Z', 1, 's', '', '', '', 1, '{}', '{}', 'w', 1, 'x', '{}', 1, 0, 1, 1, '{}', '[]', '{}')`,
		`insert into phases values (1, 0, 'p', 0, 0, 1000000000, 0)`,
		`insert into summaries (run_id, phase, warmup, op, ops, errors, seconds, throughput, throughput_per_thread, mean_ns, p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, max_ns)
			values (1, 'p', 0, 'get', 10, 0, 1, 10, 10, 1, 2, 3, 4, 5, 6, 7)`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	a := openAt(t, path)
	summaries, err := a.Summaries(t.Context(), 1)
	if err != nil || len(summaries) != 1 {
		t.Fatal(summaries, err)
	}
	// What was measured before there were open loops started when it should have.
	s := summaries[0]
	if got, want := [7]int64{s.ServiceMeanNS, s.ServiceP50NS, s.ServiceP90NS, s.ServiceP95NS, s.ServiceP99NS, s.ServiceP999NS, s.ServiceMaxNS}, [7]int64{1, 2, 3, 4, 5, 6, 7}; got != want {
		t.Errorf("service times %v, want %v", got, want)
	}
	run, err := a.Run(t.Context(), 1)
	if err != nil || run.Watchers != 0 || run.Position >= 0 || run.State != record.Complete {
		t.Errorf("%+v, %v", run, err)
	}
	phases, err := a.Phases(t.Context(), 1)
	if err != nil || len(phases) != 1 || phases[0].Unstarted != 0 {
		t.Error(phases, err)
	}
}
