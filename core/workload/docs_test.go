package workload

import (
	"os"
	"regexp"
	"testing"
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
