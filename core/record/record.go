// Package record is what was measured: one plain type for each thing that the
// archive keeps, which every table, chart, page and document prints.
//
// It holds values and says their units; it reads, computes and writes nothing.
// Times within a run count from the run's zero, the moment at which its load
// began. What one side of the program alone interprets (setups, guarantees,
// plans) is JSON here. docs/format/json.md describes the JSON of these types.
package record

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

// Environment is the machine that runs are executed on, as far as it bears on
// what is measured.
type Environment struct {
	ID             int64  `json:"-"`   // in the archive
	CPU            string `json:"cpu"` // model
	Cores          int    `json:"cores"`
	MemoryBytes    int64  `json:"memory_bytes"`
	Kernel         string `json:"kernel"`
	OS             string `json:"os"`
	Filesystem     string `json:"filesystem"`               // of the folder in which nodes keep their data
	Virtualization string `json:"virtualization,omitempty"` // container or virtual machine; empty for neither
	ClockSource    string `json:"clock_source"`
	// What the group of processes that benchctl belongs to may use; 0: no limit.
	CPULimit         float64 `json:"cpu_limit,omitempty"` // cores
	MemoryLimitBytes int64   `json:"memory_limit_bytes,omitempty"`
}

// Workload is one version of a workload definition.
type Workload struct {
	Name       string          `json:"name"`
	Version    int             `json:"version"`
	SHA256     string          `json:"sha256"`     // of the canonical form, in hexadecimal; it tells workloads apart
	Definition json.RawMessage `json:"definition"` // the canonical form
	Source     string          `json:"source"`     // as it was written
}

// Experiment is a set of runs that were planned together.
type Experiment struct {
	ID        int64           `json:"id"`            // in the archive
	UID       string          `json:"uid,omitempty"` // in every archive; empty in one of schema 1 to 3 that nobody has upgraded
	CreatedAt time.Time       `json:"created_at"`
	Seed      uint64          `json:"seed"`
	Plan      json.RawMessage `json:"plan"`
	Command   string          `json:"command"` // the command line
}

// Run is one run: what is known before it starts, and what became of it.
type Run struct {
	ID              int64             `json:"id"`            // in the archive
	UID             string            `json:"uid,omitempty"` // in every archive; empty in one of schema 1 to 3 that nobody has upgraded
	Experiment      int64             `json:"experiment"`
	Position        int               `json:"position"` // in the experiment's plan; -1 if it was not archived
	State           State             `json:"state"`
	Error           string            `json:"error,omitempty"` // why it failed
	StartedAt       time.Time         `json:"started_at"`      // to the millisecond
	EndedAt         time.Time         `json:"ended_at,omitzero"`
	Zero            time.Time         `json:"zero,omitzero"` // the moment from which samples count; zero if the load never began
	Store           string            `json:"store"`
	StoreVersion    string            `json:"store_version,omitempty"`
	PluginVersion   string            `json:"plugin_version"`
	PluginSHA256    string            `json:"plugin_sha256"`
	Nodes           int               `json:"nodes"`
	Threads         int               `json:"threads"`
	Watchers        int               `json:"watchers,omitempty"` // sessions beside the threads; they number on behind them
	Setup           json.RawMessage   `json:"setup"`              // a driver.Setup
	Guarantees      json.RawMessage   `json:"guarantees"`         // a driver.Guarantees
	Workload        string            `json:"workload"`
	WorkloadVersion int               `json:"workload_version"`
	WorkloadSHA256  string            `json:"workload_sha256"`
	Params          map[string]string `json:"params"`
	Repeat          int               `json:"repeat"` // from 0
	Seed            uint64            `json:"seed"`
	Environment     int64             `json:"-"`                    // its id
	Fsync           time.Duration     `json:"fsync_ns,omitempty"`   // median of a small write and fsync in the data folder, just before; 0: no node keeps data there
	LostNodes       int               `json:"lost_nodes,omitempty"` // that ended by themselves while it lasted
	Labels          map[string]string `json:"labels,omitempty"`
	Warnings        []string          `json:"warnings"`
	Client          *Client           `json:"client,omitempty"` // nil until the plugin has said it
}

