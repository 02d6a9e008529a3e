// Package archive keeps runs and every one of their samples in one SQLite
// file. It is the only package that knows SQL.
//
// It promises that what a chunk or event was accepted for is in the file at
// most CommitInterval later even if the process is killed, that a finished run
// is on disk, that summaries follow from the samples that are kept and from
// nothing else, and that several processes may use one archive at a time.
// docs/format/archive.md describes the file.
//
// It does not interpret setups, guarantees or plans: those are JSON documents
// here. It does not select or compare runs.
package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"github.com/benchctl/benchctl/core/archive/internal/samplestable"
)

// CommitInterval is the longest that what is known of a run waits to be
// committed.
const CommitInterval = 200 * time.Millisecond

const (
	busyTimeout = 30 * time.Second
	readers     = 4
)

// Archive is an open archive. It is safe for concurrent use.
type Archive struct {
	path   string
	writer *sql.DB // one connection; nil if opened read-only
	reader *sql.DB

	mu   sync.Mutex
	open map[*RunWriter]struct{}
}

// Open opens the archive at path for reading and writing. It makes the file if
// there is none, brings its schema up to date, and settles runs whose process
// is gone.
func Open(ctx context.Context, path string) (*Archive, error) {
	a, err := openWriter(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := a.settleOrphans(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func openWriter(ctx context.Context, path string) (*Archive, error) {
	if err := samplestable.Register(); err != nil {
		return nil, err
	}
	if err := checkWritable(path); err != nil {
		return nil, err
	}
	writer, err := connect(path, "mode=rwc&_txlock=immediate", 1)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	if err := prepare(ctx, path, writer); err != nil {
		return nil, errors.Join(explain(path, "open", err), writer.Close())
	}
	reader, err := connect(path, "mode=ro&_query_only=true", readers)
	if err != nil {
		return nil, errors.Join(explain(path, "open", err), writer.Close())
	}
	return &Archive{path: path, writer: writer, reader: reader, open: map[*RunWriter]struct{}{}}, nil
}

// OpenReadOnly opens the archive at path for reading. If it can be written it
// is first brought up to date as Open does, so that no query meets an old
// schema or a run that is shown as running after its process has gone.
func OpenReadOnly(ctx context.Context, path string) (*Archive, error) {
	if err := samplestable.Register(); err != nil {
		return nil, err
	}
	if err := checkFile(path); errors.Is(err, os.ErrNotExist) {
		return nil, faultf(ErrMissing, "no archive at %s; run `benchctl run` first or name one with --archive", path)
	} else if err != nil {
		return nil, err
	}
	mode := "mode=ro&_query_only=true"
	if !writable(filepath.Dir(path)) && !beside(path, "-wal") {
		// Nobody can be writing it, and SQLite could not make the files that
		// readers and writers share.
		mode += "&immutable=1"
	}
	reader, err := connect(path, mode, readers)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	a := &Archive{path: path, reader: reader}
	stale, err := a.stale(ctx)
	if err != nil {
		return nil, errors.Join(explain(path, "open", err), a.Close())
	}
	if stale && checkWritable(path) == nil {
		// A full disk is no reason not to read.
		if err := a.refresh(ctx); err != nil && !errors.Is(err, ErrFull) {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// stale reports whether a writer would find something to bring up to date.
func (a *Archive) stale(ctx context.Context) (bool, error) {
	version, err := identify(ctx, a.path, a.reader)
	switch {
	case err != nil:
		return false, err
	case version == 0:
		return false, faultf(ErrMissing, "no archive at %s, only an empty file; run `benchctl run` first or name one with --archive", a.path)
	case version < Schema:
		if err := checkWritable(a.path); err != nil {
			return false, faultf(ErrReadOnly, "archive %s was written by an older benchctl (schema %d, this one needs %d) and cannot be upgraded: %v", a.path, version, Schema, err)
		}
		return true, nil
	}
	orphans, err := a.orphans(ctx)
	return len(orphans) > 0, err
}

func (a *Archive) refresh(ctx context.Context) error {
	w, err := Open(ctx, a.path)
	if err != nil {
		return err
	}
	return w.Close()
}

func beside(path, suffix string) bool {
	_, err := os.Stat(path + suffix)
	return err == nil
}

// connect opens a pool. The settings are part of the name, so that each of its
// connections has them.
func connect(path, settings string, connections int) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("file:%s?%s&_busy_timeout=%d&_foreign_keys=true&_synchronous=normal&_stmt_cache_size=32",
		(&url.URL{Path: absolute}).EscapedPath(), settings, busyTimeout.Milliseconds())
	db, err := sql.Open("sqlite3", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Path returns the path that the archive was opened under.
func (a *Archive) Path() string { return a.path }

// Close closes the archive. Runs that are still being written are archived as
// interrupted. It may be called twice.
func (a *Archive) Close() error {
	var errs []error
	for _, w := range a.unfinished() {
		errs = append(errs, w.Finish(context.Background(), Interrupted, "the archive was closed while the run was under way"))
	}
	// The writer goes last, for the last connection tidies up.
	errs = append(errs, a.reader.Close())
	if a.writer != nil {
		errs = append(errs, a.writer.Close())
	}
	return errors.Join(errs...)
}

func (a *Archive) unfinished() []*RunWriter {
	a.mu.Lock()
	defer a.mu.Unlock()
	var writers []*RunWriter
	for w := range a.open {
		writers = append(writers, w)
	}
	return writers
}

// commit runs change in one transaction, which survives a killed process.
func (a *Archive) commit(ctx context.Context, doing string, change func(*sql.Tx) error) error {
	tx, err := a.writer.BeginTx(ctx, nil)
	if err != nil {
		return explain(a.path, doing, err)
	}
	if err := change(tx); err != nil {
		return explain(a.path, doing, errors.Join(err, undo(tx)))
	}
	return explain(a.path, doing, tx.Commit())
}

// commitDurably is commit for what must survive a power failure too.
func (a *Archive) commitDurably(ctx context.Context, doing string, change func(*sql.Tx) error) (err error) {
	conn, err := a.writer.Conn(ctx)
	if err != nil {
		return explain(a.path, doing, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "pragma synchronous = full"); err != nil {
		return explain(a.path, doing, err)
	}
	defer func() {
		_, reset := conn.ExecContext(context.WithoutCancel(ctx), "pragma synchronous = normal")
		err = errors.Join(err, explain(a.path, doing, reset))
	}()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return explain(a.path, doing, err)
	}
	if err := change(tx); err != nil {
		return explain(a.path, doing, errors.Join(err, undo(tx)))
	}
	return explain(a.path, doing, tx.Commit())
}

// undo rolls back unless SQLite already has, as it does when the disk is full.
func undo(tx *sql.Tx) error {
	err := tx.Rollback()
	if errors.Is(err, sql.ErrTxDone) || err != nil && err.Error() == "cannot rollback - no transaction is active" {
		return nil
	}
	return err
}
