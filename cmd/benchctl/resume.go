package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/workload"
)

// resumeFlags are those that go with --resume: none that changes the plan.
var resumeFlags = []string{"resume", "allow-changed-plugin", "trust-plan", "dry-run", "json", "plot", "archive", "verbose"}

func checkResumeFlags(flags *pflag.FlagSet, args []string) error {
	if len(args) > 0 {
		return usagef("%s does not go with --resume: an experiment is carried on as it was planned", args[0])
	}
	var err error
	flags.Visit(func(flag *pflag.Flag) {
		if err == nil && !slices.Contains(resumeFlags, flag.Name) {
			err = usagef("--%s does not go with --resume: an experiment is carried on as it was planned", flag.Name)
		}
	})
	return err
}

// resume runs what is missing of an experiment.
func (a *app) resume(ctx context.Context, f *runFlags) error {
	from, err := a.readArchive(ctx) // to write would make an archive where there is none
	if err != nil {
		return err
	}
	defer from.Close()
	if f.resume == newest {
		if _, f.resume, err = from.Newest(ctx); err != nil {
			return err
		}
		if f.resume == 0 {
			return a.explained(ctx, from, &comparison.NoRuns{})
		}
	}
	plan, err := archivedPlan(ctx, from, f.resume)
	if err != nil {
		return err
	}
	if err := checkTrust(ctx, from, plan, f); err != nil {
		return err
	}
	if !f.dryRun {
		return a.resumePlan(ctx, plan, f)
	}
	earlier, err := earlierRuns(ctx, from, f)
	if err != nil {
		return err
	}
	missing, err := missingOf(ctx, plan, earlier, from)
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		a.sayComplete(plan, earlier)
	}
	e := a.newExecution(plan)
	if err := e.checkPlugins(ctx, missing, earlier); err != nil {
		return err
	}
	if err := e.checkPlaces(ctx, missing); err != nil {
		return err
	}
	decisions, err := decisionsOf(ctx, plan, from, f.resume)
	if err != nil {
		return err
	}
	return a.printPlan(ctx, plan, missing, decisions, f.resume, f.asJSON)
}

// checkTrust refuses a plan that reaches out to what it names itself, unless it
// is of this machine: the archive may have come from anybody, and to resume it
// starts programs and sends passwords.
func checkTrust(ctx context.Context, from *archive.Archive, plan *experiment.Plan, f *runFlags) error {
	outside := plan.Outside()
	if f.trustPlan || len(outside) == 0 {
		return nil
	}
	here, err := from.BegunHere(ctx, f.resume)
	if err != nil || here {
		return err
	}
	return usagef("experiment %d was not begun on this machine since it was started, and its plan uses %s: look at it, then add --trust-plan", f.resume, strings.Join(outside, ", "))
}

func (a *app) sayComplete(plan *experiment.Plan, earlier experiment.Earlier) {
	if n := len(earlier.Complete); n < len(plan.Runs) {
		fmt.Fprintf(a.stderr, "experiment %d needs no more runs: %d of at most %d are complete\n", earlier.Experiment, n, len(plan.Runs))
		return
	}
	fmt.Fprintf(a.stderr, "experiment %d is complete: none of its %s is missing\n", earlier.Experiment, format.Count(len(plan.Runs), "run"))
}

func (a *app) resumePlan(ctx context.Context, plan *experiment.Plan, f *runFlags) error {
	into, err := a.writeArchive(ctx)
	if err != nil {
		return err
	}
	defer into.Close()
	if err := into.ResumeExperiment(ctx, f.resume); err != nil {
		return err
	}
	earlier, err := earlierRuns(ctx, into, f) // nobody else adds any from here on
	if err != nil {
		return err
	}
	missing, err := missingOf(ctx, plan, earlier, into)
	if err != nil {
		return err
	}
	if len(missing) == 0 {
		a.sayComplete(plan, earlier)
		return a.printExperiment(ctx, into, plan, f.resume, f.asJSON)
	}
	if plan.DataDir != "" {
		if _, err := os.Stat(plan.DataDir); err != nil {
			return fmt.Errorf("the folder in which experiment %d keeps the nodes' data cannot be used (%w): make it again", f.resume, err)
		}
	}
	e := a.newExecution(plan)
	if err := e.checkPlugins(ctx, missing, earlier); err != nil {
		return err
	}
	executor, err := e.executor(into)
	if err != nil {
		return err
	}
	outcome, err := executor.Resume(ctx, plan, earlier)
	return e.finish(ctx, into, outcome, err, f)
}

// archivedPlan reads the plan of an experiment. Its workloads are those that
// were archived, whatever has become of their files.
func archivedPlan(ctx context.Context, from *archive.Archive, id int64) (*experiment.Plan, error) {
	archived, err := from.Experiment(ctx, id)
	if err != nil {
		return nil, err
	}
	definitions, err := from.Workloads(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := experiment.ParsePlan(archived.Plan, func(ref string) (*workload.Definition, error) {
		for _, w := range definitions {
			if ref == fmt.Sprintf("%s@%d", w.Name, w.Version) {
				return archivedWorkload(w, ref)
			}
		}
		return nil, fmt.Errorf("workload %s is not in the archive", ref)
	})
	switch {
	case errors.Is(err, experiment.ErrOldPlan):
		return nil, fmt.Errorf("experiment %d cannot be resumed: it was begun by an older benchctl, which did not archive its plan whole; run it anew", id)
	case err != nil:
		return nil, fmt.Errorf("resume experiment %d: %w", id, err)
	}
	return plan, nil
}

func archivedWorkload(w record.Workload, ref string) (*workload.Definition, error) {
	definition, err := workload.Parse(ref, []byte(w.Source))
	if err != nil {
		return nil, fmt.Errorf("the archived workload: %w", err)
	}
	if definition.SHA256() != w.SHA256 {
		return nil, fmt.Errorf("workload %s means something else to this benchctl (sha256 %.12s…) than to the one that archived it (%.12s…): resume with that one", ref, definition.SHA256(), w.SHA256)
	}
	return definition, nil
}

// earlierRuns reads which runs of an experiment are complete.
func earlierRuns(ctx context.Context, from *archive.Archive, f *runFlags) (experiment.Earlier, error) {
	earlier := experiment.Earlier{Experiment: f.resume, AllowChangedPlugin: f.allowChanged}
	runs, err := from.RunsOf(ctx, f.resume)
	if err != nil {
		return earlier, err
	}
	environments := map[int64]record.Environment{}
	for _, run := range runs {
		if run.State != record.Complete {
			continue
		}
		if _, known := environments[run.Environment]; !known {
			e, err := from.EnvironmentOf(ctx, run.Environment)
			if err != nil {
				return earlier, err
			}
			environments[run.Environment] = record.Environment{CPU: e.CPU, Cores: e.Cores, MemoryBytes: e.MemoryBytes}
		}
		earlier.Complete = append(earlier.Complete, experiment.Completed{
			Position: run.Position, Store: run.Store, SHA256: run.PluginSHA256, Environment: environments[run.Environment],
		})
	}
	return earlier, nil
}
