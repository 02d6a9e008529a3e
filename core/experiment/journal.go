package experiment

import (
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/record"
)

// journal archives what happens to the nodes of a run. Times count from the
// run's zero. What happens before the zero is known waits until it is, and has a
// negative time.
type journal struct {
	mu    sync.Mutex
	into  NoteWriter
	zero  time.Time // set once events are archived as they come
	early []node.Event
}

func (j *journal) add(e node.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.into == nil {
		j.early = append(j.early, e)
		return
	}
	j.archive(e)
}

// begin archives what has waited, and from here on what comes. More calls do
// nothing.
func (j *journal) begin(zero time.Time, into NoteWriter) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.into != nil {
		return
	}
	j.zero, j.into = zero, into
	for _, e := range j.early {
		j.archive(e)
	}
	j.early = nil
}

func (j *journal) archive(e node.Event) {
	// An archive that takes no event says so when the run is finished.
	_ = j.into.Event(record.Event{At: e.At.Sub(j.zero), Kind: string(e.Kind), Node: e.Node, Detail: e.Detail})
}
