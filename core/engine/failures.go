package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// failures is what operations failed of in a phase: one entry for each
// operation and class of error, with what the first one said. The operations
// that follow are only counted.
type failures []failure

type failure struct {
	op     sample.Op
	status sample.Status
	count  int64
	at     time.Duration // when the first one ended
	text   string        // what it said
}

// note takes down an operation that has failed.
func (f *failures) note(op sample.Op, status sample.Status, at time.Duration, err error) {
	if known := f.of(op, status); known != nil {
		known.count++
		return
	}
	*f = append(*f, failure{op, status, 1, at, protocol.Line(saying(err))})
}

// saying is an error's text without its class, which stands beside it, unless
// that is all that it says.
func saying(err error) string {
	if e, ok := err.(*driver.Error); ok && e.Err != nil { //nolint:errorlint // one that is wrapped says what wraps it
		return e.Err.Error()
	}
	return err.Error()
}

func (f failures) of(op sample.Op, status sample.Status) *failure {
	for i := range f {
		if f[i].op == op && f[i].status == status {
			return &f[i]
		}
	}
	return nil
}

// add takes what another thread has failed of.
func (f *failures) add(more failures) {
	for _, other := range more {
		known := f.of(other.op, other.status)
		if known == nil {
			*f = append(*f, other)
			continue
		}
		known.count += other.count
		if other.at < known.at {
			known.at, known.text = other.at, other.text
		}
	}
}

// first returns the failure that was first, or nil if there is none.
func (f failures) first() *failure {
	var first *failure
	for i := range f {
		if first == nil || f[i].at < first.at {
			first = &f[i]
		}
	}
	return first
}

// String says how an operation failed.
func (f failure) String() string {
	return record.Failure{Status: f.status.String(), Error: f.text}.Said()
}

// failed sends what operations of a phase failed of, and returns it. Threads
// that hang are left out: they may still write theirs.
func (e *engine) failed(index int, phase string) (failures, error) {
	var all failures
	var worked uint64
	for thread, w := range e.workers {
		if !slices.Contains(e.hung, thread) {
			all.add(w.failed)
			worked |= w.worked
		}
	}
	slices.SortFunc(all, func(a, b failure) int { return int(a.at - b.at) })
	for _, f := range all {
		if err := e.outbox.Put(protocol.Failure(index, f.op, f.status, record.Failure{Count: f.count, First: f.at, Error: f.text})); err != nil {
			return all, err
		}
	}
	if worked != 0 { // else the phase as a whole is no result, which benchctl says
		e.doubts = append(e.doubts, neverWorked(phase, all, worked)...)
	}
	return all, nil
}

// neverWorked warns of operations of a phase of which none succeeded.
func neverWorked(phase string, failed failures, worked uint64) []string {
	counts := map[sample.Op]int64{}
	for _, f := range failed {
		counts[f.op] += f.count
	}
	var warnings []string
	for _, f := range failed { // the first of an operation has what it said first
		n := counts[f.op]
		if delete(counts, f.op); n > 0 && worked&(1<<f.op) == 0 {
			warnings = append(warnings, fmt.Sprintf("phase %s: of %d %s operations none succeeded; the first said %s", phase, n, f.op, f))
		}
	}
	return warnings
}

// The operations that a phase has seen succeed are bits of one number.
const _ = uint(64 - sample.OpCount)
