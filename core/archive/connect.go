package archive

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
)

const (
	busyTimeout = 30 * time.Second
	readers     = 4
	// A scan reads a page once: SQLite's own cache of 2 MiB would be filled for
	// nothing, and the system has one.
	cacheKiB = 512
)

// connector opens connections that all have the same settings.
type connector struct {
	lite *sqlite3.SQLiteDriver
	name string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.lite.Open(c.name) }
func (c connector) Driver() driver.Driver                        { return c.lite }

// connect opens a pool. The settings are part of the name, so that each of its
// connections has them.
func connect(path, settings string, connections int) (*sql.DB, error) {
	return connectWith(&sqlite3.SQLiteDriver{ConnectHook: distrust}, path, settings, connections)
}

// connectReaders opens a pool whose connections see an archive of any schema as
// one of the current, and can change nothing.
func connectReaders(path, settings string) (*sql.DB, error) {
	lite := &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		for _, step := range []func(*sqlite3.SQLiteConn) error{distrust, showCurrent, addFunctions, confine} {
			if err := step(c); err != nil {
				return err
			}
		}
		return nil
	}}
	return connectWith(lite, path, settings, readers)
}

func connectWith(lite *sqlite3.SQLiteDriver, path, settings string, connections int) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{lite, fmt.Sprintf("file:%s?%s&_busy_timeout=%d&_synchronous=normal&_stmt_cache_size=32&_cache_size=-%d&_mutex=no", // database/sql locks connections
		(&url.URL{Path: absolute}).EscapedPath(), settings, busyTimeout.Milliseconds(), cacheKiB)})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// since is what a schema added to the tables before it, in terms of what they
// had: expressions for its columns, and tables that were empty.
var since = []struct {
	schema  int64
	columns map[string][]string
	tables  []string
}{
	{2, map[string][]string{
		"runs":        {"null as position"},
		"experiments": {"null as owner"},
	}, nil},
	{3, map[string][]string{
		"summaries": {
			"mean_ns as service_mean_ns", "p50_ns as service_p50_ns", "p90_ns as service_p90_ns", "p95_ns as service_p95_ns",
			"p99_ns as service_p99_ns", "p999_ns as service_p999_ns", "max_ns as service_max_ns", "rowid",
		},
		"phases": {"0 as unstarted"},
		"runs":   {"0 as watchers"},
	}, []string{"create temp table verdicts (run_id, phase, property, result, checked, detail, history)"}},
	{4, map[string][]string{
		"experiments":  {"null as uid"},
		"runs":         {"null as uid", "null as client_cpu_seconds", "null as client_stalls", "null as client_stalled_ns", "null as client_spilled_bytes"},
		"node_seconds": {"1.0 as seconds"},
	}, nil},
	{5, map[string][]string{
		"environments": {"0.0 as cpu_limit", "0 as memory_limit_bytes"},
		"runs": {
			"(select e.fsync_ns from main.environments e where e.id = environment) as fsync_ns",
			"(select count(distinct node) from main.events where run_id = runs.id and kind = 'node-exited' and at_ns >= 0) as lost_nodes",
		},
		"phases":       {"null as offered_rate", "null as bound", "null as idle_ns", "null as foreign_cpu_seconds", "null as stolen_cpu_seconds", "null as throttled_ns", "null as pressure_ns"},
		"node_seconds": {"null as handed_bytes"},
	}, []string{"create temp table failures (run_id, phase, warmup, op, status, count, first_ns, error)"}},
}

// showCurrent makes a connection's own views of the tables of an older schema,
// with the columns that they lack.
func showCurrent(c *sqlite3.SQLiteConn) error {
	version, err := versionOf(c)
	if err != nil || version == 0 {
		return err // which the first query meets again, and explains
	}
	added := map[string][]string{}
	for _, s := range since {
		if s.schema <= version {
			continue
		}
		for table, columns := range s.columns {
			added[table] = append(added[table], columns...)
		}
		for _, statement := range s.tables {
			if _, err := c.Exec(statement, nil); err != nil {
				return err
			}
		}
	}
	for table, columns := range added {
		view := fmt.Sprintf("create temp view %s as select *, %s from main.%s", table, strings.Join(columns, ", "), table)
		if _, err := c.Exec(view, nil); err != nil {
			return err
		}
	}
	return nil
}

// versionOf returns the schema of an archive, and 0 if it is none.
func versionOf(c *sqlite3.SQLiteConn) (int64, error) {
	rows, err := c.Query("select max(version_id) from goose_db_version where is_applied", nil)
	if err != nil {
		return 0, nil
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		return 0, err
	}
	version, _ := value[0].(int64)
	return version, nil
}

// tidy takes away the files beside an archive that only its readers have made.
// They cannot do it themselves: it takes somebody who may write. Nothing is
// written, for there is nothing to merge; files that stay do no harm.
func tidy(path string) {
	waiting, err := os.Stat(path + "-wal")
	if err != nil || waiting.Size() > 0 || !writable(path) || !writable(filepath.Dir(path)) {
		return
	}
	db, err := connect(path, "mode=rw", 1)
	if err != nil {
		return
	}
	defer db.Close()
	var n int
	_ = db.QueryRow("select count(*) from sqlite_schema").Scan(&n) // the last to close takes them away
}