// Client is what the load generator says of itself at the end of a run.
type Client struct {
	CPUSeconds   float64       `json:"cpu_seconds"`   // user and system, while the load ran
	Stalls       int64         `json:"stalls"`        // times that a thread waited for its samples to be encoded
	Stalled      time.Duration `json:"stalled_ns"`    // how long, summed over the threads
	SpilledBytes int64         `json:"spilled_bytes"` // of samples that waited in a file for benchctl
}

// Phase is a part of a run.
type Phase struct {
	RunID   int64         `json:"-"`
	Index   int           `json:"-"` // in the run, from 0
	Name    string        `json:"name"`
	Warmup  bool          `json:"warmup"`
	Begun   bool          `json:"-"`
	Started time.Duration `json:"started_ns"` // from the run's zero
	Ended   time.Duration `json:"ended_ns"`   // 0 until it ends
	Samples int64         `json:"samples"`    // archived, successful or not
	// Unstarted counts the arrivals of an open loop that were due in the phase
	// and were not started before it ended.
	Unstarted int64    `json:"unstarted,omitempty"`
	Offered   *Offered `json:"offered,omitempty"` // nil in a closed loop
	// Idle is the longest time in which no operation was on its way.
	Idle         time.Duration `json:"idle_ns,omitempty"`
	Surroundings *Surroundings `json:"surroundings,omitempty"` // nil where they are not known
}

// Offered is what arrives in a phase of an open loop, whether or not the store
// keeps up.
type Offered struct {
	Rate  float64 `json:"rate"`            // arrivals a second, on average
	Bound Bound   `json:"bound,omitempty"` // of a search that this rate came of
}

// Bound is what became of the bound that a search keeps.
type Bound string

// What became of it.
const (
	BoundKept   Bound = "kept"   // at the rate that was found
	BoundBroken Bound = "broken" // by every rate that was tried
)

// Surroundings is what the machine did beside the run while a phase was on.
type Surroundings struct {
	ForeignCPUSeconds float64       `json:"foreign_cpu_seconds"` // of processes that are not the run's
	StolenCPUSeconds  float64       `json:"stolen_cpu_seconds"`  // that the host took from this virtual machine
	Throttled         time.Duration `json:"throttled_ns"`        // in which the limit of processor time held the run up
	Pressure          time.Duration `json:"pressure_ns"`         // in which something waited for a processor
}

// Failure is what operations of one kind failed of in one phase.
type Failure struct {
	RunID  int64         `json:"-"`
	Phase  string        `json:"phase"`
	Warmup bool          `json:"warmup"`
	Op     string        `json:"op"`
	Status string        `json:"status"` // the class
	Count  int64         `json:"count"`
	First  time.Duration `json:"first_ns"`        // from the run's zero, when the first one ended
	Error  string        `json:"error,omitempty"` // what that one said
}

// Said writes of what the first one failed.
func (f Failure) Said() string {
	if f.Error == "" || f.Error == f.Status {
		return f.Status
	}
	return f.Status + ": " + f.Error
}

// Summary is what the samples of one operation in one phase come to. The
// latencies, from the intended start, and the service times, from the start,
// are those of operations that succeeded, and 0 if none did.
type Summary struct {
	RunID               int64   `json:"-"`
	Phase               string  `json:"phase"`
	Warmup              bool    `json:"warmup"`
	Op                  string  `json:"op"`
	Ops                 int64   `json:"ops"`        // that succeeded
	Errors              int64   `json:"errors"`     // that failed
	Seconds             float64 `json:"seconds"`    // from the phase's start to the end of its last operation
	Throughput          float64 `json:"throughput"` // Ops ÷ Seconds
	ThroughputPerThread float64 `json:"throughput_per_thread"`
	MeanNS              int64   `json:"mean_ns"`
	P50NS               int64   `json:"p50_ns"`
	P90NS               int64   `json:"p90_ns"`
	P95NS               int64   `json:"p95_ns"`
	P99NS               int64   `json:"p99_ns"`
	P999NS              int64   `json:"p999_ns"`
	MaxNS               int64   `json:"max_ns"`
	ServiceMeanNS       int64   `json:"service_mean_ns"`
	ServiceP50NS        int64   `json:"service_p50_ns"`
	ServiceP90NS        int64   `json:"service_p90_ns"`
	ServiceP95NS        int64   `json:"service_p95_ns"`
	ServiceP99NS        int64   `json:"service_p99_ns"`
	ServiceP999NS       int64   `json:"service_p999_ns"`
	ServiceMaxNS        int64   `json:"service_max_ns"`
	ErrorMeanNS         int64   `json:"error_mean_ns,omitempty"` // of operations that failed
	ErrorMaxNS          int64   `json:"error_max_ns,omitempty"`  // of operations that failed
	HDR                 []byte  `json:"-"`                       // all latencies as a compressed histogram; nil if Ops is 0 or it was not asked for
}

