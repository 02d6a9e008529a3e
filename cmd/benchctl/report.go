package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/chart/kinds"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/report"
)

func (a *app) reportCommand() *cobra.Command {
	var output, title string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "report [SELECT] [-o DIR]",
		Short: "Print the comparison of runs, or write a page for a design review",
		Long: `Print the comparison of runs: the throughput of one thread by store and setup,
with its interval, and all that weakens it, in a table for each workload. With
-o a folder is made with the same as a page, as one HTML file and as Markdown,
and its charts.

SELECT is as in ` + "`benchctl runs`" + `; without it all complete runs are used.`,
		Example: `  benchctl report
  benchctl report store:etcd,zookeeper threads:10 -o review`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput("-o", output); err != nil {
				return err
			}
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			expression, err := selected(cmd.Context(), from, args)
			if err != nil {
				return err
			}
			if asJSON && output != "" {
				return usagef("--json does not go with -o: the page has no JSON")
			}
			var needs comparison.Needs
			if output != "" || asJSON {
				needs = kinds.NeedsOf(kinds.All...)
			}
			c, err := comparison.Select(cmd.Context(), from, expression, needs)
			if err != nil {
				return a.explained(cmd.Context(), from, err)
			}
			a.warnOf(cmd.Context(), from, c.Missing)
			if len(c.Workloads) == 0 {
				return fmt.Errorf("there is nothing to report: %s", c.Nothing())
			}
			if asJSON {
				return report.WriteJSON(a.json, c)
			}
			if output == "" {
				return report.Print(a.stdout, c)
			}
			return a.writeReport(output, title, c)
		},
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{selects: "yes"},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `DIR` to write the page and its charts into")
	cmd.Flags().StringVar(&title, "title", "", "a `TITLE` of your own")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// writeReport writes the page and its charts into a folder.
func (a *app) writeReport(dir, title string, c *comparison.Comparison) error {
	page, err := report.NewPage(c, title, a.archivePath, func(l *comparison.Workload, suffix string) ([]report.Figure, error) {
		return figuresOf(l, suffix, c.Selection)
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the report's folder: %w", err)
	}
	for _, section := range page.Sections {
		if figure := section.Figure; figure != nil {
			if err := create(filepath.Join(dir, figure.File), figure.Write); err != nil {
				return err
			}
		}
	}
	if err := create(filepath.Join(dir, "report.md"), page.WriteMarkdown); err != nil {
		return err
	}
	if err := create(filepath.Join(dir, "index.html"), page.WriteHTML); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "wrote", filepath.Join(dir, "index.html"))
	return nil
}

// figuresOf draws the charts of a workload for a page. The names of their files
// end in suffix.
func figuresOf(l *comparison.Workload, suffix, selection string) ([]report.Figure, error) {
	var figures []report.Figure
	chosen, options := kinds.ForPage(l)
	for _, kind := range chosen {
		figure, err := kind.Make(l, options)
		if err != nil {
			return nil, err
		}
		made(&figure, selection, map[string]string{"theme": "page"})
		var svg bytes.Buffer
		err = figure.Render(&svg, chart.SVG, chart.Page)
		if errors.Is(err, chart.ErrEmpty) {
			continue
		}
		if err != nil {
			return nil, err
		}
		figures = append(figures, report.Figure{File: kind.Name + suffix + ".svg", Alt: figure.Title + ": " + figure.Subtitle, SVG: svg.Bytes()})
	}
	return figures, nil
}
