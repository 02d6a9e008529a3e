package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/selection"
)

// readArchive opens the archive for reading, which changes nothing in it.
func (a *app) readArchive(ctx context.Context) (*archive.Archive, error) {
	return archive.OpenReadOnly(ctx, a.archivePath)
}

// selectHelp explains SELECT.
const selectHelp = `Commas separate alternatives, FROM..TO is a range with both ends in it, either of
which may be left out, NOT before a word leaves out what it selects. since:DATE
and until:DATE choose by when a run began, last:N takes the newest of those that
are left. docs/command.md lists the keys.`

func (a *app) runsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "runs [SELECT]",
		Short: "List runs",
		Long: `List runs. SELECT chooses among them by key:value, such as

  store:etcd,raftembed nodes:3 threads:10..50 NOT state:failed

` + selectHelp,
		Example: `  benchctl runs store:raftembed state:complete
  benchctl runs since:2026-01-01 last:5`,
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{selects: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			expression, err := selected(cmd.Context(), from, args)
			if err != nil {
				return err
			}
			ids, missing, err := comparison.Find(cmd.Context(), from, expression)
			if err != nil {
				return a.explained(cmd.Context(), from, err)
			}
			a.warnOf(cmd.Context(), from, missing)
			if asJSON {
				accounts, err := from.Accounts(cmd.Context(), ids...)
				if err != nil {
					return err
				}
				if len(accounts) == 0 {
					return a.explained(cmd.Context(), from, &comparison.NoRuns{})
				}
				return a.writeJSON(accounts)
			}
			lines, err := from.Lines(cmd.Context(), ids...)
			if err != nil {
				return err
			}
			if len(lines) == 0 {
				return a.explained(cmd.Context(), from, &comparison.NoRuns{})
			}
			return report.Runs(lines).Write(a.stdout)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// newest stands for the newest run or experiment in the place of its number.
const newest = -1

// parseNumber reads the number of a run or experiment, or last.
func parseNumber(text string) (int64, error) {
	if text == selection.Last {
		return newest, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && n < 1 {
		err = errors.New("numbers begin with 1")
	}
	return n, err
}

func (a *app) showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show everything about one run, by its number, or about the last",
		Example: "  benchctl show last",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseNumber(args[0])
			if err != nil {
				return usagef("RUN is the number of a run or last, not %q: `benchctl runs` lists them", args[0])
			}
			from, err := a.readArchive(cmd.Context())
			if err != nil {
				return err
			}
			defer from.Close()
			if id == newest {
				if id, _, err = from.Newest(cmd.Context()); err != nil {
					return err
				}
				if id == 0 {
					return a.explained(cmd.Context(), from, &comparison.NoRuns{})
				}
			}
			account, err := from.Account(cmd.Context(), id)
			if err != nil {
				return err
			}
			if asJSON {
				return a.writeJSON([]record.Account{account})
			}
			return report.Show(a.stdout, account)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// writeJSON prints everything about runs that was read of them.
func (a *app) writeJSON(accounts []record.Account) error {
	return report.WriteJSON(a.json, report.Document{
		Version: report.DocumentVersion, Archive: a.archivePath, Runs: accounts,
	})
}
