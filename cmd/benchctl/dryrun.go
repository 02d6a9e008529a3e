package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
)

// perRun is what launching a plugin, starting nodes and archiving take beside
// the load, for the expected duration of a plan.
const perRun = time.Second

// expected is how long runs will take, as far as their phases say.
func expected(runs []experiment.Run) time.Duration {
	var total time.Duration
	for _, run := range runs {
		timed, _ := run.Load().Duration()
		total += timed + perRun
	}
	return total.Round(time.Second)
}

// printPlan prints the runs of a plan that are to be executed. resumed is the
// experiment that they are of, or 0.
func (a *app) printPlan(ctx context.Context, plan *experiment.Plan, runs []experiment.Run, decisions *report.Decisions, resumed int64, asJSON bool) error {
	repeats := repeatsOf(plan)
	foreseen, known := a.foresee(ctx, plan, repeats)
	if asJSON {
		document := report.Plan{
			Version: report.DocumentVersion, Name: plan.Name, Experiment: resumed, Workload: strings.Join(plan.Workloads(), ", "),
			Seed: plan.Seed, ExpectedSeconds: expected(runs).Seconds(), Runs: runs, Decisions: decisions,
		}
		if known {
			document.Foresight = &foreseen
		}
		return report.WriteJSON(a.json, document)
	}
	if err := planTable(runs).Write(a.stdout); err != nil {
		return err
	}
	more := ""
	if slices.ContainsFunc(runs, func(run experiment.Run) bool { _, others := run.Load().Duration(); return others }) {
		more = ", and as long as the phases take that end by a count"
	}
	fmt.Fprintf(a.stdout, "\n%s: %s%s, about %s%s\n", plan.Title(), atMost(plan), part(len(runs), len(plan.Runs)), format.ExactDuration(expected(runs)), more)
	if decisions != nil {
		decisions.Foretell(a.stdout)
	}
	if known {
		fmt.Fprintf(a.stdout, "%s show a difference in throughput of %s in 80 %% of comparisons, %s where it spreads most (%s); %s would show %s. That is by the spread of %s in %s.\n",
			format.Count(repeats, "repeat"), format.Share(foreseen.Share), format.Share(foreseen.Worst), foreseen.Of,
			format.Integer(2*repeats), format.Share(foreseen.Double), format.Count(foreseen.Runs, "like run"), a.archivePath)
	}
	return nil
}

// repeatsOf is how often each combination of a plan is run.
func repeatsOf(plan *experiment.Plan) int {
	repeats := 0
	for _, run := range plan.Runs {
		repeats = max(repeats, run.Repeat+1)
	}
	return repeats
}

// foresee says what the repeats of a plan will show, if the archive has runs that
// are like them. It needs none.
func (a *app) foresee(ctx context.Context, plan *experiment.Plan, repeats int) (comparison.Foresight, bool) {
	if repeats < stats.FewestBlocks {
		return comparison.Foresight{}, false
	}
	from, err := a.readArchive(ctx)
	if err != nil {
		return comparison.Foresight{}, false
	}
	defer from.Close()
	everything, err := selection.Parse("")
	if err != nil {
		return comparison.Foresight{}, false
	}
	c, err := comparison.Select(ctx, from, everything, comparison.Needs{})
	if err != nil {
		return comparison.Foresight{}, false
	}
	return c.Foresee(func(r *comparison.Run) bool {
		return slices.ContainsFunc(plan.Runs, func(p experiment.Run) bool { return alike(p, r) })
	}, repeats)
}

// alike reports whether an archived run is what is planned. Options that were not
// given have their defaults in the archive, which another version may have changed.
func alike(p experiment.Run, r *comparison.Run) bool {
	for name, value := range p.Options {
		if r.Setup.Options[name] != value {
			return false
		}
	}
	return p.Store == r.Store && p.Nodes == r.Nodes && p.Threads == r.Threads && p.Reads == r.Setup.Reads && p.Definition().SHA256() == r.WorkloadSHA256 &&
		maps.Equal(p.Params, r.Params) && maps.Equal(p.Env, r.Setup.Env)
}

// part counts the runs of a plan that are to be executed.
func part(runs, of int) string {
	if runs == of {
		return format.Count(runs, "run")
	}
	return fmt.Sprintf("%d of %s", runs, format.Count(of, "run"))
}

// planColumn is a column of the table of a plan.
type planColumn struct {
	report.Column
	always bool // or only if not all runs have the same
	cell   func(experiment.Run) string
}

var planColumns = []planColumn{
	{report.Column{Name: "run", Right: true}, true, func(r experiment.Run) string { return fmt.Sprint(r.Position + 1) }},
	{report.Column{Name: "repeat", Right: true}, true, func(r experiment.Run) string { return fmt.Sprint(r.Repeat + 1) }},
	{report.Column{Name: "workload"}, false, func(r experiment.Run) string { return r.Workload }},
	{report.Column{Name: "store"}, true, func(r experiment.Run) string { return r.Store }},
	{report.Column{Name: "setup"}, false, func(r experiment.Run) string { return r.Setup }},
	{report.Column{Name: "nodes", Right: true}, true, func(r experiment.Run) string { return fmt.Sprint(r.Nodes) }},
	{report.Column{Name: "reads"}, false, func(r experiment.Run) string { return string(r.Reads) }},
	{report.Column{Name: "options"}, false, func(r experiment.Run) string { return format.Pairs(r.Options) }},
	{report.Column{Name: "env"}, false, func(r experiment.Run) string { return format.Pairs(r.Env) }},
	{report.Column{Name: "endpoints"}, false, func(r experiment.Run) string { return strings.Join(r.Endpoints, " ") }},
	{report.Column{Name: "threads", Right: true}, true, func(r experiment.Run) string { return fmt.Sprint(r.Threads) }},
	{report.Column{Name: "seed", Right: true}, true, func(r experiment.Run) string { return fmt.Sprint(r.Seed) }},
	{report.Column{Name: "parameters"}, true, func(r experiment.Run) string { return format.Pairs(r.Params) }},
}

func planTable(runs []experiment.Run) report.Table {
	t := report.Table{Rows: make([][]string, len(runs))}
	for _, column := range planColumns {
		differs := slices.ContainsFunc(runs, func(r experiment.Run) bool { return column.cell(r) != column.cell(runs[0]) })
		if !column.always && !differs {
			continue
		}
		t.Columns = append(t.Columns, column.Column)
		for i, run := range runs {
			t.Rows[i] = append(t.Rows[i], column.cell(run))
		}
	}
	return t
}
