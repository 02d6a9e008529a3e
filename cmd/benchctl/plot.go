package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/stats"
)

func (a *app) plotCommand() *cobra.Command {
	kinds := slices.Sorted(maps.Keys(chart.Kinds))
	themes := map[string]chart.Theme{"slide": chart.Slide, "page": chart.Page}
	var output, theme, title string
	cmd := &cobra.Command{
		Use:   "plot KIND [SELECT] -o FILE",
		Short: "Draw a chart: " + strings.Join(kinds, ", "),
		Long: `Draw a chart of runs as SVG, PNG or PDF, as FILE ends. KIND is one of

  throughput  what one thread does in a second, as bars with intervals
  threads     throughput per thread and in total over the number of threads
  latency     percentiles of every operation

SELECT is an expression as in ` + "`benchctl runs`" + `; without one all complete runs are used.`,
		Example: "  benchctl plot throughput workload:create-set-delete -o throughput.svg",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			draw, ok := chart.Kinds[args[0]]
			if !ok {
				return usagef("there is no chart %q; there are %s", args[0], strings.Join(kinds, ", "))
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
			figure := draw(s.records)
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
	return cmd
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
