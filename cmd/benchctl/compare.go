package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/selection"
)

// thresholdMissed is the error of a comparison that is worse than it may be.
type thresholdMissed struct{ what []string }

func (e *thresholdMissed) Error() string {
	return "a threshold is missed: " + strings.Join(e.what, "; ")
}

func (a *app) compareCommand() *cobra.Command {
	var by, versus, baseline, format string
	var failOn []string
	var self, asJSON bool
	cmd := &cobra.Command{
		Use:   "compare A B | compare --by KEY[,KEY] [--vs VALUE] [SELECT] | compare --baseline FILE [SELECT] | compare --self [SELECT]",
		Short: "Say what differs between runs, by how much and how sure that is",
		Long: `Say what differs between runs: between those that two selections choose, or
between those of a selection that differ in a key. For each metric there is a
table with the median of each side, the difference from the first side with its
95 % interval, p, and what it was computed of. Repeats of one experiment are
compared within their blocks, so that what changes on the machine meanwhile is
the same for both sides. Of sides with unequal guarantees none is called better.

A and B are selections as in ` + "`benchctl runs`" + `, each one word of the shell:
quote those that are several. --fail-on makes the exit code 6 where a difference
is surely beyond a threshold: p99>+10%, throughput<-5%, or of one operation or
phase alone, set p99>+10%. --self splits runs of the same thing, and says how often
this machine has them differ. The metrics are ` + strings.Join(comparison.MetricNames(), ", ") + `.`,
		Example: `  benchctl compare store:etcd store:zookeeper
  benchctl compare 'store:etcd nodes:1' 'store:etcd nodes:3'
  benchctl compare --by store --vs etcd workload:create-set-delete
  benchctl compare label.build:a label.build:b --fail-on 'p99>+10%' --fail-on 'throughput<-5%'
  benchctl compare --baseline release.db --fail-on 'throughput<-5%'`,
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{selects: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case self && (by != "" || baseline != "" || versus != "" || len(failOn) > 0 || format != ""):
				return usagef("--self goes with --json alone")
			case self:
				return a.compareSelf(cmd.Context(), args, asJSON)
			case baseline != "" && by != "":
				return usagef("--baseline compares two archives, and --by the runs of one: leave one of them out")
			case by == "" && versus != "":
				return usagef("--vs says which value of --by the others are compared with: add --by KEY")
			case by == "" && baseline == "" && len(args) != 2:
				return usagef("name two selections, each in quotes if it is several words, or what is compared with --by KEY or --baseline FILE")
			case asJSON && format != "":
				return usagef("--json does not go with --format")
			case format != "" && format != "text" && format != "markdown":
				return usagef("--format %q is neither text nor markdown", format)
			}
			var thresholds []comparison.Threshold
			for _, text := range failOn {
				threshold, err := comparison.ParseThreshold(text)
				if err != nil {
					return &usageError{err}
				}
				thresholds = append(thresholds, threshold)
			}
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			all, c, err := a.differences(cmd.Context(), from, args, sidesOf{by, versus, baseline})
			if err != nil {
				return a.explained(cmd.Context(), from, err)
			}
			a.warnOf(cmd.Context(), from, c.Missing)
			comparison.Judge(all)
			if err := a.printDifferences(all, c, format, asJSON); err != nil {
				return err
			}
			return a.checkThresholds(all, thresholds)
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "compare the runs that differ in `KEY`, or several with commas between")
	cmd.Flags().StringVar(&versus, "vs", "", "the `VALUE` of --by that the others are compared with")
	cmd.Flags().StringVar(&baseline, "baseline", "", "compare with the runs of the archive `FILE`, such as the last release's")
	cmd.Flags().StringArrayVar(&failOn, "fail-on", nil, "exit with 6 where a difference is surely beyond `THRESHOLD`; may be repeated")
	cmd.Flags().BoolVar(&self, "self", false, "split runs of the same thing, and say how often they are reported to differ")
	cmd.Flags().StringVar(&format, "format", "", "text or markdown")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// sidesOf is what flags say of the sides.
type sidesOf struct{ by, versus, baseline string }

// differences compares two selections, two archives, or by keys.
func (a *app) differences(ctx context.Context, from *archive.Archive, args []string, sides sidesOf) ([]*comparison.Differences, *comparison.Comparison, error) {
	if sides.baseline != "" {
		return a.against(ctx, sides.baseline, from, args)
	}
	if sides.by == "" {
		first, err := selected(ctx, from, args[:1])
		if err != nil {
			return nil, nil, err
		}
		second, err := selected(ctx, from, args[1:])
		if err != nil {
			return nil, nil, err
		}
		return comparison.Versus(ctx, from, first, second)
	}
	expression, err := selected(ctx, from, args)
	if err != nil {
		return nil, nil, err
	}
	keys := strings.Split(sides.by, ",")
	for _, name := range keys {
		key, known := selection.Lookup(name)
		if !known || key.Of == selection.Operations {
			return nil, nil, usagef("--by %q is no key of runs: there are %s", name, selection.Names(func(k selection.Key) bool { return k.Of == selection.Runs }))
		}
	}
	c, err := comparison.Select(ctx, from, expression, comparison.Sided)
	if err != nil {
		return nil, nil, err
	}
	all, err := c.By(keys, sides.versus)
	return all, c, err
}

// against compares the runs of another archive with those of this one.
func (a *app) against(ctx context.Context, file string, from *archive.Archive, words []string) ([]*comparison.Differences, *comparison.Comparison, error) {
	baseline, err := archive.OpenReadOnly(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	defer baseline.Close()
	expression, err := selected(ctx, from, words)
	if err != nil {
		return nil, nil, err
	}
	return comparison.Against(ctx, comparison.Archived{Source: baseline, Name: file}, comparison.Archived{Source: from, Name: a.archivePath}, expression)
}

func (a *app) printDifferences(all []*comparison.Differences, c *comparison.Comparison, format string, asJSON bool) error {
	switch {
	case asJSON:
		return report.WriteJSON(a.json, report.NewDifferences(all, c))
	case format == "markdown":
		return report.MarkdownDifferences(a.stdout, all, c)
	}
	return report.PrintDifferences(a.stdout, all, c)
}

// checkThresholds says what is beyond a threshold, and fails where that is sure.
func (a *app) checkThresholds(all []*comparison.Differences, thresholds []comparison.Threshold) error {
	var missed []string
	var failed error
	for _, t := range thresholds {
		surely, perhaps, err := t.Check(all)
		for _, what := range perhaps {
			report.Notes(a.stderr, "!", []string{fmt.Sprintf("beyond %s, and not surely: %s", t, what)})
		}
		for _, what := range surely {
			missed = append(missed, fmt.Sprintf("%s (%s)", what, t))
		}
		failed = errors.Join(failed, err)
	}
	if len(missed) > 0 {
		return &thresholdMissed{missed}
	}
	return failed
}

// compareSelf compares runs with those that are like them.
func (a *app) compareSelf(ctx context.Context, words []string, asJSON bool) error {
	from, err := a.readArchive(ctx)
	if err != nil {
		return err
	}
	defer from.Close()
	expression, err := selected(ctx, from, words)
	if err != nil {
		return err
	}
	c, err := comparison.Select(ctx, from, expression, comparison.Needs{Latency: true})
	if err != nil {
		return a.explained(ctx, from, err)
	}
	a.warnOf(ctx, from, c.Missing)
	all, tooFew := c.Self()
	if len(all) == 0 {
		return fmt.Errorf("nothing has %d complete runs that differ only in when they ran, which it takes to split them", comparison.FewestForSelf)
	}
	if tooFew > 0 {
		report.Notes(a.stderr, "!", []string{fmt.Sprintf("left out: %d series of fewer than %d runs", tooFew, comparison.FewestForSelf)})
	}
	if asJSON {
		return report.WriteJSON(a.json, report.Self{Version: report.DocumentVersion, Selection: c.Selection, Alarms: all})
	}
	return report.PrintSelf(a.stdout, all, c)
}
