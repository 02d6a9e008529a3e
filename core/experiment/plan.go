// Package experiment plans runs and executes them: it reads experiment files,
// multiplies out what was asked for, orders the runs so that drift favours no
// store, takes each through deployment, load and archive, and carries on what
// was interrupted. It knows plugins and the archive only as the interfaces in
// plugin.go and archive.go.
package experiment

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

// Terms are what holds for all runs of an experiment.
type Terms struct {
	Name    string            `json:"name,omitempty"`    // of the experiment, if it has one
	Summary string            `json:"summary,omitempty"` // one line
	Seed    uint64            `json:"seed"`              // of the order of runs; with the repeat, of each run
	Labels  map[string]string `json:"labels,omitempty"`
	Timeout time.Duration     `json:"timeout_ns"` // of one operation
	// ReadyTimeout is how long a node may take until it serves; 0: a minute.
	ReadyTimeout time.Duration `json:"ready_timeout_ns,omitempty"`
	// Verify is how much of what stores acknowledge is checked.
	Verify load.Verify `json:"verify,omitempty"`
	// DataDir is the folder in which nodes keep their data while a run lasts;
	// empty: the system's temporary folder.
	DataDir string `json:"data_dir,omitempty"`
	// KeepData leaves the nodes' data and logs where they are.
	KeepData bool `json:"keep_data,omitempty"`
	// ReuseClusters deploys each store once for all runs with the same setup,
	// instead of afresh for each run.
	ReuseClusters bool `json:"reuse_clusters,omitempty"`
	// UntilDecided is the margin, as a share, within which two sides count as
	// equal: combinations are run until each pair of them is decided. 0: all runs
	// are executed.
	UntilDecided float64 `json:"until_decided,omitempty"`
}

// Spec is what was asked for. Every list is swept; the runs are its product,
// less what is excluded.
type Spec struct {
	Terms
	Stores    []string
	Setups    []Setup
	Workloads []Workload
	Threads   []int
	Repeat    int
	Exclude   []*selection.Expression
}

// Setup is how stores are deployed. Its lists are swept too.
type Setup struct {
	Name      string // kept with its runs as the label setup; may be empty
	Nodes     []int
	Reads     []driver.Consistency
	Options   map[string]map[string]string // by store and option, as they were given
	Env       map[string]string            // variables added to the environment of plugins and nodes
	Endpoints map[string][]string          // of stores that run already; others are deployed
}

// Workload is a definition with the values of its parameters to sweep.
type Workload struct {
	Definition *workload.Definition
	Params     map[string][]string
}

// maxRuns keeps a slip of the finger from filling memory.
const (
	maxRuns   = 100_000
	maxRepeat = 1_000_000
)

// Defaults is what holds of an experiment where nothing else is said. It has
// no stores and no workloads.
func Defaults() Spec {
	return Spec{
		Terms:   Terms{Labels: map[string]string{}, Timeout: 5 * time.Second, ReadyTimeout: node.ReadyWithin, Verify: load.VerifyReadBack},
		Setups:  []Setup{{Nodes: []int{1, 3}, Reads: []driver.Consistency{driver.Linearizable}}},
		Threads: []int{10},
		Repeat:  1,
	}
}

// Plan is an experiment before it is executed: its runs in their order.
type Plan struct {
	Terms
	Runs []Run `json:"runs"`
}

// NewPlan multiplies a spec out. Each repeat executes every combination once,
// in an order that is shuffled anew from the seed, so that what changes on the
// machine over time falls on all of them alike. A run's own seed depends on
// its repeat only: in one repeat every store is given the same operations.
func NewPlan(spec Spec) (*Plan, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	combinations, err := spec.combinations()
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(combinations, spec.excludes)
	if len(left) == 0 {
		return nil, errors.New("every run is excluded: nothing is left to run")
	}
	plan := &Plan{Terms: spec.Terms}
	order := rand.New(rand.NewPCG(spec.Seed, 0))
	for repeat := range spec.Repeat {
		block := slices.Clone(left)
		order.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		for _, run := range block {
			run.Position = len(plan.Runs)
			run.Repeat = repeat
			run.Seed = spec.Seed + uint64(repeat)
			plan.Runs = append(plan.Runs, run)
		}
	}
	plan.name()
	if err := plan.checkPairs(); err != nil {
		return nil, err
	}
	return plan, nil
}

