package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryCommandThatPrintsResultsPrintsJSON asks each in the one way there is.
func TestEveryCommandThatPrintsResultsPrintsJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := shell{dir, append(os.Environ(), "BENCHCTL_ARCHIVE=a.db", "TMPDIR="+dir)}
	s.must(t, "benchctl run --store memory --nodes 1 --threads 1,2 --duration 20ms --warmup 20ms")
	s.must(t, "benchctl workload show lock > /dev/null; cat > w.yaml <<EOF\nname: e\nstores: memory\nsetups: [{nodes: 1}]\nworkloads: [lock]\nEOF")
	lines := map[string]string{ // by command, what its JSON has
		"run":             "run --store memory --nodes 1 --duration 20ms --warmup 20ms",
		"runs":            "runs threads:2",
		"show":            "show last",
		"report":          "report last:2",
		"compare":         "compare --by threads",
		"sql":             "sql 'select id, store from runs'",
		"workload list":   "workload list --store memory",
		"workload show":   "workload show lock@1",
		"workload check":  "workload check w.yaml",
		"plugin list":     "plugin list",
		"plugin describe": "plugin describe memory",
		"plugin check":    "plugin check memory",
		"archive info":    "archive info",
		"archive verify":  "archive verify",
		"archive upgrade": "archive upgrade",
		"version":         "version",
	}
	// What prints no results: a file is written, or text for a shell or an editor.
	others := []string{"plot", "help", "workload schema", "man", "completion bash", "completion zsh", "completion fish", "completion powershell"}
	root, _ := newRoot(environment{getenv: func(string) string { return "" }})
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "benchctl ")
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
		if cmd.HasSubCommands() {
			return
		}
		line, ok := lines[name]
		if !ok {
			if !strings.Contains(strings.Join(others, ","), name) {
				t.Errorf("%s prints no JSON", name)
			}
			return
		}
		out := s.must(t, "benchctl "+line+" --json")
		if !json.Valid([]byte(out)) || strings.Contains(out, "null") {
			t.Errorf("%s:\n%s", line, out)
		}
		delete(lines, name)
	}
	visit(root)
	for name := range lines {
		t.Errorf("there is no command %s", name)
	}
}
