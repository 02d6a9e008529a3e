// Package sample holds the record of one executed operation and the chunk
// codec that packs thousands of them into a few kilobytes. It is pure: no
// files, no clocks, no goroutines.
package sample

import "fmt"

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
