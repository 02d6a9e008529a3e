// Package comparison is what the runs of a selection come to: one value, read
// from an archive and computed once, that every table, chart, page and document
// shows. It has the series with their estimates, what the stores promise, what
// was verified, the machines, and all that weakens the figures.
//
// It compares only complete runs and their measured phases, and keeps what
// different workloads came to apart.
package comparison

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

// Comparison is what selected runs come to.
type Comparison struct {
	Selection   string              `json:"selection,omitempty"`
	Missing     []selection.Missing `json:"-"`                  // what the selection names and no run has
	Selected    int                 `json:"selected"`           // runs, complete or not
	Compared    int                 `json:"compared"`           // runs
	LeftOut     string              `json:"left_out,omitempty"` // which complete runs are not compared, and how they are
	From        time.Time           `json:"from"`               // when the first and the last of the selected runs began
	Until       time.Time           `json:"until"`
	Interval    string              `json:"interval"` // what is given with the medians
	Workloads   []*Workload         `json:"workloads"`
	Setups      []Setup             `json:"setups"`
	Guarantees  []string            `json:"guarantees"`
	Verified    []string            `json:"verified,omitempty"`
	Machines    []string            `json:"machines"`
	RunWarnings []string            `json:"run_warnings,omitempty"` // of the runs that are compared, each once; of all if none is
}

// Workload is what the runs of one version of a workload come to: figures of
// different ones do not compare.
type Workload struct {
	Name        string           `json:"workload"`
	Version     int              `json:"version"`
	SHA256      string           `json:"sha256"`
	Compared    int              `json:"compared"` // runs
	From        time.Time        `json:"from"`     // when the first and the last of them began
	Until       time.Time        `json:"until"`
	Interval    string           `json:"interval"`
	Keys        []string         `json:"keys"`            // that tell the series apart
	Question    string           `json:"-"`               // what it answers, if its definition can be read
	Answers     workload.Answers `json:"answers"`         // what answers its question
	Bound       string           `json:"bound,omitempty"` // that its search keeps, if all runs have the same
	Parts       []Part           `json:"parts"`
	Phases      []string         `json:"phases"`
	Series      []*Series        `json:"series"`
	Guarantees  []string         `json:"guarantees"`
	Verified    []string         `json:"verified,omitempty"`
	Warnings    []string         `json:"warnings,omitempty"`     // of the comparison
	RunWarnings []string         `json:"run_warnings,omitempty"` // of these runs
	FewRepeats  []string         `json:"-"`                      // those warnings that are of intervals alone
	Runs        []*Run           `json:"-"`                      // that are compared
	Rows        []*Row           `json:"-"`
	Params      map[string]Param `json:"params,omitempty"` // of the workload, if they were asked for
	Details     Details          `json:"-"`                // of single runs, as far as they were asked for

	namesake bool // another workload has the same name and version
}

// Part is a part of a workload that has figures: an operation in a measured phase.
type Part struct {
	Phase string `json:"phase"`
	Op    string `json:"op"`
	Name  string `json:"name"` // the operation, with its phase if it is in several
}

// Answering returns the parts that the workload's question is about.
func (l *Workload) Answering() []Part {
	return slices.DeleteFunc(slices.Clone(l.Parts), func(p Part) bool { return !l.Answers.Of(p.Phase, p.Op) })
}

// Executed returns the parts that threads have executed: what watchers were told
// has no throughput of a thread.
func (l *Workload) Executed() []Part {
	return slices.DeleteFunc(slices.Clone(l.Parts), func(p Part) bool { return watched(p.Op) })
}

// Ref names the workload: name@version, with its hash if another one in the
// comparison has the same.
func (l *Workload) Ref() string {
	if l.namesake {
		return fmt.Sprintf("%s@%d (sha256 %.8s…)", l.Name, l.Version, l.SHA256)
	}
	return fmt.Sprintf("%s@%d", l.Name, l.Version)
}

// FileName tells the workload's files from those of others in the comparison. It
// is part of a file's name wherever the workload comes from.
func (l *Workload) FileName() string {
	name := format.FileName(l.Name)
	if l.namesake || name != l.Name {
		return fmt.Sprintf("%s-%d-%s", name, l.Version, format.FileName(fmt.Sprintf("%.8s", l.SHA256)))
	}
	return fmt.Sprintf("%s-%d", name, l.Version)
}

// Mixed reports whether one phase mixes several operations, which can then be
// added up.
func (l *Workload) Mixed() bool { return len(l.Executed()) > 1 && len(l.Phases) == 1 }

