package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/workloads"
)

// runFlags are the flags of run as they were given.
type runFlags struct {
	stores    []string
	nodes     []int
	threads   []int
	params    []string
	options   []string
	labels    []string
	endpoints []string
	repeat    int
	seed      uint64
	reads     string
	duration  time.Duration
	warmup    time.Duration
	timeout   time.Duration
	ready     time.Duration
	dataDir   string
	keepData  bool
	reuse     bool
	dryRun    bool
	asJSON    bool
}

// perRun is what launching a plugin, starting nodes and archiving take beside
// the load, for the expected duration of a plan.
const perRun = time.Second

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run [WORKLOAD[@VERSION] | FILE]",
		Short: "Run a workload against stores, and archive every operation",
		Long: `Run a workload against stores, and archive every operation.

Without arguments: create-set-delete on raftembed, with one node and with three.
Every list multiplies: the runs are all combinations of stores, nodes, threads
and parameters, each as often as --repeat says, in a shuffled order.`,
		Example: `  benchctl run
  benchctl run --nodes 1,3,5 --threads 1,10,50 --repeat 6
  benchctl run read-write --param reads=0,50,100 --duration 10s
  benchctl run ./mine.yaml --option raftembed.placement=processes --dry-run`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref := "create-set-delete"
			if len(args) == 1 {
				ref = args[0]
			}
			spec, err := f.spec(ref, cmd.Flags().Changed)
			if err != nil {
				return err
			}
			return a.run(cmd.Context(), f, spec)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.stores, "store", []string{"raftembed"}, "`NAME`s of the stores to run against")
	flags.IntSliceVar(&f.nodes, "nodes", []int{1, 3}, "`NUMBER`s of nodes to deploy each store with")
	flags.IntSliceVar(&f.threads, "threads", []int{10}, "`NUMBER`s of threads")
	flags.StringArrayVar(&f.params, "param", nil, "a parameter of the workload, `k=v1,v2,…` to sweep it; may be repeated")
	flags.IntVar(&f.repeat, "repeat", 1, "how often each combination is run, `N`; an interval needs 6")
	flags.Uint64Var(&f.seed, "seed", 0, "`N` for the order of runs and the operations (default: the workload's)")
	flags.StringArrayVar(&f.options, "option", nil, "an option of a store's driver, `store.key=value`; may be repeated")
	flags.StringSliceVar(&f.endpoints, "endpoints", nil, "`URL`s of a store that runs already, one for each node; none is deployed then")
	flags.StringVar(&f.reads, "reads", string(driver.Linearizable), "`CONSISTENCY` of reads: linearizable or sequential")
	flags.StringArrayVar(&f.labels, "label", nil, "a label of the runs, `key=value`; may be repeated")
	flags.DurationVar(&f.duration, "duration", 0, "short for --param duration=`D`")
	flags.DurationVar(&f.warmup, "warmup", 0, "short for --param warmup=`D`")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Second, "`D` after which an operation counts as failed")
	flags.DurationVar(&f.ready, "ready-timeout", node.ReadyWithin, "`D` after which a node that does not serve fails the run")
	flags.StringVar(&f.dataDir, "data-dir", os.TempDir(), "the `FOLDER` in which nodes keep their data while a run lasts")
	flags.BoolVar(&f.keepData, "keep-data", false, "leave the nodes' data and logs in that folder")
	flags.BoolVar(&f.reuse, "reuse-clusters", false, "deploy each store once for all runs, not afresh for each; those that wait use some of the machine")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print the plan and how long it will take, run nothing")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON (docs/format/json.md)")
	return cmd
}

