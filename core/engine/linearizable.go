package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/engine/internal/history"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// Bounds of the histories that are checked for linearizability.
const (
	historyRoom      = 64 << 10 // operations that all threads record together, at most
	historyRoomLeast = 64       // operations that a thread records at least
)

// historyWithin is the time for the check after one phase.
var historyWithin = 10 * time.Second

// recordsHistories reports whether operations are recorded with their answers.
// Reads that may be late prove nothing.
func (e *engine) recordsHistories() bool {
	return e.Verify == load.VerifyLinearizable && e.reads == driver.Linearizable
}

// noteRead takes down what a read has returned, for the history.
func (w *worker) noteRead(value []byte, err error) {
	if w.history == nil {
		return
	}
	w.read = history.Nothing
	if err == nil {
		w.read = history.ValueOf(value)
	}
}

// noteAnswer adds an operation to the history of its key. A transaction is one set
// for each of its keys.
func (w *worker) noteAnswer(op sample.Op, status sample.Status, start, end time.Duration) {
	o := history.Operation{Op: op, Status: status, Call: int64(start), Return: int64(end)}
	if op.Several() {
		values := w.operations.Values()
		for i, key := range w.operations.Keys() {
			o.Wrote = history.ValueOf(values[i])
			w.history.Record(key, o)
		}
		return
	}
	if op.Reads() {
		o.Read = w.read
	}
	if op.TakesValue() {
		o.Wrote = history.ValueOf(w.operations.Value())
	}
	w.history.Record(w.operations.Key(), o)
}

// linearizable checks what has been recorded since the run began. It asks the
// store nothing, and takes one processor.
func (v *verifier) linearizable(ctx context.Context) record.Verdict {
	verdict := record.Verdict{Property: propertyLinearizable, Result: record.Undecided}
	switch {
	case !v.recordsHistories():
		verdict.Detail = fmt.Sprintf("the driver declares only %s reads, which may be late", v.reads)
		return verdict
	case v.keysExpired():
		verdict.Detail = keysHaveExpired
		return verdict
	}
	var recorders []*history.Recorder
	for _, w := range v.workers {
		recorders = append(recorders, w.history)
	}
	found := history.Check(ctx, recorders, historyWithin)
	verdict.Checked, verdict.Detail, verdict.History = int64(found.Operations), found.Detail, found.History
	switch {
	case found.Result == history.Violated:
		verdict.Result = record.Violated
	case found.Result == history.Held && found.Ends > v.began:
		verdict.Result = record.Held
	case found.Ends <= v.began:
		verdict.Detail += ": the phase began later, so spread the operations over more keys"
	}
	return verdict
}
