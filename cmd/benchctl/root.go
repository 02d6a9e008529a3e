package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// defaultArchive is used when neither --archive nor $BENCHCTL_ARCHIVE names one.
const defaultArchive = "benchctl.db"

// app is what all commands share.
type app struct {
	environment
	stdout, stderr *output // text for people
	json, data     *output // standard output for programs
	archivePath    string
	verbose        bool
}

// unnamedArchive is the archive that is used without --archive.
func (a *app) unnamedArchive() string {
	if path := a.getenv("BENCHCTL_ARCHIVE"); path != "" {
		return path
	}
	return defaultArchive
}

// printed is why standard output did not take everything.
func (a *app) printed() error {
	for _, o := range []*output{a.stdout, a.json, a.data} {
		if err := o.failure(); err != nil {
			return fmt.Errorf("not everything could be printed: %w", err)
		}
	}
	return nil
}

// newRoot returns the command, and what its subcommands share.
func newRoot(env environment) (*cobra.Command, *app) {
	a := &app{
		environment: env,
		stdout:      newText(env.stdout), stderr: newText(env.stderr),
		json: newJSON(env.stdout), data: newData(env.stdout),
	}
	root := &cobra.Command{
		Use:   "benchctl",
		Short: "Benchmark coordination stores, and keep every operation",
		Long: `benchctl runs versioned workloads against real clusters of coordination stores,
keeps every operation of every run in one SQLite archive, and draws the charts.

Exit codes: 0 done, 1 failed, 2 usage, 3 plugin failed, 4 workload invalid,
5 archive damaged or too new, 130 interrupted (what was measured is kept).`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&a.archivePath, "archive", a.unnamedArchive(), "the archive `FILE` (default $BENCHCTL_ARCHIVE, else benchctl.db)")
	root.PersistentFlags().Lookup("archive").DefValue = ""
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "show the plugins' debug logs too")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%v: see `%s --help`", err, cmd.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		a.runCommand(), a.runsCommand(), a.showCommand(), a.plotCommand(), a.reportCommand(), a.sqlCommand(),
		a.workloadCommand(), a.pluginCommand(), a.archiveCommand(), a.versionCommand(),
	)
	for _, cmd := range root.Commands() {
		usageArgs(cmd)
	}
	usageArgs(root)
	return root, a
}

// usageArgs turns a command's complaints about its arguments into usage errors.
func usageArgs(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.NoArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef("%v: see `%s --help`", err, cmd.CommandPath())
		}
		return nil
	}
	if cmd.HasParent() {
		for _, sub := range cmd.Commands() {
			usageArgs(sub)
		}
	}
	if cmd.HasSubCommands() && cmd.Run == nil && cmd.RunE == nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("%s needs one of: %s", cmd.CommandPath(), strings.Join(subcommands(cmd), ", "))
			}
			return usagef("%s has no command %q; it has: %s", cmd.CommandPath(), args[0], strings.Join(subcommands(cmd), ", "))
		}
		cmd.Args = cobra.ArbitraryArgs
	}
}

func subcommands(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}
