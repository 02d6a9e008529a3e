package archive

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/benchctl/benchctl/migrations"

	"github.com/benchctl/benchctl/core/record"
)

func TestAnExperimentIsResumedWhenItsProcessIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	c := startChild(t, "hold", path)
	c.says(t, "running")
	a := openAt(t, path)
	err := a.ResumeExperiment(t.Context(), 1)
	if !errors.Is(err, ErrUnderWay) || errors.Is(err, ErrArchive) || !strings.HasPrefix(err.Error(), "experiment 1 is being run by process ") {
		t.Errorf("while it runs: %v", err)
	}
	c.in.Close()
	c.wait(t)
	for range 2 { // whose it is already
		if err := a.ResumeExperiment(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	me, _, err := self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if pid := one[int](t, a, "select owner ->> 'pid' from experiments"); pid != me.PID {
		t.Errorf("it belongs to %d, want %d", pid, me.PID)
	}
	if err := a.ResumeExperiment(t.Context(), 2); !errors.Is(err, ErrNoExperiment) {
		t.Errorf("one that is not there: %v", err)
	}
	sound(t, a)
}

func TestRunsOfAnExperiment(t *testing.T) {
	a := open(t)
	first, _ := finished(t, a, 1, 1, 10) // each of an experiment of its own
	second, _ := finished(t, a, 1, 1, 10)
	runs, err := a.RunsOf(t.Context(), 2)
	if err != nil || len(runs) != 1 || runs[0].ID != second || runs[0].ID == first || runs[0].Position != 4 {
		t.Errorf("%+v, %v", runs, err)
	}
	if runs, err := a.RunsOf(t.Context(), 9); err != nil || len(runs) != 0 {
		t.Errorf("of one that is not there: %+v, %v", runs, err)
	}
}

// TestArchivesOfSchema1 opens an archive as the first version left it.
func TestArchivesOfSchema1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := connect(path, "mode=rwc&_txlock=immediate", 1)
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
	if _, err := db.ExecContext(t.Context(), `
		insert into environments values (1, 'cpu', 2, 1, '6.1', 'linux', 'ext4', 1, '', 'tsc');
		insert into workloads values ('w', 1, 'ghi', '{}', '');
		insert into experiments values (1, '2026-05-04T03:02:01.123Z', 7, '[]', 'benchctl run');
		insert into runs (id, experiment, state, started_at, ended_at, store, store_version, plugin_version, plugin_sha256, nodes, setup, guarantees,
			workload, workload_version, workload_sha256, params, threads, repeat, seed, environment, labels, warnings, owner)
		values (1, 1, 'complete', '2026-05-04T03:02:01.123Z', '2026-05-04T03:02:02.123Z', 'memory', '', '0.1', 'def', 1, '{}', '{}',
			'w', 1, 'ghi', '{}', 1, 0, 7, 1, '{}', '[]', '{}')`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	a := openAt(t, path)
	run, err := a.Run(t.Context(), 1)
	if err != nil || run.Position != -1 || run.State != record.Complete {
		t.Errorf("%+v, %v", run, err)
	}
	if err := a.ResumeExperiment(t.Context(), 1); err != nil {
		t.Error(err)
	}
	finished(t, a, 1, 1, 10)
	sound(t, a)
}
