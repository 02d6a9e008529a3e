package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

// Run is one planned run.
type Run struct {
	Position  int                `json:"position"` // in the plan, from 0
	Repeat    int                `json:"repeat"`   // from 0
	Store     string             `json:"store"`
	Setup     string             `json:"setup,omitempty"` // its name, if it has one
	Nodes     int                `json:"nodes"`
	Reads     driver.Consistency `json:"reads"`
	Options   map[string]string  `json:"options,omitempty"`   // of the store's driver, as they were given
	Env       map[string]string  `json:"env,omitempty"`       // variables added to the environment of plugin and nodes
	Endpoints []string           `json:"endpoints,omitempty"` // of a store that runs already; none: deploy one
	Threads   int                `json:"threads"`
	Workload  string             `json:"workload"` // name@version
	Params    map[string]string  `json:"params"`   // every parameter, defaults included
	Seed      uint64             `json:"seed"`

	name       string
	definition *workload.Definition
	load       *load.Load
}

// String names the run by what tells it apart in its plan, repeats aside.
func (r Run) String() string { return r.name }

func count(n int, noun string) string { return format.Count(n, noun) }

// Definition returns the definition of the run's workload.
func (r Run) Definition() *workload.Definition { return r.definition }

// Load returns the workload that the run executes.
func (r Run) Load() *load.Load { return r.load }

// Deployment tells apart in what ways stores are deployed: it is the same for
// two runs that one cluster can serve.
func (r Run) Deployment() string {
	return fmt.Sprintf("%q %d %q %q %q %q", r.Store, r.Nodes, r.Reads, r.Options, r.Env, r.Endpoints)
}

// combination tells the runs of one repeat apart.
func (r Run) combination() string {
	return fmt.Sprintf("%s %q %d %q %q", r.Deployment(), r.Setup, r.Threads, r.Workload, r.Params)
}

// labels returns the labels of the run: those of its experiment and the name
// of its setup.
func (r Run) labels(common map[string]string) map[string]string {
	if r.Setup == "" {
		return common
	}
	labels := maps.Clone(common)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[selection.SetupLabel] = r.Setup
	return labels
}

// planned is a run as selections see it before it is executed.
type planned struct {
	Run
	all map[string]string // its labels
}

func (r Run) planned(labels map[string]string) planned { return planned{r, r.labels(labels)} }

// Value returns the run's value of a key that is known before it is executed.
func (p planned) Value(key string) string {
	switch key {
	case "store":
		return p.Store
	case "nodes":
		return strconv.Itoa(p.Nodes)
	case "threads":
		return strconv.Itoa(p.Threads)
	case "workload":
		return p.definition.Name
	case "workload-version":
		return strconv.Itoa(p.definition.Version)
	case "reads":
		return string(p.Reads)
	}
	return p.Given().Value(key)
}

// Given returns what the run was given by name.
func (p planned) Given() selection.Given {
	return selection.Given{Params: p.Params, Options: p.Options, Env: p.Env, Labels: p.all}
}

// selects reports whether an expression selects the run.
func selects(e *selection.Expression, run planned) bool {
	var values []string
	for _, key := range e.Keys() {
		values = append(values, run.Value(key))
	}
	return e.Match(values)
}

// name gives every run its name.
func (p *Plan) name() {
	rows := make([]planned, len(p.Runs))
	for i, run := range p.Runs {
		rows[i] = run.planned(p.Labels)
	}
	keys := selection.Series(rows)
	values := make([]string, len(keys))
	for i, row := range rows {
		for k, key := range keys {
			values[k] = row.Value(key)
		}
		p.Runs[i].name = selection.Name(keys, values)
	}
}

// choices is how many there are of the parameters.
func (w Workload) choices() float64 {
	n := 1.0
	for _, values := range w.Params {
		n *= float64(len(values))
	}
	return n
}

// bind returns one run for each choice of the parameters, with what the
// workload decides of it.
func (w Workload) bind() ([]Run, error) {
	choices := []map[string]string{{}}
	for _, name := range slices.Sorted(maps.Keys(w.Params)) {
		var longer []map[string]string
		for _, choice := range choices {
			for _, value := range w.Params[name] {
				next := maps.Clone(choice)
				next[name] = value
				longer = append(longer, next)
			}
		}
		choices = longer
	}
	runs := make([]Run, len(choices))
	for i, choice := range choices {
		load, params, err := w.Definition.Bind(choice)
		if err != nil {
			return nil, err
		}
		runs[i] = Run{Workload: w.Definition.Ref(), Params: params, definition: w.Definition, load: load}
	}
	return runs, nil
}

// Definitions returns the definitions of the plan's workloads, by name and version.
func (p *Plan) Definitions() []*workload.Definition {
	byRef := map[string]*workload.Definition{}
	for _, run := range p.Runs {
		byRef[run.Workload] = run.definition
	}
	var definitions []*workload.Definition
	for _, ref := range slices.Sorted(maps.Keys(byRef)) {
		definitions = append(definitions, byRef[ref])
	}
	return definitions
}

// Workloads returns name@version of the plan's workloads.
func (p *Plan) Workloads() []string {
	var refs []string
	for _, d := range p.Definitions() {
		refs = append(refs, d.Ref())
	}
	return refs
}

// Title names what is executed: the experiment, or its workloads if it has no
// name.
func (p *Plan) Title() string {
	if p.Name != "" {
		return p.Name
	}
	return strings.Join(p.Workloads(), ", ")
}

// DriverSetup returns the setup that a run asks of its plugin, every option
// filled in, or why the plugin cannot execute the run.
func (p *Plan) DriverSetup(description protocol.Description, run Run) (driver.Setup, error) {
	for _, op := range run.load.Ops() {
		if !description.Can(op) {
			return driver.Setup{}, &Refused{fmt.Sprintf("workload %s needs the operation %s, which plugin %s lacks; it has %s",
				run.Workload, op, description.Name, names(description.Ops))}
		}
	}
	options, err := driver.FillOptions(description.Name, description.Options, run.Options)
	if err != nil {
		return driver.Setup{}, &Refused{err.Error()}
	}
	return driver.Setup{
		Nodes:     run.Nodes,
		Reads:     run.Reads,
		Options:   options,
		Env:       run.Env,
		Endpoints: run.Endpoints,
		External:  len(run.Endpoints) > 0,
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
