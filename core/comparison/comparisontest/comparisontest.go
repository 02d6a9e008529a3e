// Package comparisontest makes comparisons of made-up runs, for tests.
package comparisontest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/workload"
)

// Record is one operation of one phase of a run. Records with the same Run are
// of one run, which the first of them describes.
type Record struct {
	Run                      int64
	Started                  time.Time
	State                    record.State // "": complete
	Store, StoreVersion      string
	Nodes, Threads           int
	Workload                 string // "": w
	WorkloadSHA256           string // "": the same for all that have the same name
	Params, Options, Labels  map[string]string
	Reads, Promised          driver.Consistency
	Durability               driver.Durability
	Connections              int
	Notes, Warnings          []string
	Verified                 record.Result
	Phase, Op                string
	Warmup                   bool
	Ops, Errors              int64
	Failures                 []record.Failure // of the operation: Status, Count and Error
	LostNodes                int              // of the run
	Throughput               float64
	P50, P90, P99, P999, Max time.Duration

	Experiment      int64
	Repeat          int
	Cost            record.Cost // of the phase
	Plugin          string      // SHA-256 of its binary
	Machine, Folder string      // the processor's name, and the filesystem of the nodes' data; empty: there is none
	Definition      string      // of the workload
	Offered         record.Offered
}

// Measured returns what a comparison of records is made of.
func Measured(t testing.TB, records []Record) comparison.Measured {
	t.Helper()
	m := comparison.Measured{
		Verified: map[int64]record.Result{}, Latency: true, Environments: map[int64]record.Environment{},
		Definitions: map[string]*workload.Definition{}, Offered: map[int64]map[string]record.Offered{}, Costs: map[int64]map[string]record.Cost{},
	}
	seen := map[int64]bool{}
	for _, r := range records {
		if r.Offered.Rate > 0 {
			if m.Offered[r.Run] == nil {
				m.Offered[r.Run] = map[string]record.Offered{}
			}
			m.Offered[r.Run][r.Phase] = r.Offered
		}
		if r.Cost.Ops > 0 {
			if m.Costs[r.Run] == nil {
				m.Costs[r.Run] = map[string]record.Cost{}
			}
			m.Costs[r.Run][r.Phase] = r.Cost
		}
		if !seen[r.Run] {
			seen[r.Run] = true
			made := run(t, r)
			made.Environment = environment(m.Environments, r)
			if r.Definition != "" {
				d, err := workload.Parse(r.Workload, []byte(r.Definition))
				if err != nil {
					t.Fatal(err)
				}
				m.Definitions[made.WorkloadSHA256] = d
			}
			m.Runs = append(m.Runs, made)
			if r.Verified != "" {
				m.Verified[r.Run] = r.Verified
			}
		}
		for _, f := range r.Failures {
			f.RunID, f.Phase, f.Op = r.Run, r.Phase, r.Op
			m.Failures = append(m.Failures, f)
		}
		m.Summaries = append(m.Summaries, record.Summary{
			RunID: r.Run, Phase: r.Phase, Warmup: r.Warmup, Op: r.Op, Ops: r.Ops, Errors: r.Errors, Seconds: 1, Throughput: r.Throughput,
			P50NS: int64(r.P50), P90NS: int64(r.P90), P99NS: int64(r.P99), P999NS: int64(r.P999), MaxNS: int64(r.Max),
		})
	}
	return m
}

// environment returns the number of a record's environment, which is added if it
// is new.
func environment(known map[int64]record.Environment, r Record) int64 {
	e := record.Environment{CPU: r.Machine, Cores: 2, Filesystem: r.Folder}
	for id, one := range known {
		if e.ID = id; one == e {
			return id
		}
	}
	e.ID = int64(len(known) + 1)
	known[e.ID] = e
	return e.ID
}

func run(t testing.TB, r Record) record.Run {
	t.Helper()
	setup, err := json.Marshal(driver.Setup{Nodes: r.Nodes, Reads: r.Reads, Options: r.Options})
	if err != nil {
		t.Fatal(err)
	}
	guarantees, err := json.Marshal(driver.Guarantees{Durability: r.Durability, Reads: r.Promised, Connections: r.Connections, Notes: r.Notes})
	if err != nil {
		t.Fatal(err)
	}
	if r.State == "" {
		r.State = record.Complete
	}
	if r.Workload == "" {
		r.Workload = "w"
	}
	if r.WorkloadSHA256 == "" {
		r.WorkloadSHA256 = r.Workload
	}
	var fsync time.Duration
	if r.Folder != "" {
		fsync = time.Millisecond
	}
	return record.Run{
		Experiment: r.Experiment, Repeat: r.Repeat, PluginSHA256: r.Plugin, Fsync: fsync,
		ID: r.Run, State: r.State, StartedAt: r.Started, Store: r.Store, StoreVersion: r.StoreVersion, Nodes: r.Nodes, Threads: r.Threads,
		Setup: setup, Guarantees: guarantees, Workload: r.Workload, WorkloadVersion: 1, WorkloadSHA256: r.WorkloadSHA256,
		Params: r.Params, Labels: r.Labels, Warnings: r.Warnings, LostNodes: r.LostNodes,
	}
}

// Compare compares records.
func Compare(t testing.TB, records []Record) *comparison.Comparison {
	t.Helper()
	c, err := comparison.Of(Measured(t, records))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Workload compares records of one workload.
func Workload(t testing.TB, records []Record) *comparison.Workload {
	t.Helper()
	c := Compare(t, records)
	if len(c.Workloads) != 1 {
		t.Fatalf("%d workloads", len(c.Workloads))
	}
	return c.Workloads[0]
}
