package experiment

import (
	"errors"
	"testing"

	"github.com/benchctl/benchctl/core/workload"
)

// FuzzParsePlan reads plans as they may come in an archive.
func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(`{"version": 1, "seed": 1, "timeout_ns": 1000, "runs": [{"position": 0, "store": "etcd", "nodes": 1, "reads": "linearizable", "threads": 1, "workload": "w@1", "params": {}, "seed": 1}]}`))
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"version": 1, "runs": null}`))
	f.Add([]byte(`{"version": 1, "timeout_ns": 1, "runs": [{"store": "../x"}]}`))
	unknown := errors.New("unknown")
	f.Fuzz(func(t *testing.T, document []byte) {
		plan, err := ParsePlan(document, func(string) (*workload.Definition, error) { return nil, unknown })
		if err == nil {
			t.Errorf("a plan of an unknown workload: %v", plan)
		}
	})
}
