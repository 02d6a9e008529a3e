package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/chart/kinds"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/spelling"
)

func (a *app) plotCommand() *cobra.Command {
	var output, from string
	var look look
	var options kinds.Options
	cmd := &cobra.Command{
		Use:   "plot KIND [SELECT] -o FILE",
		Short: "Draw a chart: " + strings.Join(kinds.Names(), ", "),
		Long: `Draw a chart of runs as SVG, PNG or PDF, as FILE ends. KIND is one of

` + kindsHelp() + `
SELECT is as in ` + "`benchctl runs`" + `; without it all complete runs are used.

Every chart says in its file what it was drawn from. With --from CHART in the
place of KIND and SELECT it is drawn again from the same runs of the archive, with
what other flags change, into FILE or in its own place.`,
		Example: `  benchctl plot throughput workload:create-set-delete -o throughput.svg
  benchctl plot throughput workload:create-set-delete op:create,set -o writes.pdf
  benchctl plot sweep workload:read-write --over reads -o reads.svg
  benchctl plot verdict --by store --vs etcd workload:create-set-delete -o verdict.svg
  benchctl plot --from reads.svg --dark --size 1280x720 -o reads.png`,
		Annotations: map[string]string{selects: "yes"},
		Args: func(cmd *cobra.Command, args []string) error {
			if from != "" {
				return nil // which RunE says more of
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if from != "" && len(args) > 0 {
				return usagef("--from %s says which kind of chart and which runs: leave %q out", from, strings.Join(args, " "))
			}
			var drawn chart.Provenance
			if from == "" {
				drawn.Kind, drawn.Selection = args[0], strings.Join(args[1:], " ")
			} else {
				var err error
				if drawn, err = readChart(from); err != nil {
					return err
				}
				if err := setAgain(cmd.Flags(), drawn.Options); err != nil {
					return fmt.Errorf("%s: %w", from, err)
				}
				if output == "" {
					output = from
				}
			}
			kind, ok := kinds.Find(drawn.Kind)
			if !ok {
				return usagef("there is no chart %q%s; there are %s", drawn.Kind, spelling.Meant(drawn.Kind, kinds.Names()), strings.Join(kinds.Names(), ", "))
			}
			if err := checkKindFlags(kind, cmd.Flags().Changed); err != nil {
				return err
			}
			theme, err := look.chosen()
			if err != nil {
				return err
			}
			if output == "" {
				return usagef("name the file to write with -o FILE.svg, .png or .pdf")
			}
			if err := checkOutput("-o", output); err != nil {
				return err
			}
			picture, err := chart.ParseFormat(output)
			if err != nil {
				return &usageError{err}
			}
			archive, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer archive.Close()
			load, err := a.toDraw(cmd.Context(), archive, drawn, from, kinds.NeedsOf(kind))
			if err != nil {
				return err
			}
			if err := kind.Fits(load); err != nil {
				return &usageError{err}
			}
			if err := kind.Read(cmd.Context(), archive, load); err != nil {
				return err
			}
			figure, err := kind.Make(load, options)
			if err != nil {
				return &usageError{err}
			}
			if err := look.apply(&figure, cmd.Flags().Changed); err != nil {
				return err
			}
			made(&figure, drawn.Selection, look.given(cmd.Flags().Changed))
			if err := a.draw(figure, output, picture, theme); err != nil {
				return err
			}
			report.Notes(a.stderr, "!", figure.Warnings)
			fmt.Fprintln(a.stderr, "wrote", output)
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `FILE` to write: .svg, .png or .pdf")
	cmd.Flags().StringVar(&from, "from", "", "draw a `CHART` again, from the runs that it says it was drawn from")
	cmd.Flags().StringVar(&options.Over, "over", "", "the parameter `NAME`, threads or nodes that a sweep or a tradeoff is drawn over, where several vary; the label or key that a history is drawn over, in the place of time")
	cmd.Flags().StringVar(&options.By, "by", "", "the `KEY` that a verdict compares by, or several with commas between (default store)")
	cmd.Flags().StringVar(&options.Versus, "vs", "", "the `VALUE` of --by that a verdict compares the others with")
	cmd.Flags().BoolVar(&options.Published, "published", false, "with what others have published of the same load")
	cmd.Flags().BoolVar(&options.Floor, "floor", false, "with the time that an fsync takes, and medians as multiples of it")
	look.flags(cmd.Flags())
	return cmd
}

// toDraw compares what a chart is to be drawn of: what is selected, or of a chart
// that is drawn again the same runs.
func (a *app) toDraw(ctx context.Context, from *archive.Archive, of chart.Provenance, file string, needs comparison.Needs) (*comparison.Workload, error) {
	expression, err := selected(ctx, from, []string{of.Selection})
	if err != nil {
		return nil, err
	}
	if file == "" {
		c, err := comparison.Select(ctx, from, expression, needs)
		if err != nil {
			return nil, a.explained(ctx, from, err)
		}
		a.warnOf(ctx, from, c.Missing)
		return onlyWorkload(c)
	}
	ids, missing, err := from.Identified(ctx, of.Runs)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s has %d of the %d runs that %s was drawn from, and not %s: name with --archive the one that has them all",
			a.archivePath, len(ids), len(of.Runs), file, missing[0])
	}
	c, err := comparison.Again(ctx, from, ids, expression, needs)
	if err != nil {
		return nil, err
	}
	if len(c.Workloads) == 0 && expression.OfOperations() {
		return nil, fmt.Errorf("the selection %q of %s matches no operation of these runs in %s: it names what has another number in each archive; draw the chart anew",
			of.Selection, file, a.archivePath)
	}
	return onlyWorkload(c)
}

// kindsHelp lists the kinds of charts.
func kindsHelp() string {
	var b strings.Builder
	for _, kind := range kinds.All {
		fmt.Fprintf(&b, "  %-11s %s\n", kind.Name, strings.ReplaceAll(kind.Help, "\n", "\n"+strings.Repeat(" ", 14)))
	}
	return b.String()
}

// checkKindFlags refuses flags that belong to other kinds.
func checkKindFlags(kind kinds.Kind, given func(flag string) bool) error {
	for _, other := range kinds.All {
		for _, flag := range other.Flags {
			if given(flag) && !slices.Contains(kind.Flags, flag) {
				return usagef("--%s is for %s: leave it out with %s", flag, kindsWith(flag), kind.Name)
			}
		}
	}
	return nil
}

// kindsWith names the kinds that take a flag.
func kindsWith(flag string) string {
	var names []string
	for _, k := range kinds.All {
		if slices.Contains(k.Flags, flag) {
			names = append(names, k.Name)
		}
	}
	return strings.Join(names, ", ")
}

// setAgain sets flags as they were when a chart was drawn, but for those that are
// given now.
func setAgain(flags *pflag.FlagSet, options map[string]string) error {
	for name, value := range options {
		known := slices.Contains(lookFlags, name) || slices.ContainsFunc(kinds.All, func(k kinds.Kind) bool { return slices.Contains(k.Flags, name) })
		if !known {
			return usagef("it was drawn with %q, which this version of benchctl does not know", name)
		}
		if flags.Changed(name) {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return &usageError{err}
		}
	}
	return nil
}

// onlyWorkload returns what is to be drawn. It refuses to draw runs of different
// workloads as if they were one.
func onlyWorkload(c *comparison.Comparison) (*comparison.Workload, error) {
	switch len(c.Workloads) {
	case 0:
		return nil, fmt.Errorf("there is nothing to draw: %s", c.Nothing())
	case 1:
		return c.Workloads[0], nil
	}
	return nil, usagef("the selected runs are of different workloads, %s: add workload:NAME to the selection", c.Refs())
}

// draw writes a picture of a figure.
func (a *app) draw(figure chart.Figure, file string, picture chart.Format, look chart.Theme) error {
	err := create(file, func(w io.Writer) error { return figure.Render(w, picture, look) })
	if errors.Is(err, chart.ErrEmpty) && len(figure.Missing) > 0 {
		return fmt.Errorf("there is nothing to draw: %s", strings.Join(figure.Missing, "; "))
	}
	if errors.Is(err, chart.ErrEmpty) {
		return errors.New("no operation of the selected runs succeeded, so there is nothing to draw: `benchctl runs` counts those that failed")
	}
	return err
}
