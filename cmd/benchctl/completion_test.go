package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completed returns what a shell is told at a prompt: words, and what else it may
// complete with.
func completed(t *testing.T, archive string, words ...string) (found []string, directive cobra.ShellCompDirective) {
	t.Helper()
	var out, log bytes.Buffer
	code := run(t.Context(), environment{
		args: append([]string{cobra.ShellCompNoDescRequestCmd}, words...), stdout: &out, stderr: &log,
		getenv: func(name string) string {
			if name == "BENCHCTL_ARCHIVE" {
				return archive
			}
			return os.Getenv(name)
		},
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	n, err := strconv.Atoi(strings.TrimPrefix(lines[len(lines)-1], ":"))
	if code != exitDone || err != nil {
		t.Fatalf("%q: exit code %d:\n%s%s", words, code, out.String(), log.String())
	}
	return lines[:len(lines)-1], cobra.ShellCompDirective(n)
}

// withFiles are the places where a file or a folder belongs.
var withFiles = map[string]cobra.ShellCompDirective{
	"--archive": cobra.ShellCompDirectiveFilterFileExt, "--baseline": cobra.ShellCompDirectiveFilterFileExt, "--plot": cobra.ShellCompDirectiveFilterFileExt, "--data-dir": cobra.ShellCompDirectiveFilterDirs,
	"benchctl plot --output": cobra.ShellCompDirectiveFilterFileExt, "benchctl plot --from": cobra.ShellCompDirectiveFilterFileExt, "benchctl report --output": cobra.ShellCompDirectiveFilterDirs,
	"benchctl man --output": cobra.ShellCompDirectiveFilterDirs,
}

// TestFilesAreCompletedWhereFilesGo walks every flag and argument of every command.
func TestFilesAreCompletedWhereFilesGo(t *testing.T) {
	places := 0
	root, _ := newRoot(environment{getenv: func(string) string { return "" }})
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		look := func(place string, words ...string) {
			places++
			want, files := withFiles[cmd.CommandPath()+" "+place]
			if !files {
				want, files = withFiles[place]
			}
			_, directive := completed(t, "none.db", append(slices.Clone(path), words...)...)
			if files && directive != want || !files && directive&cobra.ShellCompDirectiveNoFileComp == 0 {
				t.Errorf("%s %s: directive %d", cmd.CommandPath(), place, directive)
			}
		}
		flags := func(flag *pflag.Flag) {
			if flag.NoOptDefVal == "" && flag.Name != "help" {
				look("--"+flag.Name, "--"+flag.Name, "")
			}
		}
		cmd.LocalFlags().VisitAll(flags)
		look("ARGUMENT", "")
		look("ARGUMENT ARGUMENT", "1", "")
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	if places < 60 {
		t.Errorf("only %d places were looked at", places)
	}
}

func TestCompletionKnowsWhatThereIs(t *testing.T) {
	dir := t.TempDir()
	s := shell{dir, append(os.Environ(), "BENCHCTL_ARCHIVE=a.db", "TMPDIR="+dir)}
	s.must(t, "benchctl run --store memory --nodes 1 --threads 1,3 --duration 20ms --warmup 20ms --label host=x1 --label 'rack=a b' --env GOGC=150")
	archive := filepath.Join(dir, "a.db")
	for line, want := range map[string]string{
		"run --store ":                              "etcd memory raftembed zookeeper",
		"run --store etcd,mem":                      "etcd,memory",
		"run create-s":                              "create-set-delete",
		"run find-max-rate --param ":                "bound= from= to=",
		"run --param ":                              "duration= warmup= size=",
		"run --param size=":                         "size=100",
		"run --option raftembed.pl":                 "raftembed.placement=",
		"run --option raftembed.placement=":         "raftembed.placement=embedded raftembed.placement=processes",
		"run --option raftembed.sync=t":             "raftembed.sync=true",
		"run --store raftembed --option raftembed.": "raftembed.placement= raftembed.sync=",
		"run --reads ":                              "linearizable sequential",
		"run --verify ":                             "none read-back linearizable",
		"run --resume ":                             "last 1",
		"show ":                                     "last 2 1",
		"plot ":                                     "cdf fairness heatmap latency sweep threads throughput timeline",
		"plot sweep --over ":                        "threads nodes reads",
		"plot throughput th":                        "threads:",
		"runs threads:":                             "threads:1 threads:3",
		"runs threads:1,":                           "threads:1,3",
		"runs NOT param.":                           "param.size: param.duration: param.warmup:",
		"runs param.s":                              "param.size:",
		"runs param.size:":                          "param.size:100",
		"report label.":                             "label.host: label.rack:",
		"plot throughput env.":                      "env.GOGC:",
		"runs env.GOGC:":                            "env.GOGC:150",
		"run --store etcd,":                         "etcd,memory etcd,zookeeper",
		"runs NOT store:":                           "store:memory",
		"runs state:":                               "state:complete state:failed state:interrupted state:running",
		"runs label.host:":                          "label.host:x1",
		"runs label.rack:":                          "", // needs quotes
		"report since":                              "since:",
		"report N":                                  "NOT",
		"plot throughput op:cr":                     "op:create op:create-ephemeral op:create-sequential",
		"sql --format ":                             "table csv json markdown",
		"plot throughput --theme ":                  "page slide",
		"plugin describe mem":                       "memory",
		"plugin check memory raft":                  "raftembed",
		"plugin check raftembed --option raftembed.sy": "raftembed.sync=",
		"workload show ycsb-":                          "ycsb-a ycsb-b",
		"work":                                         "workload",
		"workload ":                                    "check list schema show",
	} {
		words := strings.Split(line, " ")
		found, _ := completed(t, archive, words...)
		for _, word := range strings.Fields(want) {
			if !slices.Contains(found, word) {
				t.Errorf("%s: %q lacks %s", line, found, word)
			}
		}
		if want == "" && len(found) > 0 {
			t.Errorf("%s: %q", line, found)
		}
	}
	for line, once := range map[string]string{
		"run --store etcd,m":                                           "",
		"run --store etcd,":                                            "etcd,etcd",
		"run --store etcd --store ":                                    "etcd",
		"run latency-at-rate --store etcd --param ":                    "",
		"run --param size=1 --param ":                                  "size=",
		"run --store raftembed --option ":                              "",
		"run --store raftembed,raftembed --option ":                    "",
		"run --store raftembed --option raftembed.sync=true --option ": "raftembed.sync=",
		"plugin check memory ":                                         "memory",
		"runs store:memory,":                                           "store:memory,memory",
		"runs threads:3,1,":                                            "threads:3,1,1",
		"runs param.":                                                  "param.",
		"runs label.":                                                  "label.",
		"runs ":                                                        "",
	} {
		found, _ := completed(t, archive, strings.Split(line, " ")...)
		if slices.Sort(found); len(slices.Compact(slices.Clone(found))) != len(found) || slices.Contains(found, once) {
			t.Errorf("%s: %q has what is there already", line, found)
		}
	}
	if _, directive := completed(t, archive, "run", "./mi"); directive != cobra.ShellCompDirectiveFilterFileExt {
		t.Errorf("a workload's file: directive %d", directive)
	}
}
