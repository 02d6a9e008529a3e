package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

func (a *app) plotCommand() *cobra.Command {
	kinds := append(slices.Sorted(maps.Keys(chart.Kinds)), sweep)
	slices.Sort(kinds)
	themes := map[string]chart.Theme{"slide": chart.Slide, "page": chart.Page}
	var output, theme, title, over string
	cmd := &cobra.Command{
		Use:   "plot KIND [SELECT] -o FILE",
		Short: "Draw a chart: " + strings.Join(kinds, ", "),
		Long: `Draw a chart of runs as SVG, PNG or PDF, as FILE ends. KIND is one of

  throughput  what one thread does in a second, as bars with intervals
  threads     throughput per thread and in total over the number of threads
  latency     percentiles of every operation
  sweep       throughput in total, and p99 latency, over what was swept: a
              parameter of the workload, or else threads or nodes

SELECT is an expression as in ` + "`benchctl runs`" + `; without one all complete runs are used.`,
		Example: `  benchctl plot throughput workload:create-set-delete -o throughput.svg
  benchctl plot sweep workload:read-write --over reads -o reads.svg`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := args[0]
			if !slices.Contains(kinds, kind) {
				return usagef("there is no chart %q; there are %s", kind, strings.Join(kinds, ", "))
			}
			if over != "" && kind != sweep {
				return usagef("--over belongs to the chart sweep: leave it out with %s", kind)
			}
			look, ok := themes[theme]
			if !ok {
				return usagef("--theme %q is neither slide nor page", theme)
			}
			if output == "" {
				return usagef("name the file to write with -o FILE.svg, .png or .pdf")
			}
			format, err := chart.ParseFormat(output)
			if err != nil {
				return &usageError{err}
			}
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			s, err := selected(cmd.Context(), from, args[1:])
			if err != nil {
				return err
			}
			if err := oneWorkload(s.records); err != nil {
				return err
			}
			figure, err := draw(cmd.Context(), from, kind, s.records, over)
			if err != nil {
				return err
			}
			if title != "" {
				figure.Title = title
			}
			err = create(output, func(f *os.File) error { return figure.Render(f, format, look) })
			if errors.Is(err, chart.ErrEmpty) {
				os.Remove(output)
				return fmt.Errorf("none of the %s is complete, so there is nothing to draw: `benchctl runs` shows their states", stats.Count(len(s.runs), "selected run"))
			}
			if err != nil {
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
	cmd.Flags().StringVar(&over, "over", "", "the parameter `NAME`, threads or nodes that a sweep is drawn over, where several vary")
	return cmd
}

// sweep is the kind of chart that is told what to draw over; all others are in
// chart.Kinds.
const sweep = "sweep"

// draw makes a figure of the records of one workload.
func draw(ctx context.Context, from *archive.Archive, kind string, records []stats.Record, over string) (chart.Figure, error) {
	if kind != sweep {
		return chart.Kinds[kind](records), nil
	}
	help, err := parameters(ctx, from, records[0])
	if err != nil {
		return chart.Figure{}, err
	}
	figure, err := chart.Sweep(records, over, help)
	if err != nil {
		return figure, &usageError{err}
	}
	return figure, nil
}

// parameters returns the help texts of the parameters of a record's workload,
// by name, from the definition as it was archived.
func parameters(ctx context.Context, from *archive.Archive, of stats.Record) (map[string]string, error) {
	workloads, err := from.Workloads(ctx)
	if err != nil {
		return nil, err
	}
	help := map[string]string{}
	for _, w := range workloads {
		if w.Name != of.Workload || w.Version != of.WorkloadVersion {
			continue
		}
		definition, err := workload.Parse(w.Name, []byte(w.Source))
		if err != nil {
			continue // the parameters' names have to do
		}
		for _, p := range definition.Params {
			help[p.Name] = p.Help
		}
	}
	return help, nil
}

// oneWorkload refuses to draw runs of different loads as if they were one.
func oneWorkload(records []stats.Record) error {
	groups := stats.GroupBy(records, "workload", "workload-version")
	if len(groups) < 2 {
		return nil
	}
	var refs []string
	for _, g := range groups {
		refs = append(refs, g.Values[0]+"@"+g.Values[1])
	}
	return usagef("the selected runs are of different workloads, %s: add workload:NAME to the selection", strings.Join(refs, ", "))
}
