package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/report"
)

func (a *app) archiveCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "archive", Short: "Look after the archive"}
	cmd.AddCommand(a.infoCommand(), a.verifyCommand(), a.upgradeCommand())
	return cmd
}

func (a *app) infoCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
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
			if asJSON {
				return report.WriteJSON(a.json, info)
			}
			return a.printInfo(info)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) verifyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
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
				line.status("checked %s of %s chunks", format.Integer(done), format.Integer(total))
			})
			line.clear()
			if err != nil {
				return err
			}
			if asJSON {
				verification.Problems = append([]archive.Problem{}, verification.Problems...) // a list, if an empty one
				return errors.Join(report.WriteJSON(a.json, verification), verification.Err(a.archivePath))
			}
			for _, problem := range verification.Problems {
				fmt.Fprintln(a.stdout, problem)
			}
			if err := verification.Err(a.archivePath); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s is whole: %s runs, %s chunks, %s samples\n", a.archivePath,
				format.Integer(verification.Runs), format.Integer(verification.Chunks), format.Integer(verification.Samples))
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) printInfo(info archive.Info) error {
	facts := report.Table{Columns: []report.Column{{Name: ""}, {Name: ""}}}
	add := func(name, text string) {
		facts.Rows = append(facts.Rows, []string{name, text})
	}
	add("file", info.Path)
	add("size", format.Size(info.Bytes))
	add("schema", fmt.Sprint(info.Schema))
	add("experiments", format.Integer(info.Experiments))
	for _, state := range []record.State{record.Complete, record.Failed, record.Interrupted, record.Running} {
		if n := info.Runs[state]; n > 0 {
			add("runs "+string(state), format.Integer(n))
		}
	}
	add("samples", format.Integer(info.Samples))
	if !info.First.IsZero() {
		add("first run", info.First.Local().Format(time.DateTime))
		add("last run", info.Last.Local().Format(time.DateTime))
	}
	if err := facts.Write(a.stdout); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	tables := report.Table{Columns: []report.Column{{Name: "table"}, {Name: "rows", Right: true}, {Name: "size", Right: true}}}
	for _, t := range info.Tables {
		tables.Rows = append(tables.Rows, []string{t.Name, format.Integer(t.Rows), format.Size(t.Bytes)})
	}
	return tables.Write(a.stdout)
}
