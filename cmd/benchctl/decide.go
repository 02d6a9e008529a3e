package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/report"
)

// decider looks at an experiment that runs until it is decided, and says what it
// sees.
type decider struct {
	comparison.Deciding
	pairs []experiment.Pair
	names []string
	from  comparison.Source
	says  io.Writer
	said  []string // of each pair
}

// newDecider is nil of a plan whose runs are all executed.
func newDecider(plan *experiment.Plan, from comparison.Source, says io.Writer) (*decider, error) {
	if plan.UntilDecided == 0 {
		return nil, nil
	}
	looks, err := plan.Looks()
	if err != nil {
		return nil, fmt.Errorf("run until it is decided: %w", err)
	}
	d := &decider{Deciding: comparison.Deciding{Sides: plan.Sides(), Looks: looks, Margin: plan.UntilDecided}, pairs: plan.Pairs(), from: from, says: says}
	for _, p := range d.pairs {
		d.Pairs = append(d.Pairs, comparison.Pair{A: p.A.Position, B: p.B.Position, NameOfA: p.NameOfA, NameOfB: p.NameOfB, Both: p.Both})
	}
	d.names, _ = report.NamesOf(d.Of(&comparison.Comparison{}))
	d.said = make([]string, len(d.pairs))
	return d, nil
}

// decided is what is archived of an experiment decides.
func (d *decider) decided(ctx context.Context, id int64) ([]comparison.Decided, error) {
	c, err := comparison.Experiment(ctx, d.from, id, comparison.Needs{})
	var none *comparison.NoRuns
	if errors.As(err, &none) {
		c, err = &comparison.Comparison{}, nil
	}
	if err != nil {
		return nil, err
	}
	return d.Of(c), nil
}

// open returns the pairs that are not decided.
func (d *decider) open(decided []comparison.Decided) []experiment.Pair {
	var undecided []experiment.Pair
	for i, pair := range decided {
		if !pair.Decided {
			undecided = append(undecided, d.pairs[i])
		}
	}
	return undecided
}

// Undecided returns the pairs that are not decided, and says what looks have come to
// since it was last asked.
func (d *decider) Undecided(ctx context.Context, id int64) ([]experiment.Pair, error) {
	decided, err := d.decided(ctx, id)
	if err != nil {
		return nil, err
	}
	var news []string
	for i, pair := range decided {
		looked := func(look comparison.Look) bool { return look.Difference != nil }
		if !slices.ContainsFunc(pair.Parts, looked) {
			continue
		}
		if said := report.Looked(d.names[i], pair); said != d.said[i] {
			d.said[i] = said
			news = append(news, said)
		}
	}
	if len(news) > 0 {
		fmt.Fprintf(d.says, "look: %s\n", strings.Join(news, "; "))
	}
	return d.open(decided), nil
}

// missingOf returns the runs that an experiment which is resumed needs and has not.
func missingOf(ctx context.Context, plan *experiment.Plan, earlier experiment.Earlier, from comparison.Source) ([]experiment.Run, error) {
	missing := earlier.Missing(plan)
	d, err := newDecider(plan, from, io.Discard)
	if err != nil || d == nil {
		return missing, err
	}
	decided, err := d.decided(ctx, earlier.Experiment)
	return plan.Needed(missing, d.open(decided)), err
}

// decisionsOf returns how the pairs of an experiment were decided, and nil if all of
// its runs are executed.
func decisionsOf(ctx context.Context, plan *experiment.Plan, from comparison.Source, id int64) (*report.Decisions, error) {
	d, err := newDecider(plan, from, io.Discard)
	if err != nil || d == nil {
		return nil, err
	}
	pairs, err := d.decided(ctx, id)
	if err != nil {
		return nil, err
	}
	return report.NewDecisions(d.Deciding, pairs), nil
}

// foretold is how the pairs of a plan will be decided, and nil if all of its runs are
// executed.
func foretold(plan *experiment.Plan) (*report.Decisions, error) {
	d, err := newDecider(plan, nil, io.Discard)
	if err != nil || d == nil {
		return nil, err
	}
	return report.NewDecisions(d.Deciding, d.Of(&comparison.Comparison{})), nil
}

// atMost stands before the number of runs of an experiment that may need fewer.
func atMost(plan *experiment.Plan) string {
	if plan.UntilDecided == 0 {
		return ""
	}
	return "at most "
}
