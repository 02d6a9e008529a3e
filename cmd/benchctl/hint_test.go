package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/workloads"
)

// unplanned returns why a spec is refused that is sound but for a change.
func unplanned(change func(*experiment.Spec)) error {
	definition, err := workloads.Find("create-set-delete")
	if err != nil {
		return err
	}
	s := experiment.Defaults()
	s.Stores, s.Workloads = []string{"a"}, []experiment.Workload{{Definition: definition}}
	change(&s)
	_, err = experiment.NewPlan(s)
	return err
}

func TestTheCommandLineSaysWhatCoreSaysInItsOwnWords(t *testing.T) {
	_, missing := machine.Read(t.Context(), "/nowhere")
	_, unmade := node.Deploy(t.Context(), node.Deployment{Dir: "/nowhere"})
	_, changed := experiment.Earlier{Experiment: 3, Complete: []experiment.Completed{{Store: "a", SHA256: "f00"}}}.CheckPlugin("a", experiment.Identity{})
	cases := map[string]struct {
		err  error
		want string // the end
	}{
		"no data folder":     {missing, "/nowhere: no such file or directory: name another with --data-dir"},
		"no nodes' folder":   {unmade, "no such file or directory: name another with --data-dir"},
		"no store":           {unplanned(func(s *experiment.Spec) { s.Stores = nil }), "no store: name at least one with --store"},
		"no repeat":          {unplanned(func(s *experiment.Spec) { s.Repeat = 0 }), "--repeat 0: there must be at least 1"},
		"few blocks":         {unplanned(func(s *experiment.Spec) { s.UntilDecided = 0.05 }), "--repeat is the most blocks of an experiment that runs until it is decided: 1 blocks cannot be planned for: give from 6, which a verdict takes, to 200"},
		"no thread":          {unplanned(func(s *experiment.Spec) { s.Threads = []int{0} }), "--threads 0: there must be at least 1"},
		"no node":            {unplanned(func(s *experiment.Spec) { s.Setups[0].Nodes = []int{0} }), "--nodes 0: there must be at least 1"},
		"unequal endpoints":  {unplanned(func(s *experiment.Spec) { s.Setups[0].Endpoints = map[string][]string{"a": {"x", "y"}} }), "the endpoints of a are 2 nodes, so --nodes can only be 2"},
		"another's option":   {unplanned(func(s *experiment.Spec) { s.Setups[0].Options = map[string]map[string]string{"b": nil} }), "--option b.…: store b is not in this experiment, which has a"},
		"a changed plugin":   {changed, "put that one back, or add --allow-changed-plugin, and the runs are marked by a warning"},
		"an error of others": {errors.New("give a slow one longer"), "give a slow one longer"},
	}
	for name, c := range cases {
		if c.err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if got := hinted(fmt.Errorf("1 of 1 runs failed: %w", c.err)); !strings.HasSuffix(got, ": "+c.want) && !strings.HasSuffix(got, " "+c.want) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	if !errors.As(changed, new(*experiment.Refused)) {
		t.Error("a changed plugin is no usage error any more")
	}
}

// flagsLeft is the one file of core that is a command line of its own: a
// plugin's.
var flagsLeft = []string{"plugin/serve.go"}

func TestCoreNamesNoFlags(t *testing.T) {
	flag := regexp.MustCompile(`(^|[^\w-])--[a-z]`)
	err := filepath.WalkDir("../../core", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		within, err := filepath.Rel("../../core", path)
		if err != nil || slices.ContainsFunc(flagsLeft, func(left string) bool { return within == left || strings.HasPrefix(within, left+"/") }) {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && flag.MatchString(literal.Value) {
				t.Errorf("%s: %s", files.Position(literal.Pos()), literal.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
