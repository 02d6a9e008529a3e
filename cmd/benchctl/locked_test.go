package main

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestALockedArchiveCostsNothing locks the archive while a run is measured and
// until long after its end.
func TestALockedArchiveCostsNothing(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--store", "memory", "--nodes", "1", "--threads", "2", "--duration", "500ms", "--warmup", "2s")
	s.measuring()
	db, err := sql.Open("sqlite3", "file:"+s.archive+"?_txlock=immediate&_busy_timeout=30000")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(5*time.Second, func() { _ = errors.Join(tx.Rollback(), db.Close()) })
	if code := s.wait(); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
	}
	said := s.stderr.String()
	locked, free, complete := strings.Index(said, "is locked by another program"), strings.LastIndex(said, "is free again"), strings.Index(said, ": complete in")
	if locked < 0 || free < locked || complete < free {
		t.Errorf("standard error:\n%s", said)
	}
	if got := s.ask("select state, (select sum(ops) from summaries) = (select count(*) from samples) from runs"); got != "complete,1" {
		t.Errorf("archived: %s", got)
	}
	s.verify()
}
