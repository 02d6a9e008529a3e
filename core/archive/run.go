package archive

import (
	"encoding/json"
	"time"
)

// State says how far a run has come.
type State string

// The states of a run.
const (
	Running     State = "running"
	Complete    State = "complete"
	Failed      State = "failed"      // an error ended it
	Interrupted State = "interrupted" // somebody ended it, or its process is gone
)

// Environment is the machine that runs are executed on.
type Environment struct {
	CPU            string // model
	Cores          int
	MemoryBytes    int64
	Kernel         string
	OS             string
	Filesystem     string        // of the folder in which nodes keep their data
	Fsync          time.Duration // median of a small write and fsync there
	Virtualization string        // container or virtual machine; empty for neither
	ClockSource    string
}

// Workload is one version of a workload definition.
type Workload struct {
	Name       string
	Version    int
	SHA256     string          // of the canonical form, in hexadecimal
	Definition json.RawMessage // the canonical form
	Source     string          // as it was written
}

// Experiment is a set of runs that were planned together.
type Experiment struct {
	ID        int64     // set by BeginExperiment
	CreatedAt time.Time // set by BeginExperiment
	Seed      uint64
	Plan      json.RawMessage
	Command   string // the command line
}

// Run is one run: what is known before it starts, and what became of it.
type Run struct {
	Experiment      int64
	Position        int // in the experiment's plan; -1 if it was not archived
	Store           string
	StoreVersion    string
	PluginVersion   string
	PluginSHA256    string
	Nodes           int
	Setup           json.RawMessage
	Guarantees      json.RawMessage
	Workload        string
	WorkloadVersion int
	WorkloadSHA256  string
	Params          map[string]string
	Threads         int
	Watchers        int // sessions beside the threads; they number on behind them
	Repeat          int
	Seed            uint64
	Environment     int64
	Labels          map[string]string
	Warnings        []string

	// Set by the archive.
	ID        int64
	State     State
	StartedAt time.Time // to the millisecond
	EndedAt   time.Time // zero while it runs
	Zero      time.Time // the moment from which samples count; zero if the load never began
	Error     string    // why it failed
}

// Phase is a part of a run.
type Phase struct {
	Name   string
	Warmup bool

	// Set by the archive.
	RunID   int64
	Index   int
	Begun   bool
	Started time.Duration // from the run's zero
	Ended   time.Duration // 0 until it ends
	Samples int64         // archived, successful or not
	// Unstarted counts the arrivals of an open loop that were due in the phase
	// and were not started before it ended.
	Unstarted int64
}

// Summary is what the samples of one operation in one phase come to. The
// latencies, from the intended start, and the service times, from the start,
// are those of operations that succeeded, and 0 if none did.
type Summary struct {
	RunID               int64
	Phase               string
	Warmup              bool
	Op                  string
	Ops                 int64   // that succeeded
	Errors              int64   // that failed
	Seconds             float64 // from the phase's start to the end of its last operation
	Throughput          float64 // Ops ÷ Seconds
	ThroughputPerThread float64
	MeanNS              int64
	P50NS               int64
	P90NS               int64
	P95NS               int64
	P99NS               int64
	P999NS              int64
	MaxNS               int64
	ServiceMeanNS       int64
	ServiceP50NS        int64
	ServiceP90NS        int64
	ServiceP95NS        int64
	ServiceP99NS        int64
	ServiceP999NS       int64
	ServiceMaxNS        int64
	ErrorMeanNS         int64  // of operations that failed
	ErrorMaxNS          int64  // of operations that failed
	HDR                 []byte // all latencies, as Histogram reads it; nil if Ops is 0
}

// ThreadSecond is what one thread finished of one operation within a second.
type ThreadSecond struct {
	RunID  int64
	Phase  string
	Warmup bool
	Thread int
	Op     string
	Second int // from the run's zero
	Ops    int64
	Errors int64
	MeanNS int64
	P50NS  int64
	P99NS  int64
	MaxNS  int64
}

// NodeSecond is what a node used within a second.
type NodeSecond struct {
	Node         string
	Second       int // from the run's zero
	CPUSeconds   float64
	RSSBytes     int64
	ReadBytes    int64
	WrittenBytes int64
}

// Event is something that happened during a run.
type Event struct {
	At     time.Duration // from the run's zero
	Kind   string
	Node   string // empty if it concerns none
	Detail string
}

// Verdict is what came of checking that the store did what it said.
type Verdict struct {
	RunID    int64 // set by the archive
	Phase    string
	Property string // such as read-back or linearizable
	Result   Result
	Checked  int64  // keys, operations or events that were looked at
	Detail   string // one sentence
	History  string // what shows a violation; empty otherwise
}

// Result is whether a property held.
type Result string

// The results.
const (
	Held      Result = "held"
	Violated  Result = "violated"
	Undecided Result = "undecided" // it would have taken more time or memory than it may
)
