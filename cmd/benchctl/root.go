package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/benchctl/benchctl/core/spelling"
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
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&a.archivePath, "archive", a.unnamedArchive(), "the archive `FILE` (default $BENCHCTL_ARCHIVE, else benchctl.db)")
	root.PersistentFlags().Lookup("archive").DefValue = ""
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "show the plugins' debug logs too")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%v%s: see `%s --help`", err, flagMeant(cmd, err), cmd.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		a.runCommand(), a.runsCommand(), a.showCommand(), a.compareCommand(), a.plotCommand(), a.reportCommand(), a.sqlCommand(),
		a.workloadCommand(), a.pluginCommand(), a.archiveCommand(), a.versionCommand(), a.manCommand(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		usageArgs(cmd)
	}
	root.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usagef("unknown command %q for %q%s: see `%s --help`", args[0], cmd.CommandPath(), spelling.Meant(args[0], subcommands(cmd)), cmd.CommandPath())
	}
	a.complete(root)
	return root, a
}

// helpCommand is cobra's, which takes a mistake for a question.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			of, left, err := cmd.Root().Find(args)
			if err != nil || len(left) > 0 {
				return usagef("there is no command %q%s: `%s --help` lists them", strings.Join(args, " "),
					spelling.Meant(strings.Join(left, " "), subcommands(of)), cmd.Root().Name())
			}
			return of.Help()
		},
	}
}

// flagMeant asks for the flag that was meant by one that there is not.
func flagMeant(cmd *cobra.Command, err error) string {
	_, name, unknown := strings.Cut(err.Error(), "unknown flag: --")
	if !unknown {
		return ""
	}
	var known []string
	add := func(flag *pflag.Flag) { known = append(known, flag.Name) }
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	if nearest := spelling.Nearest(name, known); nearest != "" {
		return spelling.Meant("--"+name, []string{"--" + nearest})
	}
	return ""
}

// jsonFlag adds the one way to ask for JSON.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON (docs/format/json.md)")
}

// usageArgs turns a command's complaints about its arguments into usage errors.
func usageArgs(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.NoArgs
	}
	cmd.Args = checkArguments(check)
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
			return usagef("%s has no command %q%s; it has: %s", cmd.CommandPath(), args[0], spelling.Meant(args[0], subcommands(cmd)), strings.Join(subcommands(cmd), ", "))
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
