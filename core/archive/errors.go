package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"
)

// ErrArchive matches every error that is the archive's own: it is missing,
// foreign, damaged, too new, or cannot be written. Mistakes in a query and
// refused runs do not match it.
var ErrArchive = errors.New("archive error")

// What can be wrong with an archive. Each of these errors matches ErrArchive too.
var (
	ErrMissing    = errors.New("no such archive")
	ErrNotArchive = errors.New("not an archive")
	ErrDamaged    = errors.New("archive damaged")
	ErrTooNew     = errors.New("archive too new")
	ErrReadOnly   = errors.New("archive read-only")
	ErrFull       = errors.New("disk full")
	ErrBusy       = errors.New("archive busy")
)

// ErrWorkloadChanged is returned for a workload whose content differs from the
// one that is archived under the same name and version.
var ErrWorkloadChanged = errors.New("workload changed")

// ErrNoRun is returned for a run that is not in the archive.
var ErrNoRun = errors.New("no such run")

// ErrNoExperiment is returned for an experiment that is not in the archive.
var ErrNoExperiment = errors.New("no such experiment")

// ErrUnderWay is returned for an experiment that another process executes.
var ErrUnderWay = errors.New("experiment under way")

// ErrQuery is returned for a query that SQLite refuses.
var ErrQuery = errors.New("bad query")

// fault is an error with a sentence for people and kinds for programs.
type fault struct {
	text  string
	kinds []error
}

func (f *fault) Error() string   { return f.text }
func (f *fault) Unwrap() []error { return f.kinds }

func faultf(kind error, format string, args ...any) error {
	return &fault{text: fmt.Sprintf(format, args...), kinds: []error{ErrArchive, kind}}
}

// explain turns what SQLite says into a sentence about the archive at path.
// doing says what failed, as in "begin run".
func explain(path, doing string, err error) error {
	var known *fault
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	var row *unreadable
	if errors.As(err, &row) {
		return damaged(path, doing, row)
	}
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return fmt.Errorf("%s in archive %s: %w", doing, path, err)
	}
	if lite.Code == sqlite3.ErrFull || lite.SystemErrno == syscall.ENOSPC {
		return faultf(ErrFull, "%s: the disk that holds archive %s is full; what was committed is kept: free some space and run again", doing, path)
	}
	switch lite.Code {
	case sqlite3.ErrNotADB:
		return faultf(ErrNotArchive, "%s is not a benchctl archive: it is no SQLite database; name another file", path)
	case sqlite3.ErrCorrupt, sqlite3.ErrError, sqlite3.ErrFormat, sqlite3.ErrTooBig, sqlite3.ErrMismatch:
		// Of its own queries none is wrong, unless tables or documents are.
		return damaged(path, doing, lite)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return faultf(ErrBusy, "%s: another program has locked archive %s for %v; close it and run again", doing, path, busyTimeout)
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth:
		if err := checkWritable(path); err != nil {
			return err
		}
		return faultf(lite.Code, "%s: archive %s cannot be used: %v; check its permissions", doing, path, lite)
	case sqlite3.ErrIoErr:
		return faultf(lite.Code, "%s: archive %s cannot be used: %v; check its disk", doing, path, lite)
	}
	return fmt.Errorf("%s in archive %s: %w", doing, path, err)
}

func damaged(path, doing string, what error) error {
	return faultf(ErrDamaged, "%s: archive %s is damaged (%v); `benchctl archive verify` says what is affected", doing, path, what)
}

// unreadable is a row that does not hold what its table does.
type unreadable struct{ err error }

func (u *unreadable) Error() string { return u.err.Error() }
func (u *unreadable) Unwrap() error { return u.err }

func unreadablef(format string, args ...any) error { return &unreadable{fmt.Errorf(format, args...)} }

// readRow reads the columns of a row.
func readRow(rows *sql.Rows, fields ...any) error {
	if err := rows.Scan(fields...); err != nil {
		return &unreadable{err}
	}
	return nil
}

// checkWritable returns why the archive at path cannot be written, or nil.
func checkWritable(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return faultf(ErrMissing, "no folder %s for the archive; make it or name an archive elsewhere", folder)
	case !info.IsDir():
		return faultf(ErrMissing, "%s is not a folder, so there can be no archive in it; name one elsewhere", folder)
	case !writable(folder):
		return faultf(ErrReadOnly, "folder %s is read-only, and benchctl writes beside archive %s as well; make it writable or name an archive elsewhere", folder, filepath.Base(path))
	}
	switch err := checkFile(path); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !writable(path):
		return faultf(ErrReadOnly, "archive %s is read-only; make it writable or name another", path)
	}
	return nil
}

// checkFile returns why there can be no archive at path.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return faultf(ErrNotArchive, "%s is not a benchctl archive: it is a folder; name a file", path)
	}
	return err
}

func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }
