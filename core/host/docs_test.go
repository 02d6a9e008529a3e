package host_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/workload"
)

// Each example on the protocol's page has to be a document of its kind, every
// member known.
func TestTheExamplesOfTheProtocol(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]any{
		"description": new(driver.Description), "setup": new(driver.Setup), "guarantees": new(driver.Guarantees),
		"places": new([]driver.Place), "nodes": new([]driver.Node), "workload": new(workload.Workload),
	}
	examples := regexp.MustCompile("(?s)```json (\\w+)\n(.*?)```").FindAllSubmatch(page, -1)
	if len(examples) != len(kinds) {
		t.Errorf("%d examples of %d kinds", len(examples), len(kinds))
	}
	for _, example := range examples {
		kind := string(example[1])
		document, known := kinds[kind]
		if !known {
			t.Errorf("an example of %q", kind)
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(example[2]))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(document); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if err := kinds["workload"].(*workload.Workload).Validate(); err != nil {
		t.Errorf("workload: %v", err)
	}
}
