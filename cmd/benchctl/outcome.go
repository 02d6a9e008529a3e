package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/chart/kinds"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/report"
)

// printExperiment prints the tables of what an experiment has measured.
func (a *app) printExperiment(ctx context.Context, from *archive.Archive, plan *experiment.Plan, id int64, asJSON bool) error {
	decisions, err := decisionsOf(ctx, plan, from, id)
	if err != nil {
		return err
	}
	if asJSON {
		return a.writeExperiment(ctx, from, id, decisions)
	}
	c, err := comparison.Experiment(ctx, from, id, comparison.Needs{})
	var none *comparison.NoRuns
	if errors.As(err, &none) {
		return nil // it ended before the first one began
	}
	if err != nil {
		return err
	}
	if err := report.Print(a.stdout, c); err != nil || decisions == nil {
		return err
	}
	return decisions.Print(a.stdout)
}

// writeExperiment prints all runs of an experiment as JSON.
func (a *app) writeExperiment(ctx context.Context, from *archive.Archive, id int64, decisions *report.Decisions) error {
	runs, err := from.RunsOf(ctx, id)
	if err != nil || len(runs) == 0 {
		return err
	}
	ids := make([]int64, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	accounts, err := from.Accounts(ctx, ids...)
	if err != nil {
		return err
	}
	return report.WriteJSON(a.json, report.Document{
		Version: report.DocumentVersion, Experiment: id, Archive: a.archivePath, Decisions: decisions, Runs: accounts,
	})
}

// plotExperiment draws what an experiment has measured, as fits what varies in
// it.
func (a *app) plotExperiment(ctx context.Context, from *archive.Archive, id int64, file string) error {
	picture, err := chart.ParseFormat(file)
	if err != nil {
		return &usageError{err}
	}
	c, err := comparison.Experiment(ctx, from, id, kinds.NeedsOf(kinds.All...))
	if err != nil {
		return err
	}
	if len(c.Workloads) == 0 {
		return fmt.Errorf("there is nothing to draw: %s", c.Nothing())
	}
	load, err := onlyWorkload(c)
	if err != nil {
		return err
	}
	kind, options := kinds.Fitting(load)
	figure, err := kind.Make(load, options)
	if err != nil {
		return &usageError{err}
	}
	made(&figure, "", nil)
	if err := a.draw(figure, file, picture, chart.Slide); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "wrote", file)
	return nil
}
