package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/chart/kinds"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/spelling"
)

var themes = map[string]chart.Theme{"slide": chart.Slide, "page": chart.Page}

func (a *app) plotCommand() *cobra.Command {
	var output, theme, title string
	var options kinds.Options
	cmd := &cobra.Command{
		Use:   "plot KIND [SELECT] -o FILE",
		Short: "Draw a chart: " + strings.Join(kinds.Names(), ", "),
		Long: `Draw a chart of runs as SVG, PNG or PDF, as FILE ends. KIND is one of

` + kindsHelp() + `
SELECT is as in ` + "`benchctl runs`" + `; without it all complete runs are used.`,
		Example: `  benchctl plot throughput workload:create-set-delete -o throughput.svg
  benchctl plot throughput workload:create-set-delete op:create,set -o writes.pdf
  benchctl plot sweep workload:read-write --over reads -o reads.svg`,
		Args:        cobra.MinimumNArgs(1),
		Annotations: map[string]string{selects: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, ok := kinds.Find(args[0])
			if !ok {
				return usagef("there is no chart %q%s; there are %s", args[0], spelling.Meant(args[0], kinds.Names()), strings.Join(kinds.Names(), ", "))
			}
			if err := checkKindFlags(kind, cmd.Flags().Changed); err != nil {
				return err
			}
			look, ok := themes[theme]
			if !ok {
				return usagef("--theme %q is neither slide nor page", theme)
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
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			expression, err := selected(cmd.Context(), from, args[1:])
			if err != nil {
				return err
			}
			c, err := comparison.Select(cmd.Context(), from, expression, kinds.NeedsOf(kind))
			if err != nil {
				return a.explained(cmd.Context(), from, err)
			}
			a.warnOf(cmd.Context(), from, c.Missing)
			load, err := onlyWorkload(c)
			if err != nil {
				return err
			}
			figure, err := kind.Make(load, options)
			if err != nil {
				return &usageError{err}
			}
			if title != "" {
				figure.Title = title
			}
			if err := a.draw(figure, output, picture, look); err != nil {
				return err
			}
			report.Notes(a.stderr, "!", figure.Warnings)
			fmt.Fprintln(a.stderr, "wrote", output)
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `FILE` to write: .svg, .png or .pdf")
	cmd.Flags().StringVar(&theme, "theme", "slide", "slide or page")
	cmd.Flags().StringVar(&title, "title", "", "a `TITLE` of your own")
	cmd.Flags().StringVar(&options.Over, "over", "", "the parameter `NAME`, threads or nodes that a sweep is drawn over, where several vary")
	return cmd
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
				return usagef("--%s belongs to the chart %s: leave it out with %s", flag, other.Name, kind.Name)
			}
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
