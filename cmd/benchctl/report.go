package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
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
			if output != "" {
				needs.Latency, needs.Costs = true, true
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
			return a.writeReport(cmd.Context(), from, output, title, c)
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
func (a *app) writeReport(ctx context.Context, from *archive.Archive, dir, title string, c *comparison.Comparison) error {
	review := report.Review{Comparison: c, Differences: c.Contrasts(), Title: title, Archive: a.archivePath, Command: a.reportAgain(dir, title, c.Selection)}
	var err error
	if review.Experiments, err = from.Experiments(ctx, experimentsOf(c)...); err != nil {
		return err
	}
	glyphs := map[string]bool{}
	review.Draw = func(l *comparison.Workload, suffix string) ([]report.Figure, error) {
		return figuresOf(l, suffix, c.Selection, glyphs)
	}
	page, err := report.NewPage(review)
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

// experimentsOf are the experiments that the compared runs are of.
func experimentsOf(c *comparison.Comparison) []int64 {
	var ids []int64
	for _, l := range c.Workloads {
		for _, run := range l.Runs {
			ids = append(ids, run.Experiment)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// reportAgain is the command that writes a page again.
func (a *app) reportAgain(dir, title, selection string) string {
	words := []string{"benchctl", "report"}
	if selection != "" {
		words = append(words, quote(selection))
	}
	words = append(words, "-o", quote(dir))
	if title != "" {
		words = append(words, "--title", quote(title))
	}
	return strings.Join(append(words, "--archive", quote(a.archivePath)), " ")
}

// figuresOf draws the charts of a workload for a page. The names of their files
// end in suffix; glyphs are those that the page has already.
func figuresOf(l *comparison.Workload, suffix, selection string, glyphs map[string]bool) ([]report.Figure, error) {
	var figures []report.Figure
	chosen, options := kinds.ForPage(l)
	for _, kind := range chosen {
		figure, err := kind.Make(l, options)
		if err != nil {
			return nil, err
		}
		made(&figure, selection, map[string]string{"theme": "page"})
		svg, theme, err := roomy(figure)
		if errors.Is(err, chart.ErrEmpty) {
			continue
		}
		if err != nil {
			return nil, err
		}
		shown := report.Figure{Title: figure.Title, File: kind.Name + suffix + ".svg", Alt: figure.Title + ": " + figure.Subtitle, SVG: svg}
		if shown.Light, shown.Dark, err = inPage(figure, l, theme, glyphs); err != nil {
			return nil, err
		}
		for _, v := range figure.Values() {
			shown.Values = append(shown.Values, valuesTable(v))
		}
		figures = append(figures, shown)
	}
	return figures, nil
}

// roomy draws a figure for a page, higher than others if it takes that.
func roomy(figure chart.Figure) ([]byte, chart.Theme, error) {
	theme := chart.Page
	for {
		var svg bytes.Buffer
		err := figure.Render(&svg, chart.SVG, theme)
		if !errors.Is(err, chart.ErrSmall) || theme.Height > 4*chart.Page.Height {
			return svg.Bytes(), theme, err
		}
		theme.Height += chart.Page.Height / 2
	}
}

// inPage draws a figure on both grounds, without what the page says once for all.
func inPage(figure chart.Figure, l *comparison.Workload, theme chart.Theme, glyphs map[string]bool) (light, dark []byte, err error) {
	said := slices.Concat(l.Guarantees, l.Verified)
	figure.Title = "" // which the section has
	figure.Caption = slices.DeleteFunc(slices.Clone(figure.Caption), func(line string) bool { return slices.Contains(said, line) })
	figure.Warnings = slices.DeleteFunc(slices.Clone(figure.Warnings), func(line string) bool { return slices.Contains(l.Warnings, line) })
	theme.Live, theme.Glyphs = true, glyphs
	var onLight, onDark bytes.Buffer
	if err := figure.Render(&onLight, chart.SVG, theme); err != nil {
		return nil, nil, err
	}
	err = figure.Render(&onDark, chart.SVG, theme.Dark())
	return onLight.Bytes(), onDark.Bytes(), err
}

// valuesTable is the table under a chart.
func valuesTable(v chart.Values) report.Named {
	t := report.Named{Name: v.Title}
	for i, name := range v.Columns {
		t.Columns = append(t.Columns, report.Column{Name: name, Right: i > 0})
	}
	t.Rows = v.Rows
	return t
}
