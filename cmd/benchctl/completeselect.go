package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/selection"
)

// keepWord keeps the shell from ending a word that goes on, or with a file.
const keepWord = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace

// selectWords completes a word of SELECT: a key, or a value that some run of the
// archive has of it.
func (a *app) selectWords(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	key, values, named := strings.Cut(begun, ":")
	if !named {
		return a.selectKeys(cmd.Context(), args, begun), keepWord
	}
	listed := values[:strings.LastIndex(values, ",")+1]
	found := beginning(a.valuesOf(cmd.Context(), key), values[len(listed):])
	return further(key+":"+listed, strings.Split(listed, ","), found), keepWord
}

// selectKeys are the keys that begin so, those of parameters, options, variables
// and labels as the archive's runs have them, and the other words of SELECT.
func (a *app) selectKeys(ctx context.Context, args []string, begun string) []string {
	var found []string
	for _, k := range selection.Keys {
		if strings.HasPrefix(k.Name, begun) {
			found = append(found, cobra.CompletionWithDesc(k.Name+":", k.Help))
		}
	}
	given := a.givenKeys(ctx)
	for _, prefix := range []string{selection.ParamPrefix, selection.OptionPrefix, selection.EnvPrefix, selection.LabelPrefix} {
		switch {
		case !strings.Contains(begun, ".") && strings.HasPrefix(prefix, begun):
			found = append(found, prefix)
		case strings.HasPrefix(begun, prefix):
			for _, key := range beginning(given, begun) {
				found = append(found, key+":")
			}
		}
	}
	found = append(found, beginning([]string{selection.Since + ":", selection.Until + ":", selection.Last + ":"}, begun)...)
	if len(args) == 0 || args[len(args)-1] != "NOT" {
		found = append(found, beginning([]string{"NOT"}, begun)...)
	}
	return found
}

// givenKeys are the keys of the archive such as param.size that need no quotes.
func (a *app) givenKeys(ctx context.Context) []string {
	from, err := a.readArchive(ctx)
	if err != nil {
		return nil
	}
	defer from.Close()
	keys, _ := from.GivenKeys(ctx) // without them nothing is completed
	return slices.DeleteFunc(keys, func(key string) bool { return !safeInSelect(key) || strings.Contains(key, ":") })
}

// valuesOf returns the values of a key in the archive that need no quotes, or
// those that it can have where there is no archive.
func (a *app) valuesOf(ctx context.Context, key string) []string {
	seen := map[string]bool{}
	for _, value := range selection.ValuesOfKey(key) {
		seen[value] = true
	}
	if _, known := selection.Lookup(key); !known || key == selection.Started {
		return slices.Sorted(maps.Keys(seen))
	}
	if from, err := a.readArchive(ctx); err == nil {
		defer from.Close()
		_ = from.Values(ctx, []string{key}, func(_ int64, values []string) { seen[values[0]] = true }) // what was read is enough
	}
	maps.DeleteFunc(seen, func(value string, _ bool) bool { return !safeInSelect(value) })
	return slices.Sorted(maps.Keys(seen))
}

// safeInSelect reports whether a word means itself in a shell and in SELECT, where
// a comma ends a value and a slash begins a regular expression.
func safeInSelect(word string) bool {
	return plainWord.MatchString(word) && !strings.Contains(word, ",") && !strings.HasPrefix(word, "/")
}

// runKeys are the keys of runs, by which a comparison has sides.
func (a *app) runKeys(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, k := range selection.Keys {
		if k.Of == selection.Runs {
			names = append(names, k.Name)
		}
	}
	return beginning(append(names, a.givenKeys(cmd.Context())...), begun), cobra.ShellCompDirectiveNoFileComp
}

// sideNames are the values of the key that --by names, if it is one.
func (a *app) sideNames(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	key, _ := cmd.Flags().GetString("by")
	if key == "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return beginning(a.valuesOf(cmd.Context(), key), begun), cobra.ShellCompDirectiveNoFileComp
}

// thresholds begin with a metric, and the direction that is worse.
func (a *app) thresholds(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var begins []string
	for _, m := range comparison.Metrics() {
		worse := ">+"
		if m.Better == "higher" {
			worse = "<-"
		}
		begins = append(begins, m.Name+worse)
	}
	return beginning(begins, begun), keepWord
}
