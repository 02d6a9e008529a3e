// Package stats selects, groups and summarises what was measured. It is pure:
// its input are records, one for each operation of each phase of a run.
package stats

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Record is what one operation came to in one phase of one run.
type Record struct {
	Run             int64
	Experiment      int64
	State           string
	Started         time.Time
	Store           string
	StoreVersion    string
	PluginVersion   string
	Nodes           int
	Threads         int
	Workload        string
	WorkloadVersion int
	Params          map[string]string
	Reads           string // consistency that was asked for
	Promised        string // consistency that the driver declares; empty: what was asked for
	Durability      string
	Connections     int               // network connections of each thread
	Notes           []string          // of the guarantees
	Options         map[string]string // of the store
	Labels          map[string]string
	Verified        string // what came of checking the run: held or undecided; empty: nothing was checked

	Phase                               string
	Warmup                              bool
	Op                                  string
	Ops                                 int64 // that succeeded
	Errors                              int64 // that failed
	Seconds                             float64
	Throughput                          float64 // successful operations a second, all threads together
	Mean, P50, P90, P95, P99, P999, Max time.Duration
}

// PerThread returns the throughput of one thread.
func (r Record) PerThread() float64 { return r.Throughput / float64(max(r.Threads, 1)) }

// Totals puts the operations of each phase of each run together: how many there
// were and their throughput, which add up because all are counted over the time
// of the phase. Latencies do not add up, so a total has none, and no operation.
func Totals(records []Record) []Record {
	var totals []Record
	for _, g := range GroupBy(records, "run", "phase") {
		total := g.Records[0]
		total.Op, total.Mean, total.P50, total.P90, total.P95, total.P99, total.P999, total.Max = "", 0, 0, 0, 0, 0, 0, 0
		for _, r := range g.Records[1:] {
			total.Ops, total.Errors, total.Throughput = total.Ops+r.Ops, total.Errors+r.Errors, total.Throughput+r.Throughput
		}
		totals = append(totals, total)
	}
	return totals
}

// fixedKeys are the keys that every record has, in the order in which they
// order groups and make labels.
var fixedKeys = []string{
	"store", "nodes", "threads", "workload", "workload-version", "reads", "durability",
	"store-version", "plugin-version", "phase", "op", "state", "run", "experiment",
}

// Key prefixes of what not every record has.
const (
	paramPrefix  = "param."
	optionPrefix = "option."
	labelPrefix  = "label."
)

// promised is the key of what the driver declares of reads. It follows from the
// store and its setup, so it tells no series apart.
const promised = "promised"

// Value returns the record's value of a key, and "" for one that it lacks.
func (r Record) Value(key string) string {
	switch key {
	case "store":
		return r.Store
	case "nodes":
		return strconv.Itoa(r.Nodes)
	case "threads":
		return strconv.Itoa(r.Threads)
	case "workload":
		return r.Workload
	case "workload-version":
		return strconv.Itoa(r.WorkloadVersion)
	case "reads":
		return r.Reads
	case promised:
		return cmp.Or(r.Promised, r.Reads)
	case "durability":
		return r.Durability
	case "store-version":
		return r.StoreVersion
	case "plugin-version":
		return r.PluginVersion
	case "phase":
		return r.Phase
	case "op":
		return r.Op
	case "state":
		return r.State
	case "run":
		return strconv.FormatInt(r.Run, 10)
	case "experiment":
		return strconv.FormatInt(r.Experiment, 10)
	}
	for prefix, values := range map[string]map[string]string{paramPrefix: r.Params, optionPrefix: r.Options, labelPrefix: r.Labels} {
		if len(key) > len(prefix) && key[:len(prefix)] == prefix {
			return values[key[len(prefix):]]
		}
	}
	return ""
}

// Keys returns every key that some of the records has.
func Keys(records []Record) []string {
	more := map[string]bool{}
	for _, r := range records {
		for prefix, values := range map[string]map[string]string{paramPrefix: r.Params, optionPrefix: r.Options, labelPrefix: r.Labels} {
			for name := range values {
				more[prefix+name] = true
			}
		}
	}
	return append(slices.Clone(fixedKeys), slices.Sorted(maps.Keys(more))...)
}

// Setup names the record's store and setup as charts and tables do.
func (r Record) Setup() string {
	return fmt.Sprintf("%s, %s", r.Store, Count(r.Nodes, "node"))
}

// Count writes a number of things: 1 node, 3 nodes.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