// watched reports whether samples are of what watchers were told, which no thread
// has done.
func watched(op string) bool { return op == sample.OpWatch.String() }

// Setup is a store as it was deployed for some runs.
type Setup struct {
	Store   string            `json:"store"`
	Version string            `json:"version,omitempty"`
	Nodes   int               `json:"nodes"`
	Runs    int               `json:"runs"`
	Options map[string]string `json:"options,omitempty"` // that have a value, and variables that were added, as env.NAME
}

// Measured is what a comparison is made of.
type Measured struct {
	Runs         []record.Run // the selected ones
	Verified     map[int64]record.Result
	Summaries    []record.Summary                // those of one run need not stand together
	Failures     []record.Failure                // of these runs
	Environments map[int64]record.Environment    // all that there are
	Definitions  map[string]*workload.Definition // by SHA-256, as far as they can be read
	Offered      map[int64]map[string]record.Offered
	Costs        map[int64]map[string]record.Cost // by run and phase, if they were asked for
	Latency      bool                             // the summaries have percentiles
	Keep         func(*Row) bool                  // chooses among operations; nil: all
	Lost         bool                             // runs that have lost nodes are compared too
}

// Of computes a comparison.
func Of(m Measured) (*Comparison, error) {
	runs := make([]*Run, len(m.Runs))
	at := make(map[int64]*Run, len(runs))
	decoder, machines := newDecoder(), machineNumbers(m.Environments)
	for i := range m.Runs {
		r := &m.Runs[i]
		run, err := decoder.run(r, m.Verified[r.ID])
		if err != nil {
			return nil, err
		}
		run.machine, run.offered, run.costs = machines[r.Environment], m.Offered[r.ID], m.Costs[r.ID]
		if r.Fsync > 0 {
			run.filesystem = m.Environments[r.Environment].Filesystem
		}
		runs[i] = run
		at[r.ID] = run
	}
	// Runs are grouped, and rows follow them: there are far fewer runs.
	workloads := selection.GroupBy(runs, "workload", "workload-version", workloadHash)
	for i, g := range workloads {
		for _, run := range g.Rows {
			run.group = i
		}
	}
	rows := make([][]*Row, len(workloads))
	all := make([]Row, 0, len(m.Summaries)) // one piece of memory for all
	for i := range m.Summaries {
		s := &m.Summaries[i]
		run, selected := at[s.RunID]
		if !selected || s.Warmup || !m.compares(run) {
			continue
		}
		all = append(all, Row{run, s})
		if row := &all[len(all)-1]; m.Keep == nil || m.Keep(row) {
			rows[run.group] = append(rows[run.group], row)
		}
	}
	c := &Comparison{Selected: len(runs), LeftOut: m.leftOut(runs)}
	c.From, c.Until = span(runs)
	reasons := reasonsOf(m.Failures)
	var intervals repeats
	var compared []*Run
	for i, g := range workloads {
		if len(rows[i]) == 0 {
			continue
		}
		load, counted := m.loadOf(rows[i], reasons)
		for _, out := range []string{incomplete(g.Rows), m.leftOut(g.Rows)} {
			if out != "" {
				load.Warnings = append(load.Warnings, out)
			}
		}
		load.RunWarnings = runWarnings(load.Runs)
		intervals = intervals.and(counted)
		if n := len(c.Workloads); n > 0 && c.Workloads[n-1].Name == load.Name && c.Workloads[n-1].Version == load.Version {
			c.Workloads[n-1].namesake, load.namesake = true, true
		}
		c.Workloads = append(c.Workloads, load)
		compared = append(compared, load.Runs...)
	}
	c.Compared, c.Interval = len(compared), intervals.name()
	shown := compared
	if len(compared) == 0 {
		shown = runs // why there is nothing to compare
	}
	c.Setups, c.Machines, c.RunWarnings = setups(shown), machineNotes(shown, m.Environments), runWarnings(shown)
	if len(c.Workloads) == 1 {
		c.Guarantees, c.Verified = c.Workloads[0].Guarantees, c.Workloads[0].Verified
	} else {
		c.Guarantees, c.Verified = guarantees(compared), verified(compared)
	}
	return c, nil
}

