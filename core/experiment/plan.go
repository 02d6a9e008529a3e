// Package experiment plans runs and executes them: it multiplies out what was
// asked for, orders the runs so that drift favours no store, and takes each
// through deployment, load and archive. It knows plugins and the archive only
// as the interfaces in execute.go.
package experiment

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

// Spec is what was asked for. Every list is swept; the runs are its product.
type Spec struct {
	Definition *workload.Definition
	Params     map[string][]string // values to sweep, by parameter
	Stores     []string
	Nodes      []int
	Threads    []int
	Repeat     int
	Seed       uint64
	Reads      driver.Consistency
	Options    map[string]map[string]string // by store
	Endpoints  []string                     // of a store that runs already; none: deploy one
	Labels     map[string]string
	Timeout    time.Duration // of one operation
}

// Run is one planned run.
type Run struct {
	Repeat  int               `json:"repeat"` // from 0
	Store   string            `json:"store"`
	Nodes   int               `json:"nodes"`
	Threads int               `json:"threads"`
	Params  map[string]string `json:"params"` // every parameter, defaults included
	Seed    uint64            `json:"seed"`

	load *workload.Workload
}

// String names the run as progress lines do.
func (r Run) String() string {
	return fmt.Sprintf("%s, %s, %s", r.Store, count(r.Nodes, "node"), count(r.Threads, "thread"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Plan is an experiment before it is executed: its runs in their order.
type Plan struct {
	Spec
	Runs []Run
}

// NewPlan multiplies a spec out. Each repeat executes every combination once,
// in an order that is shuffled anew from the seed, so that what changes on the
// machine over time falls on all of them alike. A run's own seed depends on
// its repeat only: in one repeat every store is given the same operations.
func NewPlan(spec Spec) (*Plan, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	bindings, err := spec.bind()
	if err != nil {
		return nil, err
	}
	var combinations []Run
	for _, store := range spec.Stores {
		for _, nodes := range spec.Nodes {
			for _, threads := range spec.Threads {
				for _, b := range bindings {
					combinations = append(combinations, Run{
						Store: store, Nodes: nodes, Threads: threads, Params: b.params, load: b.load,
					})
				}
			}
		}
	}
	plan := &Plan{Spec: spec}
	order := rand.New(rand.NewPCG(spec.Seed, 0))
	for repeat := range spec.Repeat {
		block := slices.Clone(combinations)
		order.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		for _, run := range block {
			run.Repeat = repeat
			run.Seed = spec.Seed + uint64(repeat)
			plan.Runs = append(plan.Runs, run)
		}
	}
	return plan, nil
}

func (s Spec) check() error {
	switch {
	case len(s.Stores) == 0:
		return errors.New("no store: name at least one with --store")
	case s.Repeat < 1:
		return fmt.Errorf("--repeat %d: there must be at least 1", s.Repeat)
	case len(s.Endpoints) > 0 && len(s.Stores) > 1:
		return errors.New("--endpoints belongs to one store: name just that one with --store")
	case len(s.Endpoints) > 0 && (len(s.Nodes) != 1 || s.Nodes[0] != len(s.Endpoints)):
		return fmt.Errorf("--endpoints names %s, so --nodes can only be %d", count(len(s.Endpoints), "node"), len(s.Endpoints))
	}
	for _, nodes := range s.Nodes {
		if nodes < 1 {
			return fmt.Errorf("--nodes %d: there must be at least 1", nodes)
		}
	}
	for _, threads := range s.Threads {
		if threads < 1 {
			return fmt.Errorf("--threads %d: there must be at least 1", threads)
		}
	}
	for store := range s.Options {
		if !slices.Contains(s.Stores, store) {
			return fmt.Errorf("--option %s.…: store %s is not in this experiment, which has %s", store, store, strings.Join(s.Stores, ", "))
		}
	}
	return nil
}

// binding is a workload with one choice of its parameters.
type binding struct {
	params map[string]string
	load   *workload.Workload
}

func (s Spec) bind() ([]binding, error) {
	choices := []map[string]string{{}}
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		var longer []map[string]string
		for _, choice := range choices {
			for _, value := range s.Params[name] {
				next := maps.Clone(choice)
				next[name] = value
				longer = append(longer, next)
			}
		}
		choices = longer
	}
	bindings := make([]binding, len(choices))
	for i, choice := range choices {
		load, params, err := s.Definition.Bind(choice)
		if err != nil {
			return nil, err
		}
		bindings[i] = binding{params: params, load: load}
	}
	return bindings, nil
}

// Needs returns the operations that a plugin has to have.
func (p *Plan) Needs() []sample.Op {
	needed := map[sample.Op]bool{}
	for _, run := range p.Runs {
		for _, op := range run.load.Ops() {
			needed[op] = true
		}
	}
	ops := slices.Collect(maps.Keys(needed))
	slices.Sort(ops)
	return ops
}

// Setup returns the setup of a store with a number of nodes, every option
// filled in, or why the plugin cannot execute the plan on it.
func (p *Plan) Setup(description driver.Description, nodes int) (driver.Setup, error) {
	for _, op := range p.Needs() {
		if !description.Can(op) {
			return driver.Setup{}, &Refused{fmt.Sprintf("workload %s needs the operation %s, which plugin %s lacks; it has %s",
				p.Definition.Ref(), op, description.Name, names(description.Ops))}
		}
	}
	options, err := driver.FillOptions(description.Name, description.Options, p.Options[description.Name])
	if err != nil {
		return driver.Setup{}, &Refused{err.Error()}
	}
	return driver.Setup{
		Nodes:     nodes,
		Reads:     p.Reads,
		Options:   options,
		Endpoints: p.Endpoints,
		External:  len(p.Endpoints) > 0,
		Timeout:   p.Timeout,
	}, nil
}

// Refused is a plan that cannot be executed as it was asked for.
type Refused struct{ Reason string }

func (r *Refused) Error() string { return r.Reason }

func names(ops []sample.Op) string {
	texts := make([]string, len(ops))
	for i, op := range ops {
		texts[i] = op.String()
	}
	return strings.Join(texts, ", ")
}
