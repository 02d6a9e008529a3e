package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/stats"
)

func (a *app) reportCommand() *cobra.Command {
	var output, title string
	cmd := &cobra.Command{
		Use:   "report [SELECT] [-o DIR]",
		Short: "Print the comparison of runs, or write a page for a design review",
		Long: `Print the comparison of runs: the throughput of one thread by store and setup,
with its interval, and all that weakens it, in a table for each workload. With
-o a folder is made with the same as a page, as one HTML file and as Markdown,
and its charts.

SELECT is an expression as in ` + "`benchctl runs`" + `; without one all complete runs are used.`,
		Example: `  benchctl report
  benchctl report store:(etcd OR zookeeper) threads:10 -o review`,
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			s, err := selected(cmd.Context(), from, args)
			if err != nil {
				return err
			}
			if len(stats.Measured(s.records)) == 0 {
				return fmt.Errorf("none of the %s is complete, so there is nothing to report: `benchctl runs` shows their states", stats.Count(len(s.runs), "selected run"))
			}
			where, err := environmentNotes(cmd.Context(), from, s.runs)
			if err != nil {
				return err
			}
			if output == "" {
				return printThroughput(a.stdout, s.records, where, runWarnings(s.runs))
			}
			return a.writeReport(cmd.Context(), from, output, title, s, where)
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `DIR` to write the page and its charts into")
	cmd.Flags().StringVar(&title, "title", "", "a `TITLE` of your own")
	return cmd
}

// environmentNotes says for each machine what it is, and for nodes that were
// deployed where their data was.
func environmentNotes(ctx context.Context, from *archive.Archive, runs []archive.Run) ([]string, error) {
	var notes []string
	seen := map[int64]bool{}
	for _, run := range runs {
		if seen[run.Environment] {
			continue
		}
		seen[run.Environment] = true
		e, err := from.EnvironmentOf(ctx, run.Environment)
		if err != nil {
			return nil, err
		}
		notes = append(notes, fmt.Sprintf("%s, %s, %d GiB of memory, kernel %s; data folder on %s, where an fsync takes %s",
			e.CPU, stats.Count(e.Cores, "core"), (e.MemoryBytes+1<<29)>>30, e.Kernel, e.Filesystem, report.Duration(e.Fsync)))
	}
	slices.Sort(notes)
	return notes, nil
}

// runWarningsShown is how many warnings of single runs stand beneath a table.
const runWarningsShown = 12

// runWarnings returns what the runs themselves warn of, once each.
func runWarnings(runs []archive.Run) []string {
	counts := map[string]int{}
	var warnings []string
	for _, run := range runs {
		for _, w := range run.Warnings {
			if counts[w]++; counts[w] == 1 {
				warnings = append(warnings, w)
			}
		}
	}
	if more := len(warnings) - runWarningsShown; more > 1 {
		warnings = append(warnings[:runWarningsShown], fmt.Sprintf("and %s of single runs: `benchctl runs` counts them, `benchctl show RUN` prints them", stats.Count(more, "other warning")))
	}
	return warnings
}

// writeReport writes the page and its charts into a folder.
func (a *app) writeReport(ctx context.Context, from *archive.Archive, dir, title string, s selection, where []string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the report's folder: %w", err)
	}
	page, err := makePage(ctx, from, title, s, where, a.archivePath)
	if err != nil {
		return err
	}
	files := map[string]func(*os.File) error{
		"index.html": func(f *os.File) error { return page.WriteHTML(f) },
		"report.md":  func(f *os.File) error { return page.WriteMarkdown(f) },
	}
	for _, section := range page.Sections {
		if figure := section.Figure; figure != nil {
			files[figure.File] = func(f *os.File) error { _, err := f.Write(figure.SVG); return err }
		}
	}
	for name, write := range files {
		if err := create(filepath.Join(dir, name), write); err != nil {
			return err
		}
	}
	fmt.Fprintln(a.stderr, "wrote", filepath.Join(dir, "index.html"))
	return nil
}
