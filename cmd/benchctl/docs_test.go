package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/conformance"
)

func page(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheFunctionsOnThePage looks at the shape of the table that plugin check
// has made: a row for each function, a column for each plugin, nothing failed.
func TestTheFunctionsOnThePage(t *testing.T) {
	const by = "<!-- functions: made by benchctl plugin check "
	_, after, ok := strings.Cut(page(t, "plugins.md"), by)
	command, table, ok2 := strings.Cut(after, " --format markdown -->")
	table, _, ok3 := strings.Cut(table, "<!-- /functions -->")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("plugins.md has no table between %s… and its end", by)
	}
	plugins := strings.Fields(command)
	if want := []string{"etcd", "zookeeper", "raftembed", "memory"}; !slices.Equal(plugins, want) {
		t.Errorf("the table is made of %v, want %v", plugins, want)
	}
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
		rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
	}
	if want := append([]string{"function"}, plugins...); !slices.Equal(rows[0], want) {
		t.Errorf("columns %v, want %v", rows[0], want)
	}
	var functions []conformance.Function
	for _, row := range rows[2:] {
		functions = append(functions, conformance.Function(row[0]))
		if len(row) != len(rows[0]) {
			t.Errorf("%s has %d cells, want %d", row[0], len(row), len(rows[0]))
		}
		for i, cell := range row {
			if strings.TrimSpace(cell) == "" || strings.HasPrefix(cell, "FAILED") {
				t.Errorf("%s of %s: %q", row[0], rows[0][min(i, len(rows[0])-1)], cell)
			}
		}
	}
	if want := conformance.Functions(); !slices.Equal(functions, want) {
		t.Errorf("rows %v, want %v", functions, want)
	}
}

// TestThePagesNameEveryFlag compares what --help lists with what the pages for
// users say.
func TestThePagesNameEveryFlag(t *testing.T) {
	text := page(t, "command.md") + page(t, "charts.md")
	usage := regexp.MustCompile(`(?m)^ +(?:-(\w), )?--([a-z-]+)`)
	flags := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		for _, flag := range usage.FindAllStringSubmatch(cmd.LocalFlags().FlagUsages(), -1) {
			flags++
			short, long := flag[1], flag[2]
			if !strings.Contains(text, "--"+long) && (short == "" || !strings.Contains(text, " -"+short+" ")) {
				t.Errorf("no page names %s --%s", cmd.CommandPath(), long)
			}
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	root, _ := newRoot(environment{getenv: func(string) string { return "" }})
	look(root)
	if flags < 30 {
		t.Errorf("only %d flags were looked at", flags)
	}
}