// loadOf computes what the rows of one workload come to.
func (m Measured) loadOf(rows []*Row, failures reasons) (*Workload, repeats) {
	runs := runsOf(rows)
	l := &Workload{
		Name: runs[0].Workload, Version: runs[0].WorkloadVersion, SHA256: runs[0].WorkloadSHA256, Compared: len(runs), Runs: runs, Rows: rows,
		Keys: selection.Series(runs), Phases: phases(rows),
		Guarantees: guarantees(runs), Verified: verified(runs),
	}
	l.From, l.Until = span(runs)
	l.Parts = partsOf(rows, l.Phases)
	l.Answers = m.answers(l)
	if d := m.Definitions[l.SHA256]; d != nil {
		l.Question = d.Summary
	}
	l.Bound = m.bound(l)
	for i, g := range selection.GroupBy(runs, l.Keys...) {
		for _, run := range g.Rows {
			run.group = i
		}
		l.Series = append(l.Series, &Series{Name: selection.Name(l.Keys, g.Values), Store: g.Values[0], Values: g.Values, Runs: len(g.Rows)})
	}
	for _, r := range rows {
		s := l.Series[r.group]
		s.Rows = append(s.Rows, r)
	}
	for _, s := range l.Series {
		for _, of := range selection.GroupBy(s.Rows, "phase", "op") {
			s.Operations = append(s.Operations, operation(of.Values[0], of.Values[1], of.Rows, m.Latency))
		}
		for _, phase := range l.Phases {
			s.Phases = append(s.Phases, phaseOf(phase, s.Rows))
		}
		if l.Mixed() {
			all := operation("", "", Totals(s.Rows), false)
			s.All = &all
		}
	}
	counted := repeatsOf(l)
	l.Interval, l.FewRepeats = counted.name(), counted.warnings()
	l.Warnings = slices.Concat(l.FewRepeats, notFound(l), failed(l, failures), unequal(runs), apartInTime(l))
	return l, counted
}

// runsOf returns the runs of rows, each once.
func runsOf(rows []*Row) []*Run {
	var runs []*Run
	seen := map[*Run]bool{}
	for i, r := range rows {
		if i > 0 && r.Run == rows[i-1].Run || seen[r.Run] {
			continue
		}
		seen[r.Run] = true
		runs = append(runs, r.Run)
	}
	return runs
}

// phases returns the names of phases, in the order in which they come.
func phases(rows []*Row) []string {
	var names []string
	seen := map[string]bool{}
	for _, r := range rows {
		if !seen[r.Phase] {
			seen[r.Phase] = true
			names = append(names, r.Phase)
		}
	}
	return names
}

// span is from the first start of runs to the last.
func span(runs []*Run) (first, last time.Time) {
	for i, r := range runs {
		if i == 0 || r.StartedAt.Before(first) {
			first = r.StartedAt
		}
		if i == 0 || r.StartedAt.After(last) {
			last = r.StartedAt
		}
	}
	return first, last
}

// setups lists the setups of runs, by store, version, nodes and options.
func setups(runs []*Run) []Setup {
	type deployed struct {
		store, version string
		nodes          int
		setup          *driver.Setup
	}
	counts := map[deployed]int{}
	for _, run := range runs {
		counts[deployed{run.Store, run.StoreVersion, run.Nodes, run.Setup}]++
	}
	known := map[string]*Setup{}
	for d, n := range counts {
		options := maps.Clone(d.setup.Options)
		maps.DeleteFunc(options, func(_, value string) bool { return value == "" })
		for name, value := range d.setup.Env {
			if options == nil {
				options = map[string]string{}
			}
			options[selection.EnvPrefix+name] = value
		}
		id := fmt.Sprint(d.store, d.version, d.nodes, options)
		if known[id] == nil {
			known[id] = &Setup{Store: d.store, Version: d.version, Nodes: d.nodes, Options: options}
		}
		known[id].Runs += n
	}
	var list []Setup
	for _, id := range slices.Sorted(maps.Keys(known)) {
		list = append(list, *known[id])
	}
	slices.SortStableFunc(list, func(a, b Setup) int {
		return cmp.Or(cmp.Compare(a.Store, b.Store), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Nodes, b.Nodes))
	})
	return list
}

// Stores returns the names of the stores that are compared.
func (c *Comparison) Stores() []string {
	names := map[string]bool{}
	for _, l := range c.Workloads {
		for _, s := range l.Series {
			names[s.Store] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Refs returns name@version of the workloads, each once.
func (c *Comparison) Refs() string {
	var refs []string
	for _, l := range c.Workloads {
		refs = append(refs, l.Ref())
	}
	return strings.Join(refs, ", ")
}
