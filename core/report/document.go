package report

import (
	"encoding/json"
	"io"
	"time"
)

// DocumentVersion is the version of the JSON documents, which
// docs/format/json.md describes.
const DocumentVersion = 1

// Document is what --json prints.
type Document struct {
	Version    int    `json:"version"`
	Experiment int64  `json:"experiment,omitempty"`
	Archive    string `json:"archive"`
	Runs       []Run  `json:"runs"`
}

// Run is everything about one run but its samples.
type Run struct {
	ID              int64             `json:"id"`
	Experiment      int64             `json:"experiment"`
	State           string            `json:"state"`
	Error           string            `json:"error,omitempty"`
	StartedAt       time.Time         `json:"started_at"`
	EndedAt         *time.Time        `json:"ended_at,omitempty"`
	Store           string            `json:"store"`
	StoreVersion    string            `json:"store_version,omitempty"`
	PluginVersion   string            `json:"plugin_version"`
	PluginSHA256    string            `json:"plugin_sha256"`
	Nodes           int               `json:"nodes"`
	Threads         int               `json:"threads"`
	Watchers        int               `json:"watchers,omitempty"`
	Setup           json.RawMessage   `json:"setup"`
	Guarantees      json.RawMessage   `json:"guarantees"`
	Workload        string            `json:"workload"`
	WorkloadVersion int               `json:"workload_version"`
	WorkloadSHA256  string            `json:"workload_sha256"`
	Params          map[string]string `json:"params"`
	Repeat          int               `json:"repeat"`
	Seed            uint64            `json:"seed"`
	Labels          map[string]string `json:"labels,omitempty"`
	Warnings        []string          `json:"warnings"`
	Environment     *Environment      `json:"environment,omitempty"`
	Phases          []Phase           `json:"phases,omitempty"`
	Summaries       []Summary         `json:"summaries"`
	Verdicts        []Verdict         `json:"verdicts,omitempty"`
	Events          []Event           `json:"events,omitempty"`
	Processes       []Process         `json:"processes,omitempty"`
}

// Environment is the machine of a run.
type Environment struct {
	CPU            string `json:"cpu"`
	Cores          int    `json:"cores"`
	MemoryBytes    int64  `json:"memory_bytes"`
	Kernel         string `json:"kernel"`
	OS             string `json:"os"`
	Filesystem     string `json:"filesystem"`
	FsyncNS        int64  `json:"fsync_ns"`
	Virtualization string `json:"virtualization,omitempty"`
	ClockSource    string `json:"clock_source"`
}

// Phase is a part of a run; times count from the run's zero.
type Phase struct {
	Name      string `json:"name"`
	Warmup    bool   `json:"warmup"`
	StartedNS int64  `json:"started_ns"`
	EndedNS   int64  `json:"ended_ns"`
	Samples   int64  `json:"samples"`
	Unstarted int64  `json:"unstarted,omitempty"` // arrivals that were due and not started
}

// Summary is one operation of one phase.
type Summary struct {
	Phase               string  `json:"phase"`
	Warmup              bool    `json:"warmup"`
	Op                  string  `json:"op"`
	Ops                 int64   `json:"ops"`
	Errors              int64   `json:"errors"`
	Seconds             float64 `json:"seconds"`
	Throughput          float64 `json:"throughput"`
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
}

// Verdict is what came of checking that the store did what it said.
type Verdict struct {
	Phase    string `json:"phase"`
	Property string `json:"property"`
	Result   string `json:"result"`
	Checked  int64  `json:"checked"`
	Detail   string `json:"detail"`
	History  string `json:"history,omitempty"`
}

// Event is something that happened during a run.
type Event struct {
	AtNS   int64  `json:"at_ns"`
	Kind   string `json:"kind"`
	Node   string `json:"node,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Process is what a server's or the load generator's process used in a run.
type Process struct {
	Name         string  `json:"name"`
	Seconds      int     `json:"seconds"` // in which it was sampled
	CPUSeconds   float64 `json:"cpu_seconds"`
	MaxRSSBytes  int64   `json:"max_rss_bytes"`
	ReadBytes    int64   `json:"read_bytes"`
	WrittenBytes int64   `json:"written_bytes"`
}

// WriteJSON prints a document.
func WriteJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

// Plan is what --dry-run --json prints.
type Plan struct {
	Version         int     `json:"version"`
	Name            string  `json:"name,omitempty"`       // of the experiment file
	Experiment      int64   `json:"experiment,omitempty"` // that is resumed
	Workload        string  `json:"workload"`             // or several, with ", " between them
	Seed            uint64  `json:"seed"`
	ExpectedSeconds float64 `json:"expected_seconds"` // of phases that time ends, and a second a run for the rest
	Runs            any     `json:"runs"`             // in their order
}
