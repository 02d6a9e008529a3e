package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/benchctl/benchctl/core/chart/kinds"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/workloads"
)

// What completion waits for, as a person waits for it.
const (
	describeWithin = 2 * time.Second
	newestShown    = 30 // runs and experiments
)

type completion = cobra.CompletionFunc

// words completes with words that are fixed.
func words(all ...string) completion {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return beginning(all, begun), cobra.ShellCompDirectiveNoFileComp
	}
}

// nothing is for what only the person knows, such as a number.
var nothing completion = cobra.NoFileCompletions

func beginning(all []string, begun string) []string {
	var some []string
	for _, word := range all {
		if strings.HasPrefix(word, begun) {
			some = append(some, word)
		}
	}
	return some
}

// files completes with the names of files that end so.
func files(endings ...string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		if len(endings) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return endings, cobra.ShellCompDirectiveFilterFileExt
	}
}

func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// orFiles completes with files where nothing else begins so.
func orFiles(complete completion, otherwise completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		found, directive := complete(cmd, args, begun)
		if len(found) == 0 && directive == cobra.ShellCompDirectiveNoFileComp {
			return otherwise(cmd, args, begun)
		}
		return found, directive
	}
}

// listed completes the last word of a list with commas, with what is not in it
// yet: in this list, or in one that the flag was given before.
func listed(flag string, complete completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		before := begun[:strings.LastIndex(begun, ",")+1]
		found, directive := complete(cmd, args, begun[len(before):])
		taken := strings.Split(before, ",")
		if cmd.Flags().Changed(flag) {
			named, _ := cmd.Flags().GetStringSlice(flag)
			taken = append(taken, named...)
		}
		return further(before, taken, found), directive
	}
}

// further are the words that can stand behind those before, each once.
func further(before string, taken, found []string) []string {
	var some []string
	for _, word := range found {
		if bare, _, _ := strings.Cut(word, "\t"); !slices.Contains(taken, bare) {
			some = append(some, before+word)
		}
	}
	return some
}

// begunAlready reports whether a flag that is given several times has this name
// before the equals sign.
func begunAlready(cmd *cobra.Command, flag, name string) bool {
	given, _ := cmd.Flags().GetStringArray(flag)
	return slices.ContainsFunc(given, func(word string) bool { return strings.HasPrefix(word, name) })
}

// others completes an argument with what is not among those before it.
func others(complete completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		found, directive := complete(cmd, args, begun)
		return further("", args, found), directive
	}
}

// first completes the first argument, and nothing after it.
func first(complete completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, begun)
	}
}

// flagCompletions are by the names of flags, which mean one thing everywhere.
func (a *app) flagCompletions() map[string]completion {
	return map[string]completion{
		"archive": files("db"), "baseline": files("db"), "data-dir": folders, "plot": files("svg", "png", "pdf"),
		"store": listed("store", a.stores), "option": a.options, "param": a.params, "resume": a.experiments,
		"reads": words(string(driver.Linearizable), string(driver.Sequential)), "verify": words(verifications()...),
		"theme": words(slices.Sorted(maps.Keys(themes))...), "over": a.over, "by": listed("by", a.runKeys), "vs": a.sideNames, "fail-on": a.thresholds, "from": files("svg", "png", "pdf"),
		"nodes": nothing, "threads": nothing, "repeat": nothing, "until-decided": nothing, "seed": nothing, "label": nothing, "env": nothing, "endpoints": nothing,
		"duration": nothing, "warmup": nothing, "timeout": nothing, "ready-timeout": nothing, "title": nothing, "size": nothing, "y-range": nothing,
	}
}

// ownCompletions are of flags that mean another thing in each command.
var ownCompletions = map[string]completion{
	"benchctl plot --output":          files("svg", "png", "pdf"),
	"benchctl report --output":        folders,
	"benchctl compare --format":       words("text", "markdown"),
	"benchctl sql --format":           words(report.Formats...),
	"benchctl workload list --format": words("table", "markdown", "json"),
	"benchctl plugin check --format":  words("table", "markdown", "json"),
	"benchctl man --output":           folders,
}

// argumentCompletions are by the paths of commands.
func (a *app) argumentCompletions() map[string]completion {
	definitions := orFiles(first(shippedWorkloads), first(files("yaml", "yml")))
	return map[string]completion{
		"benchctl run": definitions, "benchctl workload show": definitions, "benchctl workload check": definitions,
		"benchctl runs": a.selectWords, "benchctl report": a.selectWords, "benchctl compare": a.selectWords, "benchctl plot": a.plotWords,
		"benchctl show": first(a.runNumbers), "benchctl plugin describe": first(a.stores), "benchctl plugin check": others(a.stores),
	}
}

