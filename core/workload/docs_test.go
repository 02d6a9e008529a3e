package workload

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// TestExamplesInTheDocs parses and binds every example of docs/workloads.md.
func TestExamplesInTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1)
	if len(examples) < 2 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, example := range examples {
		d, err := Parse("docs/workloads.md", example[1])
		if err != nil {
			t.Error(err)
			continue
		}
		if w, _, err := d.Bind(nil); err != nil || w.Validate() != nil {
			t.Errorf("%s: %v", d.Ref(), err)
		}
	}
}

// TestDocsNameEverything looks for a row for each field, choice and operation.
func TestDocsNameEverything(t *testing.T) {
	page, err := os.ReadFile("../../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := slices.Concat(names(keyFields), names(valueFields), names(phaseFields), words(load.Choices), inAMix(),
		[]string{"name", "version", "summary", "source", "description", "seed", "params", "sizes", "warmup", "mix", "fill"})
	for _, row := range rows {
		if !strings.Contains(string(page), "\n| "+row+" | ") {
			t.Errorf("no row for %s", row)
		}
	}
	for _, op := range sample.Ops() {
		if !strings.Contains(string(page), op.String()) {
			t.Errorf("%s is not there", op)
		}
	}
}
