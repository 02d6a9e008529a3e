package experiment

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/workloads"
)

// blocks returns the examples of a page in docs that are marked by a word.
func blocks(t *testing.T, page, mark string) [][]byte {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	var found [][]byte
	for _, match := range regexp.MustCompile("(?s)```"+mark+"\n(.*?)```").FindAllSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestExamplesInTheDocs(t *testing.T) {
	// The page names the file of an example in docs/workloads.md.
	own := blocks(t, "workloads.md", "yaml")[0]
	find := func(ref string) (*workload.Definition, error) {
		if ref == "session-cache.yaml" {
			return workload.Parse(ref, own)
		}
		return workloads.Find(ref)
	}
	examples := blocks(t, "experiments.md", "yaml")
	runs := []int{
		6 * ((2*3+2*1)*3*4 - 3*4 - 7*1), // less zookeeper on 5 nodes, and one load with 50 threads elsewhere
		2 * 3,
		2,
	}
	if len(examples) != len(runs) {
		t.Fatalf("%d examples", len(examples))
	}
	for i, example := range examples {
		if !IsFile(example) {
			t.Errorf("example %d is not known as an experiment's", i+1)
		}
		spec, err := ParseFile("docs/experiments.md", example, find)
		if err != nil {
			t.Error(err)
			continue
		}
		plan, err := NewPlan(spec)
		if err != nil || len(plan.Runs) != runs[i] {
			t.Errorf("example %d: %d runs, want %d; %v", i+1, len(plan.Runs), runs[i], err)
		}
	}
}

func TestThePlanInTheDocs(t *testing.T) {
	examples := blocks(t, "format/archive.md", "json plan")
	if len(examples) != 1 {
		t.Fatalf("%d examples", len(examples))
	}
	plan, err := ParsePlan(examples[0], workloads.Find)
	if err != nil {
		t.Fatal(err)
	}
	document, err := plan.Document()
	if err != nil {
		t.Fatal(err)
	}
	// The page shows every member, and none is lost on the way.
	if diff := cmp.Diff(members(t, examples[0]), members(t, document)); diff != "" {
		t.Error(diff)
	}
}

func members(t *testing.T, document []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
