package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// wanted says what to write as the arguments of commands, by their paths.
var wanted = map[string]string{
	"benchctl run":             "name one workload or one file, as `benchctl run read-write` does; what else varies is given by flags",
	"benchctl show":            "name a run by its number or as the last one, as `benchctl show last` does",
	"benchctl plot":            "name the kind of chart first, as `benchctl plot throughput -o a.svg` does",
	"benchctl sql":             "write the query in quotes, as `benchctl sql \"select * from runs\"` does",
	"benchctl workload show":   "name one workload or one file, as `benchctl workload show read-write` does",
	"benchctl workload check":  "name one file, as `benchctl workload check ./mine.yaml` does",
	"benchctl plugin describe": "name one plugin, as `benchctl plugin describe etcd` does; `benchctl plugin list` lists them",
	"benchctl plugin check":    "name the plugins, as `benchctl plugin check etcd zookeeper` does; `benchctl plugin list` lists them",
}

// checkArguments says in the words of this program what is wrong with the number
// of arguments, if a command's own check refuses it.
func checkArguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) == nil {
			return nil
		}
		path := cmd.CommandPath()
		most := 0
		for most < len(args) && check(cmd, args[:most+1]) == nil {
			most++
		}
		switch {
		case len(args) == 0:
			return usagef("%s needs an argument: %s", path, wanted[path])
		case most == 0:
			return usagef("%s takes no arguments: leave out %s", path, strings.Join(quoted(args), " "))
		}
		return usagef("%s takes no more than %s, so %s is too much: %s", path, strings.Join(quoted(args[:most]), " "), strings.Join(quoted(args[most:]), " "), wanted[path])
	}
}

func quoted(words []string) []string {
	var all []string
	for _, word := range words {
		all = append(all, fmt.Sprintf("%q", word))
	}
	return all
}
