package experiment

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestOutside(t *testing.T) {
	plan := &Plan{Terms: Terms{DataDir: "/data"}, Runs: []Run{
		{Store: "etcd", Options: map[string]string{"binary": "./x", "quota": "5"}, Env: map[string]string{"LD_PRELOAD": "x.so"}},
		{Store: "etcd", Endpoints: []string{"10.0.0.1:2379"}, Options: map[string]string{"binary": "./x"}},
	}}
	want := []string{"LD_PRELOAD=x.so in the environment of etcd", "etcd at 10.0.0.1:2379", "etcd.binary=./x", "the data folder /data"}
	if diff := cmp.Diff(want, plan.Outside()); diff != "" {
		t.Error(diff)
	}
	if got := (&Plan{Runs: []Run{{Store: "etcd", Options: map[string]string{"quota": "5"}}}}).Outside(); len(got) > 0 {
		t.Error(got)
	}
}
