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
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/archive/internal/samplestable"

	"github.com/benchctl/benchctl/core/record"
)

// CommitInterval is the longest that what is known of a run waits to be
// committed.
const CommitInterval = 200 * time.Millisecond

// Archive is an open archive. It is safe for concurrent use.
type Archive struct {
	path    string
	writer  *sql.DB // one connection; nil if opened read-only
	reader  *sql.DB
	changes Changes
	tidy    bool // readers may have made files beside the archive
	tell    func(locked bool)

	mu   sync.Mutex
	open map[*RunWriter]struct{}
}

// Changes is what Open has done to an archive to bring it up to date.
type Changes struct {
	From    int64   // the schema that it had; 0 if there was no archive
	Settled []int64 // runs whose process was gone, which are interrupted now
}

// Open opens the archive at path for reading and writing. It makes the file if
// there is none, brings its schema up to date, and settles runs whose process
// is gone.
func Open(ctx context.Context, path string) (*Archive, error) {
	a, err := openWriter(ctx, path)
	if err != nil {
		return nil, err
	}
	settling, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	if err := a.settleOrphans(settling); err != nil {
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
	from, err := prepare(ctx, path)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	writer, err := connect(path, fmt.Sprintf("mode=rw&_txlock=immediate&_foreign_keys=true&_busy_timeout=%d", lockPoll.Milliseconds()), 1)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	reader, err := connectReaders(path, "mode=ro")
	if err != nil {
		return nil, errors.Join(explain(path, "open", err), writer.Close())
	}
	return &Archive{path: path, writer: writer, reader: reader, changes: Changes{From: from}, open: map[*RunWriter]struct{}{}}, nil
}

// CheckWritable returns why runs could not be archived at path, and makes no
// archive where there is none.
func CheckWritable(ctx context.Context, path string) error {
	if err := checkWritable(path); err != nil {
		return err
	}
	if info, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	a, err := OpenReadOnly(ctx, path)
	if err != nil {
		return err
	}
	if err := a.Close(); err != nil {
		return err
	}
	writer, err := connect(path, "mode=rw&_txlock=immediate", 1)
	if err != nil {
		return explain(path, "open", err)
	}
	defer writer.Close()
	locked, err := writer.BeginTx(ctx, nil)
	if err == nil {
		err = locked.Rollback()
	}
	return explain(path, "open", err)
}

// OpenReadOnly opens the archive at path for reading, whatever the schema it
// has. It leaves the file as it is: no schema is brought up to date and no run
// settled. On an older schema every query sees tables as of the current one.
func OpenReadOnly(ctx context.Context, path string) (*Archive, error) {
	if err := samplestable.Register(); err != nil {
		return nil, err
	}
	if err := checkFile(path); errors.Is(err, os.ErrNotExist) {
		return nil, missing(path, "")
	} else if err != nil {
		return nil, err
	}
	mode, alone := "mode=ro", !beside(path, "-wal")
	if alone && !writable(filepath.Dir(path)) {
		// Nobody can be writing it, and SQLite could not make the files that
		// readers and writers share.
		mode += "&immutable=1"
	}
	reader, err := connectReaders(path, mode)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	a := &Archive{path: path, reader: reader, tidy: alone}
	version, err := identify(ctx, path, reader)
	if err == nil && version == 0 {
		err = missing(path, ", only an empty file")
	}
	if err != nil {
		return nil, errors.Join(explain(path, "open", err), a.Close())
	}
	return a, nil
}

func missing(path, but string) error {
	return faultf(ErrMissing, "no archive at %s%s; run `benchctl run` first or name one", path, but)
}

func beside(path, suffix string) bool {
	_, err := os.Stat(path + suffix)
	return err == nil
}

// Changes returns what Open has done.
func (a *Archive) Changes() Changes { return a.changes }

// Path returns the path that the archive was opened under.
func (a *Archive) Path() string { return a.path }

// Close closes the archive. Runs that are still being written are archived as
// interrupted. It may be called twice.
func (a *Archive) Close() error {
	var errs []error
	for _, w := range a.unfinished() {
		errs = append(errs, w.Finish(context.Background(), record.Interrupted, "the archive was closed while the run was under way"))
	}
	// The writer goes last, for the last connection tidies up.
	errs = append(errs, a.reader.Close())
	if a.writer != nil {
		errs = append(errs, a.writer.Close())
	}
	if a.tidy {
		tidy(a.path)
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
	return a.commitTelling(ctx, doing, nil, change)
}

// commitTelling is commit that calls locked when it has to wait for another
// program.
func (a *Archive) commitTelling(ctx context.Context, doing string, locked func(), change func(*sql.Tx) error) error {
	tx, err := a.begin(ctx, a.writer, locked)
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
	tx, err := a.begin(ctx, conn, nil)
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
