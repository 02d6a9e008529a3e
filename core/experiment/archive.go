package experiment

import (
	"context"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// Archive keeps experiments.
type Archive interface {
	// Environment and Workload keep what runs refer to, once.
	Environment(ctx context.Context, e record.Environment) (id int64, err error)
	Workload(ctx context.Context, w record.Workload) error
	BeginExperiment(ctx context.Context, e record.Experiment) (id int64, err error)
	BeginRun(ctx context.Context, r record.Run, phases []record.Phase) (RunWriter, error)
}

// RunWriter keeps one run. It is used by several goroutines at once. An error of
// its methods means that the archive takes no more of the run: Finish then
// returns one too.
type RunWriter interface {
	ID() int64
	LoadWriter
	NoteWriter
	// Finish archives how the run ended; failure is empty unless it failed.
	Finish(ctx context.Context, state record.State, failure string) error
}

// LoadWriter keeps what a load produces. Times count from the run's zero.
type LoadWriter interface {
	Started(zero time.Time, storeVersion string) error
	PhaseStarted(phase int, at time.Duration) error
	Offered(phase int, o record.Offered) error
	Chunk(header sample.Header, data []byte) error
	PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error
	Verdict(v record.Verdict) error
}

// NoteWriter keeps what else is known of a run.
type NoteWriter interface {
	Event(e record.Event) error
	NodeSecond(s record.NodeSecond) error
	Client(c record.Client) error
	Warn(text string) error
}
