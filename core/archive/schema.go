package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"

	"github.com/benchctl/benchctl/migrations"
)

// Schema is the version of the schema that this benchctl writes: the number of
// the last migration.
var Schema = lastMigration()

// applicationID stands in the header of every archive.
const applicationID = 0x626e6368

func lastMigration() int64 {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil || len(names) == 0 {
		panic("archive: no embedded migrations")
	}
	last, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		panic(fmt.Sprintf("archive: migration %s: %v", names[len(names)-1], err))
	}
	return last
}

// prepare makes an archive if there is none and applies the migrations that
// another one lacks. It returns the schema that the archive had.
func prepare(ctx context.Context, path string) (from int64, err error) {
	// What refers to a table must stay while a migration makes it anew.
	db, err := connect(path, "mode=rwc&_txlock=immediate&_foreign_keys=false", 1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	from, err = identify(ctx, path, db)
	if err != nil || from == Schema {
		return from, err
	}
	return from, migrate(ctx, path, db)
}

// identify returns the schema version of a database: 0 if it is empty.
func identify(ctx context.Context, path string, db *sql.DB) (int64, error) {
	var application, tables, versioned int64
	err := db.QueryRowContext(ctx, `
		select (select application_id from pragma_application_id),
		       (select count(*) from sqlite_schema where name not in ('goose_db_version', 'sqlite_sequence')),
		       (select count(*) from sqlite_schema where name = 'goose_db_version')`).
		Scan(&application, &tables, &versioned)
	switch {
	case err != nil:
		return 0, err
	case application == 0 && tables == 0:
		return 0, nil
	case application != applicationID || versioned == 0:
		return 0, faultf(ErrNotArchive, "%s is not a benchctl archive: it is the database of another program; name another file", path)
	}
	version, err := appliedSchema(ctx, db)
	for err == nil {
		if version > Schema {
			return 0, faultf(ErrTooNew, "archive %s was written by a newer benchctl (schema %d, this one knows %d); upgrade benchctl to use it", path, version, Schema)
		}
		wrong, looked := checkSchema(ctx, db, version), version
		// Another process may bring it up to date between the two looks.
		if version, err = appliedSchema(ctx, db); err == nil && version == looked {
			return version, wrong
		}
	}
	return 0, err
}

// appliedSchema returns the number of the last migration, 0 for none.
func appliedSchema(ctx context.Context, db *sql.DB) (int64, error) {
	var version sql.NullInt64
	err := db.QueryRowContext(ctx, "select max(version_id) from goose_db_version where is_applied").Scan(&version)
	return version.Int64, err
}

// checkSchema returns what of the tables is not as it is in archives of that
// schema. A file that comes from others may have anything under their names.
func checkSchema(ctx context.Context, db *sql.DB, version int64) error {
	tables := []string{"environments", "workloads", "experiments", "runs", "phases", "chunks", "summaries", "thread_seconds", "node_seconds", "events"}
	var found, others int
	err := db.QueryRowContext(ctx, `
		select coalesce(sum(table_is and name in (select value from json_each(?1))), 0), coalesce(sum(not table_is), 0)
		from (select name, type = 'table' and rootpage > 0 as table_is from main.sqlite_schema
		      where name in (select value from json_each(?1)) or name in ('goose_db_version', 'verdicts', 'failures'))`,
		`["`+strings.Join(tables, `","`)+`"]`).Scan(&found, &others)
	switch {
	case err != nil:
		return err
	case others > 0:
		return unreadablef("what should be its tables are views or virtual tables")
	case found != len(tables):
		return unreadablef("of its %d tables %d are there", len(tables), found)
	}
	// Each schema has columns that those before it lack.
	var query []string
	var args []any
	for _, s := range since {
		for table, columns := range s.columns {
			_, name, _ := strings.Cut(columns[0], " as ")
			query = append(query, "select ?, ?, count(*) from pragma_table_info(?, 'main') where name = ?")
			args = append(args, s.schema, table, table, name)
		}
	}
	rows, err := db.QueryContext(ctx, strings.Join(query, " union all "), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var schema int64
		var table string
		var has bool
		if err := readRow(rows, &schema, &table, &has); err != nil {
			return err
		}
		if has != (schema <= version) {
			return unreadablef("it should have schema %d, and its table %s is of another", version, table)
		}
	}
	return rows.Err()
}

// migrate applies the migrations under a lock, for goose decides what to apply
// before it begins a transaction. Two processes may get here at once.
func migrate(ctx context.Context, path string, db *sql.DB) (err error) {
	unlock, err := lockFolder(ctx, filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unlock()
	var mode string
	if err := db.QueryRowContext(ctx, "pragma journal_mode = wal").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return faultf(ErrReadOnly, "archive %s is on a filesystem that cannot share memory (journal mode %s); name one on a local disk", path, mode)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.FS, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("upgrade the schema to %d: %w", Schema, err)
	}
	return nil
}

// lockFolder waits until no other process holds the lock of the folder. It
// locks the folder and not the archive, because closing a second descriptor of
// an SQLite file would release SQLite's own locks.
func lockFolder(ctx context.Context, folder string) (unlock func(), err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock folder %s: %w", folder, err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-poll.C:
		}
	}
}
