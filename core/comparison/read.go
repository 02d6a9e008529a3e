package comparison

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

// Source is the archive.
type Source interface {
	// Values hands the values of keys to take: those of every run, or if a key is
	// of operations, of every operation of every run, and of runs without any.
	// take may not keep the slice.
	Values(ctx context.Context, keys []string, take func(run int64, values []string)) error
	// Compared, Verified and Figures return what there is of the runs with these
	// ids, or of all. The runs have what comparisons look at.
	Compared(ctx context.Context, ids ...int64) ([]record.Run, error)
	Verified(ctx context.Context, ids ...int64) (map[int64]record.Result, error)
	// Figures returns summaries of measured phases with counts and throughput,
	// and with percentiles of latency if these are asked for.
	Figures(ctx context.Context, latency bool, ids ...int64) ([]record.Summary, error)
	// Failures returns what operations failed of.
	Failures(ctx context.Context, ids ...int64) ([]record.Failure, error)
	RunsOf(ctx context.Context, experiment int64) ([]record.Run, error)
	Environments(ctx context.Context, ids ...int64) ([]record.Environment, error)
	// Offered returns what arrived in measured phases of open loops, by run and
	// name of the phase.
	Offered(ctx context.Context, ids ...int64) (map[int64]map[string]record.Offered, error)
	// Costs returns what nodes used in the whole seconds of measured phases.
	Costs(ctx context.Context, ids ...int64) ([]record.Cost, error)
	Workloads(ctx context.Context) ([]record.Workload, error)
}

// Needs is what a comparison is to have beside counts and throughput.
type Needs struct {
	Latency bool
	Params  bool // what the workloads say of their parameters
	Costs   bool // what the servers used
}

// NoRuns is the error of a selection of which there is nothing.
type NoRuns struct {
	Selection string
	Of        int // runs that there are
	Missing   []selection.Missing
	Alone     []string // terms of it that match none, each on its own
}

func (e *NoRuns) Error() string {
	if e.Of == 0 {
		return "there are no runs"
	}
	return fmt.Sprintf("no run of %d matches %q", e.Of, e.Selection)
}

// Find returns the ids of the runs that an expression selects, in ascending
// order, or none if it selects all, and what it names that no run has. A run is
// selected if any of its operations is.
func Find(ctx context.Context, from Source, e *selection.Expression) ([]int64, []selection.Missing, error) {
	if len(e.Keys()) == 0 && e.Last() == 0 {
		return nil, nil, nil
	}
	seen := e.Seen()
	ids, runs, err := matching(ctx, from, e, seen)
	missing := seen.Missing()
	switch {
	case err != nil:
		return nil, nil, err
	case len(ids) == 0:
		none := &NoRuns{Selection: e.String(), Of: runs, Missing: missing}
		for _, term := range e.Terms() {
			some, _, err := matching(ctx, from, term, term.Seen())
			if err != nil {
				return nil, nil, err
			}
			if len(some) == 0 {
				none.Alone = append(none.Alone, term.String())
			}
		}
		return nil, nil, none
	}
	if n := e.Last(); n > 0 && n < len(ids) {
		ids = ids[len(ids)-n:]
	}
	if len(ids) == runs {
		return nil, missing, nil
	}
	return ids, missing, nil
}

// matching returns the ids of the runs that an expression matches, and how many
// runs there are. What values there are goes to seen.
func matching(ctx context.Context, from Source, e *selection.Expression, seen *selection.Seen) (ids []int64, runs int, err error) {
	last := int64(0)
	match := e.Matcher()
	err = from.Values(ctx, e.Keys(), func(run int64, values []string) {
		if run != last {
			runs, last = runs+1, run
		}
		seen.Add(values)
		if (len(ids) == 0 || ids[len(ids)-1] != run) && match(values) {
			ids = append(ids, run)
		}
	})
	return ids, runs, err
}

// Select compares the runs that an expression selects.
func Select(ctx context.Context, from Source, e *selection.Expression, needs Needs) (*Comparison, error) {
	ids, missing, err := Find(ctx, from, e)
	if err != nil {
		return nil, err
	}
	c, err := Again(ctx, from, ids, e, needs)
	if err != nil {
		return nil, err
	}
	c.Missing = missing
	return c, nil
}

// Again compares the runs with these ids, or all, which an expression once selected.
// Of their operations those are compared that it selects now.
func Again(ctx context.Context, from Source, ids []int64, e *selection.Expression, needs Needs) (*Comparison, error) {
	of := Measured{Latency: needs.Latency, Lost: slices.Contains(e.Keys(), selection.Lost)}
	if e.OfOperations() {
		of.Keep = rowsOf(e)
	}
	if err := of.read(ctx, from, needs, ids); err != nil {
		return nil, err
	}
	c, err := of.compare(needs)
	if err != nil {
		return nil, err
	}
	c.Selection = e.String()
	return c, nil
}

