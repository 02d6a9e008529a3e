package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/report"
)

// execution is what executing a plan takes beside the archive.
type execution struct {
	*app
	plan    *experiment.Plan
	console *console
	plugins plugins
	deploys bool // some of the plugins start nodes
}

func (a *app) newExecution(plan *experiment.Plan) *execution {
	console := newConsole(a.stderr)
	return &execution{
		app: a, plan: plan, console: console,
		plugins: plugins{search: host.NewSearch(a.getenv), log: a.logger(console)},
	}
}

func (e *execution) executor(into *archive.Archive) (*experiment.Executor, error) {
	decider, err := newDecider(e.plan, into, e.console)
	if err != nil {
		return nil, err
	}
	observer := newProgress(e.console, e.plan, e.archivePath)
	into.OnLock(observer.locked)
	return &experiment.Executor{
		Launcher: e.plugins,
		Archive:  keeper{into},
		Observer: observer,
		Decider:  decider,
		Command:  e.command(),
	}, nil
}

// finish prints what an experiment has come to, and how what is missing is run.
func (e *execution) finish(ctx context.Context, from *archive.Archive, outcome experiment.Outcome, err error, f *runFlags) error {
	e.console.clear()
	switch {
	case outcome.Experiment == 0 && ctx.Err() != nil:
		return errors.New("interrupted before the first run")
	case outcome.Experiment == 0:
		return asUsage(err)
	}
	reading := context.WithoutCancel(ctx) // an interrupted experiment shows what it has
	if printErr := e.printExperiment(reading, from, e.plan, outcome.Experiment, f.asJSON); printErr != nil {
		err = errors.Join(err, printErr)
	}
	if f.plot != "" && outcome.Complete > 0 {
		err = errors.Join(err, e.plotExperiment(reading, from, outcome.Experiment, f.plot))
	}
	if writeErr := e.writeHistories(reading, from, outcome.Experiment); writeErr != nil {
		err = errors.Join(err, writeErr)
	}
	if outcome.Complete+outcome.Spared < len(e.plan.Runs) {
		fmt.Fprintf(e.console, "to run what is missing: %s\n", e.resumeCommand(outcome.Experiment))
	}
	switch {
	case ctx.Err() != nil && errors.Is(err, archive.ErrArchive):
		return fmt.Errorf("interrupted: %d of %s%d runs are complete: %w", outcome.Complete, atMost(e.plan), len(e.plan.Runs), err)
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted: %d of %s%d runs are complete, and what was measured of the last is kept", outcome.Complete, atMost(e.plan), len(e.plan.Runs))
	case err != nil:
		return asUsage(err)
	case outcome.Failed > 0:
		return fmt.Errorf("%d of %d runs failed; the first: %w", outcome.Failed, len(e.plan.Runs)-outcome.Spared, outcome.Failure)
	}
	return nil
}

// writeHistories writes what shows a violation into files beside the archive.
func (e *execution) writeHistories(ctx context.Context, from *archive.Archive, id int64) error {
	runs, err := from.RunsOf(ctx, id)
	if err != nil || len(runs) == 0 {
		return err
	}
	ids := make([]int64, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	verdicts, err := from.Verdicts(ctx, ids...)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		if v.History == "" {
			continue
		}
		name := fmt.Sprintf("%s-run-%d-%s-%s.txt", strings.TrimSuffix(e.archivePath, filepath.Ext(e.archivePath)), v.RunID, format.FileName(v.Phase), format.FileName(v.Property))
		text := fmt.Sprintf("run %d, phase %s: %s %s: %s\n\n%s\n", v.RunID, v.Phase, v.Property, v.Result, v.Detail, strings.TrimSpace(v.History))
		if err := create(name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return err
		}
		fmt.Fprintln(e.console, "wrote", name)
	}
	return nil
}

// asUsage makes usage errors of what a plugin or plan refuses.
func asUsage(err error) error {
	var refused *client.Refused
	var impossible *experiment.Refused
	if errors.As(err, &refused) || errors.As(err, &impossible) {
		return &usageError{err}
	}
	return err
}

// checkPlugins refuses before anything starts what some plugin cannot do.
func (e *execution) checkPlugins(ctx context.Context, runs []experiment.Run, earlier experiment.Earlier) error {
	byProcess := map[string][]experiment.Run{} // that a plugin's process can serve
	for _, run := range runs {
		process := fmt.Sprintf("%q %q", run.Store, run.Env)
		byProcess[process] = append(byProcess[process], run)
	}
	for _, process := range slices.Sorted(maps.Keys(byProcess)) {
		if err := e.checkPlugin(ctx, byProcess[process], earlier); err != nil {
			return asUsage(err)
		}
	}
	return nil
}

func (e *execution) checkPlugin(ctx context.Context, runs []experiment.Run, earlier experiment.Earlier) error {
	store := runs[0].Store
	plugin, err := e.plugins.Launch(ctx, store, runs[0].Env)
	if err != nil {
		return err
	}
	defer func() { _ = plugin.Close() }() // nothing was run with it
	warning, err := earlier.CheckPlugin(store, plugin.Identity)
	if err != nil {
		return err
	}
	if warning != "" {
		report.Notes(e.console, "!", []string{warning})
	}
	description, err := plugin.Setups.Describe(ctx)
	if err != nil {
		return err
	}
	if err := e.plan.ResolveOptions(description); err != nil {
		return err
	}
	prepared := map[string]bool{}
	for _, run := range runs {
		run = e.plan.Runs[run.Position] // as it is now
		e.deploys = e.deploys || len(run.Endpoints) == 0 && description.Has(driver.CapabilityProvision)
		setup, err := e.plan.DriverSetup(description, run)
		if err != nil {
			return err
		}
		if prepared[run.Deployment()] {
			continue
		}
		if _, _, err := plugin.Setups.Prepare(ctx, setup); err != nil {
			return err
		}
		prepared[run.Deployment()] = true
	}
	return nil
}

// resumeCommand is the command line that runs what is missing.
func (a *app) resumeCommand(id int64) string {
	command := fmt.Sprintf("benchctl run --resume %d", id)
	if a.archivePath != a.unnamedArchive() {
		command += " --archive " + quote(a.archivePath)
	}
	return command
}

// command is the command line as a shell takes it.
func (a *app) command() string {
	words := []string{"benchctl"}
	for _, arg := range a.args {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

// plainWord is what no shell takes for anything else.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$`)

// quote writes a word as a shell takes it.
func quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// logger routes what plugins log to standard error by level.
func (a *app) logger(console *console) hclog.Logger {
	level := hclog.Warn
	if a.verbose {
		level = hclog.Debug
	}
	return hclog.New(&hclog.LoggerOptions{Name: "plugin", Level: level, Output: console})
}