// spec makes of the flags what an experiment is asked for.
func (f *runFlags) spec(ref string, given func(flag string) bool) (experiment.Spec, error) {
	spec := experiment.Spec{
		Stores: f.stores, Nodes: f.nodes, Threads: f.threads, Repeat: f.repeat, Endpoints: f.endpoints,
		Reads: driver.Consistency(f.reads), Timeout: f.timeout,
		Params: map[string][]string{}, Labels: map[string]string{},
	}
	var err error
	if spec.Definition, err = findWorkload(ref); err != nil {
		return spec, err
	}
	spec.Seed = spec.Definition.Seed
	if given("seed") {
		spec.Seed = f.seed
	}
	if len(f.endpoints) > 0 && !given("nodes") {
		spec.Nodes = []int{len(f.endpoints)}
	}
	if spec.Reads != driver.Linearizable && spec.Reads != driver.Sequential {
		return spec, usagef("--reads %q is neither linearizable nor sequential", f.reads)
	}
	if f.timeout <= 0 {
		return spec, usagef("--timeout %v should be above 0", f.timeout)
	}
	if f.ready <= 0 {
		return spec, usagef("--ready-timeout %v should be above 0", f.ready)
	}
	for name, d := range map[string]time.Duration{"duration": f.duration, "warmup": f.warmup} {
		if given(name) {
			spec.Params[name] = []string{d.String()}
		}
	}
	for _, p := range f.params {
		name, values, ok := strings.Cut(p, "=")
		if !ok || name == "" || values == "" {
			return spec, usagef("--param %q should be name=value or name=value,value,…", p)
		}
		if _, twice := spec.Params[name]; twice {
			return spec, usagef("parameter %s is given twice: list its values with commas", name)
		}
		spec.Params[name] = strings.Split(values, ",")
	}
	if spec.Options, err = parseOptions(f.options); err != nil {
		return spec, err
	}
	for _, l := range f.labels {
		name, value, ok := strings.Cut(l, "=")
		if !ok || name == "" {
			return spec, usagef("--label %q should be key=value", l)
		}
		spec.Labels[name] = value
	}
	return spec, nil
}

// parseOptions reads store.key=value, by store and key.
func parseOptions(given []string) (map[string]map[string]string, error) {
	options := map[string]map[string]string{}
	for _, o := range given {
		key, value, ok := strings.Cut(o, "=")
		store, name, dotted := strings.Cut(key, ".")
		if !ok || !dotted || store == "" || name == "" {
			return nil, usagef("--option %q should be store.key=value", o)
		}
		if options[store] == nil {
			options[store] = map[string]string{}
		}
		options[store][name] = value
	}
	return options, nil
}

// findWorkload reads a definition from a file, or finds a shipped one.
func findWorkload(ref string) (*workload.Definition, error) {
	isFile := strings.ContainsAny(ref, "/\\") || strings.HasSuffix(ref, ".yaml") || strings.HasSuffix(ref, ".yml")
	if !isFile {
		definition, err := workloads.Find(ref)
		if err != nil {
			return nil, &usageError{err}
		}
		return definition, nil
	}
	source, err := os.ReadFile(ref)
	if err != nil {
		return nil, usagef("read the workload: %v", err)
	}
	return workload.Parse(ref, source)
}

// run plans, checks that every plugin can execute the plan, and executes it.
func (a *app) run(ctx context.Context, f *runFlags, spec experiment.Spec) error {
	plan, err := experiment.NewPlan(spec)
	if err != nil {
		var bad *workload.Error
		if errors.As(err, &bad) {
			return err
		}
		return &usageError{err}
	}
	console := newConsole(a.stderr)
	plugins := plugins{search: host.NewSearch(a.getenv), log: a.logger(console)}
	if err := checkPlugins(ctx, plugins, plan); err != nil {
		return err
	}
	if f.dryRun {
		return a.printPlan(plan, f.asJSON)
	}
	into, err := archive.Open(ctx, a.archivePath)
	if err != nil {
		return err
	}
	defer into.Close()

	fmt.Fprintf(console, "%s: %s, about %v, archived in %s\n", plan.Definition.Ref(), stats.Count(len(plan.Runs), "run"), expected(plan), a.archivePath)
	executor := experiment.Executor{
		Plugins:     plugins,
		Archive:     &keeper{Archive: into, args: a.args},
		Observer:    newProgress(console, plan),
		DataDir:     f.dataDir,
		ReadyWithin: f.ready,
		KeepData:    f.keepData,
		Reuse:       f.reuse,
	}
	outcome, err := executor.Execute(ctx, plan)
	console.clear()
	reading := context.WithoutCancel(ctx) // an interrupted experiment shows what it has
	if printErr := a.printOutcome(reading, into, outcome, f.asJSON); printErr != nil {
		err = errors.Join(err, printErr)
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted: %d of %d runs are complete, and what was measured of the last is kept", outcome.Complete, len(plan.Runs))
	case err != nil:
		return asUsage(err)
	case outcome.Failed > 0:
		return fmt.Errorf("%d of %d runs failed; the first: %w", outcome.Failed, len(plan.Runs), outcome.Failure)
	}
	return nil
}

// asUsage makes usage errors of what a plugin or plan refuses.
func asUsage(err error) error {
	var refused *host.Refused
	var impossible *experiment.Refused
	if errors.As(err, &refused) || errors.As(err, &impossible) {
		return &usageError{err}
	}
	return err
}

