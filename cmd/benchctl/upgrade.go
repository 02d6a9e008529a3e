package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/report"
)

// writeArchive opens the archive for writing, makes it where there is none, and
// says what that has changed for others.
func (a *app) writeArchive(ctx context.Context) (*archive.Archive, error) {
	into, err := archive.Open(ctx, a.archivePath)
	if err != nil {
		return nil, err
	}
	if from := into.Changes().From; from > 0 && from < archive.Schema {
		fmt.Fprintf(a.stderr, "archive %s was upgraded from schema %d to %d, older benchctl can no longer open it\n", a.archivePath, from, archive.Schema)
	}
	return into, nil
}

func (a *app) upgradeCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Bring the archive up to date, as the next run does",
		Long: `Bring the schema of the archive up to date, and finish the runs whose benchctl
was killed: they are interrupted, with the summaries of what was kept of them.
Every command that writes does this on its way; those that read leave the file
as it is. No older benchctl can open the archive afterwards.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := a.readArchive(cmd.Context()) // to write would make an archive where there is none
			if err != nil {
				return err
			}
			if err := from.Close(); err != nil {
				return err
			}
			into, err := a.writeArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer into.Close()
			if asJSON {
				return report.WriteJSON(a.json, struct {
					Archive  string  `json:"archive"`
					Schema   int64   `json:"schema"`
					Finished []int64 `json:"finished"` // runs, as interrupted
				}{a.archivePath, archive.Schema, append([]int64{}, into.Changes().Settled...)})
			}
			finished := ""
			if n := len(into.Changes().Settled); n > 0 {
				finished = fmt.Sprintf("; %s finished as interrupted", format.Count(n, "run"))
			}
			fmt.Fprintf(a.stdout, "%s has schema %d%s\n", a.archivePath, archive.Schema, finished)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