// The kinds of what can be wrong with a spec.
var (
	ErrNoStore   = errors.New("no store")
	ErrNumber    = errors.New("too few or too many") // repeats, threads or nodes
	ErrEndpoints = errors.New("not an endpoint for each node")
	ErrOption    = errors.New("option of another store")
)

func (s Spec) check() error {
	if len(s.Stores) == 0 {
		return fault.Errorf(ErrNoStore, "no store: name at least one")
	}
	if err := checkNumber("repeat", s.Repeat, maxRepeat); err != nil {
		return err
	}
	if err := s.checkDecided(); err != nil {
		return err
	}
	for _, threads := range s.Threads {
		if err := checkNumber("threads", threads, protocol.MaxThreads); err != nil {
			return err
		}
	}
	for _, setup := range s.Setups {
		if err := s.checkSetup(setup); err != nil {
			return err
		}
	}
	if n := s.size(); n > maxRuns {
		return fmt.Errorf("these are %.0f runs, more than an experiment may have (%d): shorten its lists or make several of it", n, maxRuns)
	}
	return nil
}

func checkNumber(of string, n, most int) error {
	switch {
	case n < 1:
		return fault.Errorf(ErrNumber, "%s %d: there must be at least 1", of, n)
	case n > most:
		return fault.Errorf(ErrNumber, "%s %d: there may be at most %d", of, n, most)
	}
	return nil
}

func (s Spec) checkSetup(setup Setup) error {
	for _, nodes := range setup.Nodes {
		if err := checkNumber("nodes", nodes, protocol.MaxNodes); err != nil {
			return err
		}
	}
	for store, endpoints := range setup.Endpoints {
		if err := CheckEndpoints(store, endpoints); err != nil {
			return err
		}
		if len(setup.Nodes) != 1 || setup.Nodes[0] != len(endpoints) {
			return fault.Errorf(ErrEndpoints, "the endpoints of %s are %s, so the setup's nodes can only be %d", store, count(len(endpoints), "node"), len(endpoints))
		}
	}
	for store := range setup.Options {
		if !slices.Contains(s.Stores, store) {
			return fault.Errorf(ErrOption, "option %s.…: store %s is not in this experiment, which has %s", store, store, strings.Join(s.Stores, ", "))
		}
	}
	if _, taken := s.Labels[selection.SetupLabel]; taken && setup.Name != "" {
		return fmt.Errorf("the label %s is the name of each run's setup here, such as %q: call the other label something else", selection.SetupLabel, setup.Name)
	}
	return nil
}

// size is how many runs the lists come to before anything is excluded. It is
// no integer because it may be a very great number.
func (s Spec) size() float64 {
	setups, workloads := 0.0, 0.0
	for _, setup := range s.Setups {
		setups += float64(len(setup.Nodes)) * float64(len(setup.Reads))
	}
	for _, w := range s.Workloads {
		workloads += w.choices()
	}
	return float64(len(s.Stores)) * setups * float64(len(s.Threads)) * workloads * float64(s.Repeat)
}

// combinations returns one run for each combination of the lists. None is
// there twice, even if lists overlap.
func (s Spec) combinations() ([]Run, error) {
	var loads []Run // with what a workload decides
	for _, w := range s.Workloads {
		bound, err := w.bind()
		if err != nil {
			return nil, err
		}
		loads = append(loads, bound...)
	}
	var runs []Run
	seen := map[string]bool{}
	add := func(run Run) {
		if id := run.combination(); !seen[id] {
			seen[id] = true
			runs = append(runs, run)
		}
	}
	for _, store := range s.Stores {
		for _, run := range s.deployed(store) {
			for _, threads := range s.Threads {
				for _, load := range loads {
					run.Threads = threads
					run.Workload, run.Params, run.definition, run.load = load.Workload, load.Params, load.definition, load.load
					add(run)
				}
			}
		}
	}
	return runs, nil
}

// deployed returns one run for each way in which a store is deployed.
func (s Spec) deployed(store string) []Run {
	var runs []Run
	for _, setup := range s.Setups {
		for _, nodes := range setup.Nodes {
			for _, reads := range setup.Reads {
				runs = append(runs, Run{
					Store: store, Setup: setup.Name, Nodes: nodes, Reads: reads,
					Options: setup.Options[store], Env: setup.Env, Endpoints: setup.Endpoints[store],
				})
			}
		}
	}
	return runs
}

func (s Spec) excludes(run Run) bool {
	row := run.planned(s.Labels)
	return slices.ContainsFunc(s.Exclude, func(e *selection.Expression) bool { return selects(e, row) })
}
