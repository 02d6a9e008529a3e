package archive

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/mattn/go-sqlite3"
)

// lockPoll is how long SQLite itself waits for another writer, which is done
// after milliseconds. What takes longer holds the archive: it is said, and
// waited for.
const lockPoll = time.Second

// OnLock sets what is told when a change has to wait because another program has
// locked the archive, and when it goes on.
func (a *Archive) OnLock(tell func(locked bool)) { a.tell = tell }

// begin begins a transaction. If another program has locked the archive it calls
// locked, which may be nil, and waits until ctx ends.
func (a *Archive) begin(ctx context.Context, on interface {
	BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
}, locked func()) (*sql.Tx, error) {
	told := false
	for {
		tx, err := on.BeginTx(ctx, nil)
		var lite sqlite3.Error
		busy := errors.As(err, &lite) && (lite.Code == sqlite3.ErrBusy || lite.Code == sqlite3.ErrLocked)
		if busy && !told && locked != nil {
			locked()
		}
		if told != busy && a.tell != nil && (busy || err == nil) {
			a.tell(busy)
		}
		switch {
		case busy && ctx.Err() == nil:
			told = true
		case told && err != nil:
			return nil, faultf(ErrBusy, "another program has locked archive %s and did not let go of it; close it and run again", a.path)
		default:
			return tx, err
		}
	}
}

// lock is told that another program has the archive, and wakes those who wait
// for room: there may be none for long.
func (w *RunWriter) lock() {
	w.mu.Lock()
	w.locked = true
	w.mu.Unlock()
	w.room.Broadcast()
}

// lockedTooLong is why no more is taken of a run.
func (w *RunWriter) lockedTooLong() error {
	return faultf(ErrBusy, "archive run %d: another program kept archive %s locked until the %d MB that can wait for it were full; what was measured until then is kept: close that program, then run what is missing",
		w.id, w.archive.path, heldBytes>>20)
}
