package archive

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// put queues an entry and waits while the queue is full.
func (w *RunWriter) put(e entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.held >= heldBytes && w.err == nil && !w.closed && !w.full {
		if w.full = w.locked; !w.full {
			w.room.Wait()
		}
	}
	if w.err != nil {
		return w.err
	}
	if w.full {
		return w.lockedTooLong()
	}
	if w.closed {
		return fmt.Errorf("archive run %d: it has been finished", w.id)
	}
	w.queue = append(w.queue, e)
	w.held += e.size()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// work counts entries as they come and commits them in batches.
func (w *RunWriter) work() {
	defer close(w.done)
	var (
		batch []entry
		size  int
		due   <-chan time.Time
	)
	commit := func() {
		w.commit(batch, size)
		batch, size, due = nil, 0, nil
	}
	for stopping := false; !stopping; {
		select {
		case <-w.wake:
		case <-due:
			commit()
		case <-w.stop:
			stopping = true
		}
		for _, e := range w.takeQueue() {
			w.fail(w.count(e))
			batch, size = append(batch, e), size+e.size()
			if size >= batchBytes {
				commit()
			}
		}
		if due == nil && len(batch) > 0 {
			due = time.After(CommitInterval)
		}
	}
	commit()
}

func (w *RunWriter) takeQueue() []entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	entries := w.queue
	w.queue = nil
	return entries
}

func (w *RunWriter) count(e entry) error {
	switch {
	case w.failure() != nil:
		return nil
	case e.change == nil:
		return w.totals.add(e.header, e.data)
	case e.ended:
		w.totals.endPhase(e.header.Phase)
	}
	return nil
}

// commit archives a batch. After a failure there is nothing to add: what was
// counted and what was committed are no longer the same.
func (w *RunWriter) commit(batch []entry, size int) {
	if len(batch) > 0 && w.failure() == nil {
		doing := fmt.Sprintf("archive run %d", w.id)
		w.fail(w.archive.commitTelling(w.waiting, doing, w.lock, func(tx *sql.Tx) error { return w.insert(w.waiting, tx, batch) }))
	}
	w.mu.Lock()
	w.held -= size
	w.locked = false
	if w.err != nil {
		for _, e := range batch {
			w.lost += int64(e.header.Count)
		}
	}
	w.mu.Unlock()
	w.room.Broadcast()
}

func (w *RunWriter) insert(ctx context.Context, tx *sql.Tx, batch []entry) error {
	for _, e := range batch {
		if e.change != nil {
			if err := e.change(ctx, tx); err != nil {
				return err
			}
			continue
		}
		_, err := tx.ExecContext(ctx, "insert into chunks (run_id, phase, thread, first, count, data) values (?, ?, ?, ?, ?, ?)",
			w.id, e.header.Phase, e.header.Thread, e.header.First, e.header.Count, e.data)
		if err != nil {
			return err
		}
	}
	return threadSecondTable.insertAll(ctx, tx, w.totals.takeRows())
}

func (w *RunWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// fail keeps the first error and wakes those who wait for room.
func (w *RunWriter) fail(err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	if w.err == nil {
		w.err = err
	}
	w.mu.Unlock()
	w.room.Broadcast()
}
