package host_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
)

// Each example on the protocol's page has to be a document of its kind, every
// member known.
func TestTheExamplesOfTheProtocol(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]func() any{
		"description": func() any { return new(protocol.Description) },
		"setup":       func() any { return new(driver.Setup) },
		"guarantees":  func() any { return new(driver.Guarantees) },
		"places":      func() any { return new([]driver.Place) },
		"nodes":       func() any { return new([]driver.Node) },
		"workload":    func() any { return new(load.Load) },
	}
	seen := map[string]bool{}
	examples := regexp.MustCompile("(?s)```json (\\w+)\n(.*?)```").FindAllSubmatch(page, -1)
	for _, example := range examples {
		kind := string(example[1])
		empty, known := kinds[kind]
		if !known {
			t.Errorf("an example of %q", kind)
			continue
		}
		seen[kind] = true
		document := empty()
		decoder := json.NewDecoder(bytes.NewReader(example[2]))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(document); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if w, ok := document.(*load.Load); ok {
			if err := w.Validate(); err != nil {
				t.Errorf("workload: %v", err)
			}
		}
	}
	if len(seen) != len(kinds) {
		t.Errorf("examples of %v, want one of each kind", seen)
	}
}