// complete gives every flag and argument of the commands its completion.
func (a *app) complete(root *cobra.Command) {
	flags, arguments := a.flagCompletions(), a.argumentCompletions()
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.ValidArgsFunction = arguments[cmd.CommandPath()]; cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = nothing
		}
		register := func(flag *pflag.Flag) {
			complete, own := ownCompletions[cmd.CommandPath()+" --"+flag.Name]
			if !own {
				complete = flags[flag.Name]
			}
			if complete != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete) // it is the command's own flag
			}
		}
		cmd.LocalFlags().VisitAll(register)
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
}

func verifications() []string {
	var all []string
	for _, v := range load.Verifications {
		all = append(all, string(v))
	}
	return all
}

func (a *app) stores(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return beginning(a.storeNames(), begun), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) storeNames() []string {
	var names []string
	for _, found := range host.NewSearch(a.getenv).List() {
		if !found.Hidden {
			names = append(names, found.Name)
		}
	}
	return names
}

func shippedWorkloads(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	definitions, _ := workloads.All()
	var found []string
	for _, d := range definitions {
		if strings.HasPrefix(d.Name, begun) {
			found = append(found, cobra.CompletionWithDesc(d.Name, d.Summary))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// params completes name=value of the workload that is named.
func (a *app) params(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	spec, _, err := readSpec(workloadOf(args))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []string
	for _, w := range spec.Workloads {
		for _, p := range w.Definition.Params {
			name := p.Name + "="
			switch {
			case begunAlready(cmd, "param", name):
			case name != begun && strings.HasPrefix(name, begun):
				found = append(found, cobra.CompletionWithDesc(name, p.Help))
			case strings.HasPrefix(name+p.Default, begun):
				found = append(found, cobra.CompletionWithDesc(name+p.Default, "the default"))
			}
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// options completes store.key=value of the stores that are named, else of all,
// as far as their plugins answer in time.
func (a *app) options(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	names := a.storeNames()
	if cmd.Flags().Lookup("store") == nil && len(args) > 0 {
		names = args
	}
	if given, err := cmd.Flags().GetStringSlice("store"); err == nil && cmd.Flags().Changed("store") {
		names = given
	}
	if store, _, dotted := strings.Cut(begun, "."); dotted {
		names = []string{store}
	}
	names = slices.Compact(slices.Sorted(slices.Values(names))) // cobra reads flags twice
	ctx, cancel := context.WithTimeout(cmd.Context(), describeWithin)
	defer cancel()
	var found []string
	for _, d := range a.describeAll(ctx, names) {
		for _, o := range d.Options {
			name := d.Name + "." + o.Name + "="
			values := o.Allowed
			if o.Type == driver.Bool {
				values = []string{"true", "false"}
			}
			if begunAlready(cmd, "option", name) {
				continue
			}
			if name != begun && strings.HasPrefix(name, begun) {
				found = append(found, cobra.CompletionWithDesc(name, o.Help))
				continue
			}
			for _, value := range values {
				found = append(found, beginning([]string{name + value}, begun)...)
			}
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// describeAll asks plugins side by side what they are, and leaves out those that
// do not answer.
func (a *app) describeAll(ctx context.Context, names []string) []protocol.Description {
	silent := hclog.New(&hclog.LoggerOptions{Output: io.Discard})
	search := host.NewSearch(a.getenv)
	answers := make(chan protocol.Description)
	for _, name := range names {
		go func() {
			var d protocol.Description
			if path, err := search.Find(name); err == nil {
				d, _ = describe(ctx, name, path, silent)
			}
			answers <- d
		}()
	}
	var all []protocol.Description
	for range names {
		if d := <-answers; d.Name != "" {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b protocol.Description) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// over completes what a sweep is drawn over.
func (a *app) over(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{"threads", "nodes"}
	definitions, _ := workloads.All()
	for _, d := range definitions {
		for _, p := range d.Params {
			if !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) plotWords(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return a.selectWords(cmd, args, begun)
	}
	return beginning(kinds.Names(), begun), cobra.ShellCompDirectiveNoFileComp
}

// runNumbers completes with the newest runs.
func (a *app) runNumbers(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return a.newestNumbers(cmd.Context(), begun, func(run, _ int64) int64 { return run }), cobra.ShellCompDirectiveNoFileComp
}

// experiments completes with the newest experiments.
func (a *app) experiments(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return a.newestNumbers(cmd.Context(), begun, func(_, experiment int64) int64 { return experiment }), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) newestNumbers(ctx context.Context, begun string, number func(run, experiment int64) int64) []string {
	numbers := []string{selection.Last}
	from, err := a.readArchive(ctx)
	if err != nil {
		return beginning(numbers, begun)
	}
	defer from.Close()
	run, experiment, err := from.Newest(ctx)
	if err != nil {
		return beginning(numbers, begun)
	}
	for n := number(run, experiment); n > 0 && len(numbers) <= newestShown; n-- {
		numbers = append(numbers, fmt.Sprint(n))
	}
	return beginning(numbers, begun)
}