// checkPlugins refuses before anything starts what some plugin cannot do.
func checkPlugins(ctx context.Context, plugins plugins, plan *experiment.Plan) error {
	for _, store := range plan.Stores {
		if err := checkPlugin(ctx, plugins, plan, store); err != nil {
			return asUsage(err)
		}
	}
	return nil
}

func checkPlugin(ctx context.Context, plugins plugins, plan *experiment.Plan, store string) error {
	plugin, err := plugins.Launch(ctx, store)
	if err != nil {
		return err
	}
	defer plugin.Close()
	description, err := plugin.Describe(ctx)
	if err != nil {
		return err
	}
	for _, nodes := range plan.Nodes {
		setup, err := plan.Setup(description, nodes)
		if err != nil {
			return err
		}
		if _, _, err := plugin.Prepare(ctx, setup); err != nil {
			return err
		}
	}
	return nil
}

// expected is how long a plan will take, as far as its phases say.
func expected(plan *experiment.Plan) time.Duration {
	var total time.Duration
	for _, run := range plan.Runs {
		timed, _ := run.Load().Duration()
		total += timed + perRun
	}
	return total.Round(time.Second)
}

func (a *app) printPlan(plan *experiment.Plan, asJSON bool) error {
	if asJSON {
		return report.WriteJSON(a.stdout, report.Plan{
			Version: report.DocumentVersion, Workload: plan.Definition.Ref(), Seed: plan.Seed,
			ExpectedSeconds: expected(plan).Seconds(), Runs: plan.Runs,
		})
	}
	t := report.Table{Columns: []report.Column{
		{Name: "run", Right: true}, {Name: "repeat", Right: true}, {Name: "store"}, {Name: "nodes", Right: true},
		{Name: "threads", Right: true}, {Name: "seed", Right: true}, {Name: "parameters"},
	}}
	counted := false
	for i, run := range plan.Runs {
		_, others := run.Load().Duration()
		counted = counted || others
		t.Rows = append(t.Rows, []string{
			fmt.Sprint(i + 1), fmt.Sprint(run.Repeat + 1), run.Store, fmt.Sprint(run.Nodes), fmt.Sprint(run.Threads),
			fmt.Sprint(run.Seed), report.Pairs(run.Params),
		})
	}
	if err := t.Write(a.stdout); err != nil {
		return err
	}
	more := ""
	if counted {
		more = ", and as long as the phases take that end by a count"
	}
	fmt.Fprintf(a.stdout, "\n%s: %s, about %v%s\n", plan.Definition.Ref(), stats.Count(len(plan.Runs), "run"), expected(plan), more)
	return nil
}

// printOutcome prints the table of what was measured just now.
func (a *app) printOutcome(ctx context.Context, from *archive.Archive, outcome experiment.Outcome, asJSON bool) error {
	if len(outcome.RunIDs) == 0 {
		return nil
	}
	runs, err := from.Runs(ctx, outcome.RunIDs...)
	if err != nil {
		return err
	}
	if asJSON {
		documents, err := documents(ctx, from, runs)
		if err != nil {
			return err
		}
		return report.WriteJSON(a.stdout, report.Document{
			Version: report.DocumentVersion, Experiment: outcome.Experiment, Archive: a.archivePath, Runs: documents,
		})
	}
	summaries, err := from.Summaries(ctx, outcome.RunIDs...)
	if err != nil {
		return err
	}
	var records []stats.Record
	for _, run := range runs {
		mine := slices.DeleteFunc(slices.Clone(summaries), func(s archive.Summary) bool { return s.RunID != run.ID })
		of, err := recordsOf(run, mine)
		if err != nil {
			return err
		}
		records = append(records, of...)
	}
	where, err := environmentNotes(ctx, from, runs)
	if err != nil {
		return err
	}
	return printThroughput(a.stdout, records, where, runWarnings(runs))
}

// printThroughput prints the table with the guarantees, the machines and the
// warnings beneath.
func printThroughput(w io.Writer, records []stats.Record, where, warnings []string) error {
	measured := stats.Measured(records)
	if len(measured) == 0 {
		return nil
	}
	fmt.Fprintln(w, "successful operations per second and thread, median of the runs with its 95 % interval")
	fmt.Fprintln(w)
	if err := report.Throughput(measured).Write(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	report.Notes(w, "·", append(stats.Guarantees(measured), where...))
	report.Notes(w, "!", append(stats.Warnings(measured), warnings...))
	return nil
}

// logger routes what plugins log to standard error by level.
func (a *app) logger(console *console) hclog.Logger {
	level := hclog.Warn
	if a.verbose {
		level = hclog.Debug
	}
	return hclog.New(&hclog.LoggerOptions{Name: "plugin", Level: level, Output: console})
}