// rowsOf returns what tells the rows that an expression selects.
func rowsOf(e *selection.Expression) func(*Row) bool {
	match, keys := e.Matcher(), e.Keys()
	values := make([]string, len(keys))
	return func(r *Row) bool {
		for i, key := range keys {
			values[i] = r.Value(key)
		}
		return match(values)
	}
}

// read reads the runs with these ids, or all.
func (m *Measured) read(ctx context.Context, from Source, needs Needs, ids []int64) error {
	group, reading := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if m.Runs, err = from.Compared(reading, ids...); err == nil {
			m.Verified, err = from.Verified(reading, ids...)
		}
		return err
	})
	group.Go(func() error { return m.figures(reading, from, ids) })
	if err := group.Wait(); err != nil {
		return err
	}
	if len(m.Runs) == 0 {
		return &NoRuns{}
	}
	return m.complete(ctx, from, needs, ids)
}

// Experiment compares the runs of an experiment. Of those that were executed
// again when it was resumed only the last one counts.
func Experiment(ctx context.Context, from Source, id int64, needs Needs) (*Comparison, error) {
	runs, err := from.RunsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	runs = latest(runs)
	if len(runs) == 0 {
		return nil, &NoRuns{}
	}
	ids := make([]int64, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	of := Measured{Runs: runs, Latency: needs.Latency}
	if of.Verified, err = from.Verified(ctx, ids...); err != nil {
		return nil, err
	}
	if err := of.figures(ctx, from, ids); err != nil {
		return nil, err
	}
	if err := of.complete(ctx, from, needs, ids); err != nil {
		return nil, err
	}
	return of.compare(needs)
}

func latest(runs []record.Run) []record.Run {
	last := map[int]record.Run{}
	for _, run := range runs {
		if known, ok := last[run.Position]; !ok || known.State != record.Complete || run.State == record.Complete {
			last[run.Position] = run
		}
	}
	return slices.DeleteFunc(runs, func(run record.Run) bool { return run.Position >= 0 && last[run.Position].ID != run.ID })
}

// figures reads what the operations of the runs with these ids came to, or of all.
func (m *Measured) figures(ctx context.Context, from Source, ids []int64) (err error) {
	if m.Summaries, err = from.Figures(ctx, m.Latency, ids...); err != nil {
		return err
	}
	if slices.ContainsFunc(m.Summaries, func(s record.Summary) bool { return s.Errors > 0 }) {
		m.Failures, err = from.Failures(ctx, ids...)
	}
	return err
}

// complete reads what few runs differ in: the machines, and the workloads with
// what answers their questions. Latencies that were not asked for are read where
// they do.
func (m *Measured) complete(ctx context.Context, from Source, needs Needs, ids []int64) error {
	environments, err := from.Environments(ctx)
	if err != nil {
		return err
	}
	m.Environments = map[int64]record.Environment{}
	for _, e := range environments {
		m.Environments[e.ID] = e
	}
	workloads, err := from.Workloads(ctx)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, run := range m.Runs {
		used[run.WorkloadSHA256] = true
	}
	m.Definitions = map[string]*workload.Definition{}
	latency, offered := m.Latency, needs.Latency // which counts from when an operation should have started
	for _, w := range workloads {
		if !used[w.SHA256] {
			continue
		}
		// One that cannot be read has no answers of its own, and bare parameters.
		d, err := workload.Parse(w.Name, []byte(w.Source))
		if err != nil {
			continue
		}
		m.Definitions[w.SHA256] = d
		answers := d.Answers()
		latency = latency || slices.ContainsFunc(answers.Figures, workload.Figure.OfLatency)
		offered = offered || answers.Has(workload.FigureOffered) || answers.Has(workload.FigureRate)
	}
	if latency && !m.Latency {
		m.Latency = true
		if m.Summaries, err = from.Figures(ctx, true, ids...); err != nil {
			return err
		}
	}
	if offered {
		if m.Offered, err = from.Offered(ctx, ids...); err != nil {
			return err
		}
	}
	if needs.Costs {
		if m.Costs, err = costs(ctx, from, ids); err != nil {
			return err
		}
	}
	return nil
}

// compare computes the comparison of what was read.
func (m *Measured) compare(needs Needs) (*Comparison, error) {
	c, err := Of(*m)
	if err != nil || !needs.Params {
		return c, err
	}
	for _, l := range c.Workloads {
		if d := m.Definitions[l.SHA256]; d != nil {
			l.Params = paramsOf(d)
		}
	}
	return c, nil
}

// costs returns what nodes used, by run and phase.
func costs(ctx context.Context, from Source, ids []int64) (map[int64]map[string]record.Cost, error) {
	all, err := from.Costs(ctx, ids...)
	if err != nil {
		return nil, err
	}
	by := map[int64]map[string]record.Cost{}
	for _, c := range all {
		if by[c.RunID] == nil {
			by[c.RunID] = map[string]record.Cost{}
		}
		by[c.RunID][c.Phase] = c
	}
	return by, nil
}
