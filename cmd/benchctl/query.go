package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/report"
)

func (a *app) runsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "runs [SELECT]",
		Short: "List runs",
		Long: `List runs. SELECT is an expression such as

  store:raftembed nodes:3 threads:(10 OR 50)`,
		Example: "  benchctl runs store:raftembed state:complete",
		Args:    cobra.ArbitraryArgs,
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
			runs, err := documents(cmd.Context(), from, s.runs)
			if err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(a.stdout, report.Document{Version: report.DocumentVersion, Archive: a.archivePath, Runs: runs})
			}
			return report.Runs(runs).Write(a.stdout)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/format/json.md)")
	return cmd
}

func (a *app) showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Show everything about one run",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usagef("RUN is the number of a run, not %q: `benchctl runs` lists them", args[0])
			}
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			run, err := from.Run(cmd.Context(), id)
			if err != nil {
				return err
			}
			runs, err := documents(cmd.Context(), from, []archive.Run{run})
			if err != nil {
				return err
			}
			if err := complete(cmd.Context(), from, run, &runs[0]); err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(a.stdout, report.Document{Version: report.DocumentVersion, Archive: a.archivePath, Runs: runs})
			}
			return report.Show(a.stdout, runs[0])
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/format/json.md)")
	return cmd
}

func (a *app) sqlCommand() *cobra.Command {
	format := "table"
	cmd := &cobra.Command{
		Use:   "sql QUERY",
		Short: "Ask the archive in SQL",
		Long: `Ask the archive in SQL; nothing can be changed. docs/format/archive.md lists the
tables. The table samples holds every single operation, decoded as it is read.`,
		Example: `  benchctl sql "select store, nodes, threads, op, throughput_per_thread, p99_ns
                from runs join summaries on run_id = runs.id order by 1, 2, 3, 4"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(report.Formats, format) {
				return usagef("--format %q is none of %s", format, strings.Join(report.Formats, ", "))
			}
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			rows, err := from.Query(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer rows.Close()
			return report.WriteRows(a.stdout, rows, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "`FORMAT`: "+strings.Join(report.Formats, ", "))
	return cmd
}

func (a *app) archiveCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "archive", Short: "Look after the archive"}
	cmd.AddCommand(a.upgradeCommand())
	cmd.AddCommand(&cobra.Command{
		Use:   "info",
		Short: "Say what the archive holds",
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			info, err := from.Info(cmd.Context())
			if err != nil {
				return err
			}
			return a.printInfo(info)
		},
	}, &cobra.Command{
		Use:   "verify",
		Short: "Check every chunk, and every summary against the samples",
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			line := newConsole(a.stderr)
			verification, err := from.Verify(cmd.Context(), func(done, total int64) {
				line.status("checked %s of %s chunks", report.Integer(done), report.Integer(total))
			})
			line.clear()
			if err != nil {
				return err
			}
			for _, problem := range verification.Problems {
				fmt.Fprintln(a.stdout, problem)
			}
			if err := verification.Err(a.archivePath); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s is whole: %s runs, %s chunks, %s samples\n", a.archivePath,
				report.Integer(verification.Runs), report.Integer(verification.Chunks), report.Integer(verification.Samples))
			return nil
		},
	})
	return cmd
}

func (a *app) printInfo(info archive.Info) error {
	facts := report.Table{Columns: []report.Column{{Name: ""}, {Name: ""}}}
	add := func(name, format string, args ...any) {
		facts.Rows = append(facts.Rows, []string{name, fmt.Sprintf(format, args...)})
	}
	add("file", "%s", info.Path)
	add("size", "%s", report.Bytes(info.Bytes))
	add("schema", "%d", info.Schema)
	add("experiments", "%s", report.Integer(info.Experiments))
	for _, state := range []archive.State{archive.Complete, archive.Failed, archive.Interrupted, archive.Running} {
		if n := info.Runs[state]; n > 0 {
			add("runs "+string(state), "%s", report.Integer(n))
		}
	}
	add("samples", "%s", report.Integer(info.Samples))
	if !info.First.IsZero() {
		add("first run", "%s", info.First.Local().Format("2006-01-02 15:04:05"))
		add("last run", "%s", info.Last.Local().Format("2006-01-02 15:04:05"))
	}
	if err := facts.Write(a.stdout); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	tables := report.Table{Columns: []report.Column{{Name: "table"}, {Name: "rows", Right: true}, {Name: "size", Right: true}}}
	for _, t := range info.Tables {
		tables.Rows = append(tables.Rows, []string{t.Name, report.Integer(t.Rows), report.Bytes(t.Bytes)})
	}
	return tables.Write(a.stdout)
}
