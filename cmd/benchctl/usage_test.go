package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestMistakesOfUsageExitWith2 makes every mistake that a command line has room
// for, in every command.
func TestMistakesOfUsageExitWith2(t *testing.T) {
	t.Chdir(t.TempDir())
	tried := 0
	mistaken := func(words ...string) {
		t.Helper()
		tried++
		var out, log bytes.Buffer
		code := run(t.Context(), environment{args: words, stdout: &out, stderr: &log, getenv: func(string) string { return "" }})
		if code != exitUsage || out.Len() > 0 || strings.Count(log.String(), "\n") != 1 || !strings.HasPrefix(log.String(), "benchctl: ") {
			t.Errorf("%q: exit code %d\n%s%s", words, code, out.String(), log.String())
		}
	}
	root, _ := newRoot(environment{getenv: func(string) string { return "" }})
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		with := func(words ...string) []string { return append(slices.Clone(path), words...) }
		mistaken(with("--nothing")...)
		mistaken(with("-Z")...)
		mistaken(with("--verbose=perhaps")...)
		mistaken(with("--archive")...)
		if cmd.HasSubCommands() {
			mistaken(with("nothing")...)
		} else if cmd.Args != nil && cmd.Args(cmd, []string{"1", "2", "3"}) != nil {
			mistaken(with("1", "2", "3")...)
		}
		if !cmd.HasSubCommands() && cmd.Args(cmd, nil) != nil {
			mistaken(path...)
		}
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			switch flag.Value.Type() {
			case "int", "intSlice", "uint64", "duration", "bool", "EXPERIMENT":
				mistaken(with("--" + flag.Name + "=x")...)
			}
			if flag.NoOptDefVal == "" {
				mistaken(with("--" + flag.Name)...)
			}
		})
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	for _, line := range []string{
		"rnu", "workload shwo x", "help nothing", "help run nothing", "completion csh",
		"run --nodes 0", "run --nodes -1", "run --threads 0", "run --repeat 0", "run --repeat -1", "run --timeout 0s", "run --timeout -1s", "run --ready-timeout 0s",
		"run --reads any", "run --verify all", "run --label x", "run --label =x", "run --param x", "run --param x=", "run --param x=1", "run --param size=x",
		"run --param size=1 --param size=2", "run --duration 0s", "run --duration -1s", "run --option x", "run --option x=y", "run --option etcd.x=1", "run --option .x=1",
		"run --plot x.gif", "run --plot op:set.svg", "run --allow-changed-plugin", "run --resume 0", "run --resume -1", "run --resume 1 --nodes 1", "run --resume 1 lock",
		"run --endpoints a:1 --store etcd,zookeeper", "run --endpoints a:1,b:2 --nodes 3", "run lcok", "run lock@77", "run none.yaml", "run .",
		"show x", "show 0", "show -- -1", "plot pie -o a.svg", "plot latency", "plot latency -o a.gif", "plot latency -o a", "plot latency -o op:set.svg", "plot latency -o a.svg --theme dark",
		"plot latency -o a.svg --over nodes", "plot latency -op:delete", "runs -op:set", "report -o x:y", "sql --format xml q",
		"workload list --format xml", "workload show nothing", "workload check none.yaml", "workload schema x", "plugin check memory --format xml", "plugin check memory --reads any",
		"plugin check memory --nodes 0", "plugin check memory --timeout 0s", "plugin check memory --option x", "plugin check etcd memory --endpoints a:1",
	} {
		mistaken(strings.Fields(line)...)
	}
	if tried < 180 {
		t.Errorf("only %d mistakes were made", tried)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) > 0 {
		t.Errorf("a mistake made %v, %v", entries, err)
	}
}

// TestNumbersOfArgumentsAreRefusedInOwnWords gives every command none, and too many.
func TestNumbersOfArgumentsAreRefusedInOwnWords(t *testing.T) {
	t.Chdir(t.TempDir())
	root, _ := newRoot(environment{getenv: func(string) string { return "" }})
	refused := map[string]string{}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, args := range [][]string{nil, {"größe"}, {"a", "b c", "größe"}} {
			if cmd.HasSubCommands() || cmd.Args(cmd, args) == nil {
				continue
			}
			var out, log bytes.Buffer
			words := slices.Concat(strings.Fields(cmd.CommandPath())[1:], args)
			code := run(t.Context(), environment{args: words, stdout: &out, stderr: &log, getenv: func(string) string { return "" }})
			text := strings.TrimSuffix(log.String(), "\n")
			own := regexp.MustCompile("^benchctl: " + cmd.CommandPath() + " (needs an argument|takes no arguments|takes no more than .*, so .* is too much): .+$")
			if code != exitUsage || !own.MatchString(text) {
				t.Errorf("%q: exit code %d: %s", words, code, text)
			}
			refused[strings.Join(words, " ")] = text
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	for line, want := range map[string]string{
		"show":             "benchctl: benchctl show needs an argument: name a run by its number or as the last one, as `benchctl show last` does",
		"show a b c größe": `benchctl: benchctl show takes no more than "a", so "b c" "größe" is too much: name a run by its number or as the last one, as ` + "`benchctl show last` does",
		"version größe":    `benchctl: benchctl version takes no arguments: leave out "größe"`,
	} {
		if refused[line] != want {
			t.Errorf("%s: %s", line, refused[line])
		}
	}
	if len(refused) < 20 {
		t.Errorf("only %d were refused", len(refused))
	}
}

func TestTyposGetASuggestion(t *testing.T) {
	t.Chdir(t.TempDir())
	for line, want := range map[string]string{
		"rnu":                              "run",
		"workload shwo":                    "show",
		"help plto":                        "plot",
		"run --thread 5":                   "--threads",
		"archive info --archvie x":         "--archive",
		"run raed-write":                   "read-write",
		"run --store mem0ry":               "memory",
		"run --param sise=5":               "size",
		"run --option raftembed.snyc=true": "sync",
		"plot thoughput -o a.svg":          "throughput",
		"plugin describe zookeper":         "zookeeper",
	} {
		var out, log bytes.Buffer
		run(t.Context(), environment{args: strings.Fields(line), stdout: &out, stderr: &log, getenv: os.Getenv})
		if !regexp.MustCompile(`\(did you mean ` + want + `\?\)`).MatchString(log.String()) {
			t.Errorf("%s: %s", line, log.String())
		}
	}
}
