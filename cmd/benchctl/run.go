package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/experiment"
)

// runFlags are the flags of run as they were given.
type runFlags struct {
	stores       []string
	nodes        []int
	threads      []int
	params       []string
	given        map[string]param // with --duration and --warmup
	options      []string
	labels       []string
	env          []string
	endpoints    []string
	repeat       int
	untilDecided string
	seed         uint64
	reads        string
	duration     time.Duration
	warmup       time.Duration
	timeout      time.Duration
	ready        time.Duration
	verify       string
	dataDir      string
	keepData     bool
	reuse        bool
	resume       int64
	allowChanged bool
	trustPlan    bool
	dryRun       bool
	plot         string
	asJSON       bool
}

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run [WORKLOAD[@VERSION] | FILE]",
		Short: "Run a workload or an experiment against stores, and archive every operation",
		Long: `Run a workload against stores, and archive every operation.

Without arguments: create-set-delete on raftembed, with one node and with three.
Every list multiplies: the runs are all combinations of stores, nodes, threads
and parameters, each as often as --repeat says, in a shuffled order.

FILE is a workload, or an experiment with setups, workloads and exclusions of
its own (docs/experiments.md); flags beside it replace its lists.

An experiment that was interrupted, or of which runs have failed, is carried on
with --resume and its number: only what is missing is run.`,
		Example: `  benchctl run
  benchctl run --nodes 1,3,5 --threads 1,10,50 --repeat 6
  benchctl run read-write --param reads=0,50,100 --duration 10s
  benchctl run ./mine.yaml --option raftembed.placement=processes --dry-run
  benchctl run --resume 7`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			if f.plot != "" {
				if err := checkOutput("--plot", f.plot); err != nil {
					return err
				}
				if _, err := chart.ParseFormat(f.plot); err != nil {
					return &usageError{err}
				}
				if err := checkPlot(f.plot); err != nil {
					return err
				}
			}
			if given("resume") {
				if err := checkResumeFlags(cmd.Flags(), args); err != nil {
					return err
				}
				return a.resume(cmd.Context(), f)
			}
			if given("trust-plan") {
				return usagef("--trust-plan belongs to --resume EXPERIMENT: a new experiment is your own")
			}
			if given("allow-changed-plugin") {
				return usagef("--allow-changed-plugin belongs to --resume EXPERIMENT: a new experiment takes the plugins as they are")
			}
			spec, err := f.spec(workloadOf(args), given)
			if err != nil {
				return err
			}
			return a.run(cmd.Context(), f, spec)
		},
	}
	f.register(cmd)
	return cmd
}

// workloadOf is the workload that arguments name.
func workloadOf(args []string) string {
	if len(args) == 0 {
		return "create-set-delete"
	}
	return args[0]
}

// experimentNumber is a flag with the number of an experiment, or last.
type experimentNumber int64

func (n *experimentNumber) Set(text string) error {
	id, err := parseNumber(text)
	if err != nil {
		return errors.New("it is the number of an experiment or last: `benchctl runs` lists them")
	}
	*n = experimentNumber(id)
	return nil
}

func (n *experimentNumber) String() string {
	if *n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

func (*experimentNumber) Type() string { return "EXPERIMENT" }

func (f *runFlags) register(cmd *cobra.Command) {
	defaults := experiment.Defaults()
	setup := defaults.Setups[0]
	flags := cmd.Flags()
	flags.StringSliceVar(&f.stores, "store", []string{"raftembed"}, "`NAME`s of the stores to run against")
	flags.IntSliceVar(&f.nodes, "nodes", setup.Nodes, "`NUMBER`s of nodes to deploy each store with")
	flags.IntSliceVar(&f.threads, "threads", defaults.Threads, "`NUMBER`s of threads")
	flags.StringArrayVar(&f.params, "param", nil, "a parameter of the workload, `k=v1,v2,…` to sweep it; may be repeated")
	flags.IntVar(&f.repeat, "repeat", defaults.Repeat, "how often each combination is run, `N`; an interval needs 6")
	flags.StringVar(&f.untilDecided, "until-decided", "", "run repeats until each two stores or setups are shown to differ, or to be equal within `MARGIN`, such as 5%; --repeat is the most of them")
	flags.Uint64Var(&f.seed, "seed", 0, "`N` for the order of runs and the operations (default: the workload's)")
	flags.StringArrayVar(&f.options, "option", nil, "an option of a store's driver, `store.key=value`; may be repeated")
	flags.StringSliceVar(&f.endpoints, "endpoints", nil, "`URL`s of a store that runs already, one for each node; none is deployed then")
	registerEnv(flags, &f.env)
	flags.StringVar(&f.reads, "reads", string(setup.Reads[0]), "`CONSISTENCY` of reads: linearizable or sequential")
	flags.StringArrayVar(&f.labels, "label", nil, "a label of the runs, `key=value`; may be repeated")
	flags.DurationVar(&f.duration, "duration", 0, "short for --param duration=`D`")
	flags.DurationVar(&f.warmup, "warmup", 0, "short for --param warmup=`D`")
	flags.DurationVar(&f.timeout, "timeout", defaults.Timeout, "`D` after which an operation counts as failed")
	flags.DurationVar(&f.ready, "ready-timeout", defaults.ReadyTimeout, "`D` after which a node that does not serve fails the run")
	flags.StringVar(&f.verify, "verify", string(defaults.Verify), "`HOW` much of what stores acknowledge is checked: none, read-back or linearizable")
	flags.StringVar(&f.dataDir, "data-dir", os.TempDir(), "the `FOLDER` in which nodes keep their data while a run lasts")
	flags.BoolVar(&f.keepData, "keep-data", false, "leave the nodes' data and logs in that folder")
	flags.BoolVar(&f.reuse, "reuse-clusters", false, "deploy each store once for all runs with the same setup, not afresh for each; those that wait use some of the machine")
	flags.Var((*experimentNumber)(&f.resume), "resume", "run what is missing of `EXPERIMENT`, by its number, or of the last")
	flags.BoolVar(&f.trustPlan, "trust-plan", false, "resume a plan that was not begun on this machine since it was started, though it names files, programs or endpoints")
	flags.BoolVar(&f.allowChanged, "allow-changed-plugin", false, "resume with another binary of a plugin than before; the runs are marked by a warning")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print the plan and how long it will take, run nothing")
	flags.StringVar(&f.plot, "plot", "", "the `FILE` to draw the result into, .svg, .png or .pdf: over what was swept, or as bars")
	flags.BoolVar(&f.asJSON, "json", false, "print the result as JSON (docs/format/json.md)")
}

// run plans, checks that every plugin can execute the plan, and executes it.
func (a *app) run(ctx context.Context, f *runFlags, spec experiment.Spec) error {
	plan, err := experiment.NewPlan(spec)
	if err != nil {
		return &usageError{f.blamed(spec, err)} // files have been read without a mistake
	}
	e := a.newExecution(plan)
	if err := e.checkPlugins(ctx, plan.Runs, experiment.Earlier{}); err != nil {
		return err
	}
	if f.dryRun {
		if err := e.checkPlaces(ctx, plan.Runs); err != nil {
			return err
		}
		decisions, err := foretold(plan)
		if err != nil {
			return err
		}
		return a.printPlan(ctx, plan, plan.Runs, decisions, 0, f.asJSON)
	}
	into, err := a.writeArchive(ctx)
	if err != nil {
		return err
	}
	defer into.Close()
	executor, err := e.executor(into)
	if err != nil {
		return err
	}
	outcome, err := executor.Execute(ctx, plan)
	return e.finish(ctx, into, outcome, err, f)
}
