// Package sample holds the record of one executed operation and the chunk
// codec that packs thousands of them into a few kilobytes. It is pure: no
// files, no clocks, no goroutines.
package sample

import "fmt"

// Op is the kind of an operation. The numbers are part of the chunk format:
// one that has been released is never reused.
type Op uint8

// The operations, each with what its latency measures where its name does not
// say it.
const (
	OpCreate           Op = iota + 1 // fails if the key is present
	OpSet                            // fails if the key is absent
	OpPut                            // writes either way
	OpGet                            // reads one key
	OpDelete                         // fails if the key is absent
	OpList                           // the keys below a prefix
	OpCreateEphemeral                // create, bound to the session's life
	OpCreateSequential               // create, under a name the store numbers
	OpCompareAndSet                  // writes if the key still has a version
	OpReadModifyWrite                // reads with the version, then compares and sets; again on conflict
	OpTransaction                    // writes several keys, all or none
	OpOpenSession                    // until the session can be used
	OpCloseSession                   // ends it in order
	OpExpire                         // from a client's death until its ephemeral key is gone
	OpWatch                          // from a change until a watcher has been told
	OpLock                           // until the lock is held
	OpUnlock                         // until it is given back
	OpElection                       // until the thread leads
	OpBarrierEnter                   // until all have entered
	OpBarrierLeave                   // until all have left
)

var opNames = [...]string{
	OpCreate:           "create",
	OpSet:              "set",
	OpPut:              "put",
	OpGet:              "get",
	OpDelete:           "delete",
	OpList:             "list",
	OpCreateEphemeral:  "create-ephemeral",
	OpCreateSequential: "create-sequential",
	OpCompareAndSet:    "compare-and-set",
	OpReadModifyWrite:  "read-modify-write",
	OpTransaction:      "transaction",
	OpOpenSession:      "open-session",
	OpCloseSession:     "close-session",
	OpExpire:           "expire",
	OpWatch:            "watch",
	OpLock:             "lock",
	OpUnlock:           "unlock",
	OpElection:         "election",
	OpBarrierEnter:     "barrier-enter",
	OpBarrierLeave:     "barrier-leave",
}

// Ops returns every operation, in the order of its number.
func Ops() []Op {
	ops := make([]Op, 0, len(opNames)-1)
	for op := OpCreate; int(op) < len(opNames); op++ {
		ops = append(ops, op)
	}
	return ops
}

// String returns the operation's name, the one used in workload files, tables
// and charts.
func (o Op) String() string {
	if o >= OpCreate && int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("op-%d", uint8(o))
}

// MarshalText writes the name.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads a name.
func (o *Op) UnmarshalText(text []byte) error {
	op, err := ParseOp(string(text))
	*o = op
	return err
}

// ParseOp is the inverse of Op.String.
func ParseOp(name string) (Op, error) {
	for _, op := range Ops() {
		if op.String() == name {
			return op, nil
		}
	}
	return 0, fmt.Errorf("no operation %q", name)
}

// Status is how an operation ended. OK is success; every other value is the
// class of its error. The numbers are part of the chunk format.
type Status uint8

// The classes of errors that a driver tells apart.
const (
	OK          Status = iota
	Exists             // the key is present and must not be
	NotFound           // the key is absent and must be present
	Timeout            // no answer in time; whether it took effect is unknown
	Unavailable        // no node could serve it (no leader, connection lost)
	Conflict           // another writer was first
	Other              // anything else
)

var statusNames = [...]string{
	OK: "ok", Exists: "exists", NotFound: "not-found", Timeout: "timeout",
	Unavailable: "unavailable", Conflict: "conflict", Other: "other",
}

// String returns the status's name as the archive shows it.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status-%d", uint8(s))
}

// Sample is one executed operation. Times are nanoseconds on the load
// generator's monotonic clock; Intended and Start count from the run's zero.
type Sample struct {
	Intended int64 // when it should have started; equals Start in a closed loop
	Start    int64 // when it was issued
	Latency  int64 // from Start until its answer
	Op       Op
	Status   Status
}

// End returns when the answer came, in nanoseconds from the run's zero.
func (s Sample) End() int64 { return s.Start + s.Latency }

// Header names the samples of one chunk: consecutive operations of one thread
// in one phase.
type Header struct {
	Phase  int   // position in the workload, from 0
	Thread int   // from 0
	First  int64 // number of the first sample among those of its thread and phase, from 0
	Count  int   // samples in the chunk
}
