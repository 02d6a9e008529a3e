package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/report"
)

// rowsOutput is where rows are printed in a format.
func (a *app) rowsOutput(format string) io.Writer {
	switch format {
	case "json":
		return a.json
	case "csv":
		return a.data
	}
	return a.stdout
}

func (a *app) sqlCommand() *cobra.Command {
	format, asJSON := "table", false
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "sql QUERY",
		Short: "Ask the archive in SQL",
		Long: `Ask the archive in SQL; nothing can be changed. docs/format/archive.md lists the
tables. The table samples holds every single operation, decoded as it is read.
Beside SQLite's functions there are median(x), percentile(x, p), stddev(x), and
those of numbers such as sqrt, pow, exp, ln and log.`,
		Example: `  benchctl sql "select store, nodes, threads, op, throughput_per_thread, p99_ns
                from runs join summaries on run_id = runs.id order by 1, 2, 3, 4"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(report.Formats, format) {
				return usagef("--format %q is none of %s", format, strings.Join(report.Formats, ", "))
			}
			if asJSON {
				if cmd.Flags().Changed("format") && format != "json" {
					return usagef("--json does not go with --format %s", format)
				}
				format = "json"
			}
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			ctx, cancel := cmd.Context(), context.CancelFunc(func() {})
			if timeout > 0 {
				ctx, cancel = context.WithTimeout(ctx, timeout)
			}
			defer cancel()
			err = a.answer(ctx, from, args[0], format)
			if errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("the query took longer than %s: name a run, or give it longer with --timeout", timeout)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "`FORMAT`: "+strings.Join(report.Formats, ", "))
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "end a query that takes longer than this `DURATION` (default: never)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "short for --format json")
	return cmd
}

// answer prints what a query comes to.
func (a *app) answer(ctx context.Context, from *archive.Archive, query, format string) error {
	rows, err := from.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	return report.WriteRows(a.rowsOutput(format), rows, format)
}
