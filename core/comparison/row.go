package comparison

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
)

// Run is a run with its documents decoded. Runs with the same documents share
// what was decoded.
type Run struct {
	*record.Run
	Setup      *driver.Setup      `json:"-"` // the JSON has them as they are archived
	Guarantees *driver.Guarantees `json:"-"`
	Verified   record.Result      `json:"verified,omitempty"` // held or undecided, or empty if nothing was checked

	promise, declared string
	machine           int64                  // its number: the least of the environments that are the same but for the filesystem
	filesystem        string                 // of the nodes' data; empty: no node keeps any
	group             int                    // of the runs that are told apart at the moment
	costs             map[string]record.Cost // by phase
	offered           map[string]record.Offered
}

// Row is one operation of a measured phase of a run.
type Row struct {
	*Run
	*record.Summary
}

// workloadHash is the key of what tells workloads apart for certain, which
// nobody would select by.
const workloadHash = "workload-sha256"

// Value returns the run's value of a key.
func (r *Run) Value(key string) string {
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
		return string(r.Setup.Reads)
	case "promised":
		return string(r.reads())
	case "plugin":
		return r.PluginSHA256[:min(12, len(r.PluginSHA256))]
	case "machine":
		return strconv.FormatInt(r.machine, 10)
	case "filesystem":
		return r.filesystem
	case "durability":
		return string(r.Guarantees.Durability)
	case "store-version":
		return r.StoreVersion
	case "plugin-version":
		return r.PluginVersion
	case "state":
		return string(r.State)
	case "lost":
		return strconv.Itoa(r.LostNodes)
	case "run":
		return strconv.FormatInt(r.ID, 10)
	case "experiment":
		return strconv.FormatInt(r.Experiment, 10)
	case selection.Started:
		return r.StartedAt.UTC().Format(time.RFC3339Nano)
	case workloadHash:
		return r.WorkloadSHA256
	}
	return r.Given().Value(key)
}

// reads is what the driver promises of reads: what was asked for, unless it
// says otherwise.
func (r *Run) reads() driver.Consistency { return cmp.Or(r.Guarantees.Reads, r.Setup.Reads) }

// Given returns what the run was given by name.
func (r *Run) Given() selection.Given {
	return selection.Given{Params: r.Params, Options: r.Setup.Options, Env: r.Setup.Env, Labels: r.Labels}
}

// Value returns the row's value of a key.
func (r *Row) Value(key string) string {
	switch key {
	case "phase":
		return r.Phase
	case "op":
		return r.Op
	}
	return r.Run.Value(key)
}

// PerThread returns the throughput of one thread.
func (r *Row) PerThread() float64 { return r.Throughput / float64(max(r.Threads, 1)) }

// ErrDocument is the kind of error of a document in an archive that is not what
// it should be.
var ErrDocument = errors.New("the archive is damaged")

// decoder decodes documents, each that differs once.
type decoder struct {
	setups     map[string]*driver.Setup
	guarantees map[string]*driver.Guarantees
	promises   map[promised]promise
}

type promised struct {
	setup      *driver.Setup
	guarantees *driver.Guarantees
}

type promise struct{ words, declared string }

func newDecoder() decoder {
	return decoder{map[string]*driver.Setup{}, map[string]*driver.Guarantees{}, map[promised]promise{}}
}

func (d decoder) run(r *record.Run, verified record.Result) (*Run, error) {
	run := &Run{Run: r, Verified: verified}
	var err error
	if run.Setup, err = decode(d.setups, r.Setup); err != nil {
		return nil, fmt.Errorf("%w: the setup of run %d: %w", ErrDocument, r.ID, err)
	}
	if run.Guarantees, err = decode(d.guarantees, r.Guarantees); err != nil {
		return nil, fmt.Errorf("%w: the guarantees of run %d: %w", ErrDocument, r.ID, err)
	}
	both := promised{run.Setup, run.Guarantees}
	said, known := d.promises[both]
	if !known {
		said = promise{promiseOf(run), declaredBy(run)}
		d.promises[both] = said
	}
	run.promise, run.declared = said.words, said.declared
	return run, nil
}

func decode[T any](known map[string]*T, document json.RawMessage) (*T, error) {
	if value, ok := known[string(document)]; ok {
		return value, nil
	}
	value := new(T)
	if err := json.Unmarshal(document, value); err != nil {
		return nil, err
	}
	known[string(document)] = value
	return value, nil
}