// ThreadSecond is what one thread finished of one operation within a second.
type ThreadSecond struct {
	RunID  int64  `json:"-"`
	Phase  string `json:"phase"`
	Warmup bool   `json:"warmup"`
	Thread int    `json:"thread"`
	Op     string `json:"op"`
	Second int    `json:"second"` // from the run's zero
	Ops    int64  `json:"ops"`
	Errors int64  `json:"errors"`
	MeanNS int64  `json:"mean_ns"`
	P50NS  int64  `json:"p50_ns"`
	P99NS  int64  `json:"p99_ns"`
	MaxNS  int64  `json:"max_ns"`
}

// ClientNode is the name under which the load generator's own process is
// sampled beside the nodes.
const ClientNode = "client"

// NodeSecond is what the process of a node used within a second.
type NodeSecond struct {
	RunID        int64   `json:"-"`
	Node         string  `json:"node"`
	Second       int     `json:"second"`      // from the run's zero
	Seconds      float64 `json:"seconds"`     // that it covers: less than 1 where the run or the process began or ended in it, more where nobody could look in time
	CPUSeconds   float64 `json:"cpu_seconds"` // user and system
	RSSBytes     int64   `json:"rss_bytes"`   // of memory, at its end
	ReadBytes    int64   `json:"read_bytes"`
	WrittenBytes *int64  `json:"written_bytes,omitempty"` // that reached storage; nil where the system does not say it truly
	HandedBytes  *int64  `json:"handed_bytes,omitempty"`  // that it handed to the system, for files and sockets; nil where it is not known
}

// Cost is what the processes of all nodes used in the whole seconds of a measured
// phase, in which Ops operations ended.
type Cost struct {
	RunID        int64   `json:"-"`
	Phase        string  `json:"phase"`
	Ops          int64   `json:"ops"`                     // that succeeded
	CPUSeconds   float64 `json:"cpu_seconds"`             // user and system
	RSSBytes     int64   `json:"rss_bytes"`               // the most memory of each node, added up
	WrittenBytes *int64  `json:"written_bytes,omitempty"` // as of a NodeSecond
}

// Process is what a process used in a whole run: its seconds put together.
type Process struct {
	Name         string  `json:"name"`    // of the node, or ClientNode
	Seconds      float64 `json:"seconds"` // in which it was sampled
	CPUSeconds   float64 `json:"cpu_seconds"`
	MaxRSSBytes  int64   `json:"max_rss_bytes"`
	ReadBytes    int64   `json:"read_bytes"`
	WrittenBytes *int64  `json:"written_bytes,omitempty"` // as of a NodeSecond
	HandedBytes  *int64  `json:"handed_bytes,omitempty"`
}

// Event is something that happened during a run.
type Event struct {
	RunID  int64         `json:"-"`
	At     time.Duration `json:"at_ns"` // from the run's zero
	Kind   string        `json:"kind"`
	Node   string        `json:"node,omitempty"` // empty if it concerns none
	Detail string        `json:"detail,omitempty"`
}

// Verdict is what came of checking that the store did what it said.
type Verdict struct {
	RunID    int64  `json:"-"`
	Phase    string `json:"phase"`
	Property string `json:"property"` // such as read-back or linearizable
	Result   Result `json:"result"`
	Checked  int64  `json:"checked"`           // keys, operations or events that were looked at
	Detail   string `json:"detail"`            // one sentence
	History  string `json:"history,omitempty"` // what shows a violation, in lines
}

// Result is whether a property held.
type Result string

// The results.
const (
	Held      Result = "held"
	Violated  Result = "violated"
	Undecided Result = "undecided" // it would have taken more time or memory than it may
)
