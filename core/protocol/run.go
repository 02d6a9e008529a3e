package protocol

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

// RunRequest is what a plugin executes in one run.
type RunRequest struct {
	Setup        driver.Setup
	Load         *load.Load
	Threads      int
	Seed         uint64
	KeyPrefix    string        // every key of the run begins with it
	SpillDir     string        // where samples wait when benchctl cannot keep up; empty: the folder of temporary files
	StartTimeout time.Duration // to connect and open the sessions
	Verify       load.Verify   // empty: VerifyNone
}

// Message returns the request as it is sent.
func (r RunRequest) Message() (*driverpb.RunRequest, error) {
	if r.Threads < 0 || r.Threads > MaxThreads { // 0 the plugin refuses
		return nil, fmt.Errorf("%d threads are not within 1 to %d", r.Threads, MaxThreads)
	}
	setup, err := json.Marshal(r.Setup)
	if err != nil {
		return nil, fmt.Errorf("setup: %w", err)
	}
	document, err := json.Marshal(r.Load)
	if err != nil {
		return nil, fmt.Errorf("workload: %w", err)
	}
	return &driverpb.RunRequest{
		SetupJson: setup, WorkloadJson: document, Threads: int32(r.Threads), Seed: r.Seed, KeyPrefix: r.KeyPrefix,
		SpillDir: r.SpillDir, StartTimeoutNs: int64(r.StartTimeout), Verify: string(r.Verify),
	}, nil
}

// ReadRunRequest reads a request that was sent. It checks its form only.
func ReadRunRequest(m *driverpb.RunRequest) (RunRequest, error) {
	r := RunRequest{
		Load: new(load.Load), Threads: int(m.Threads), Seed: m.Seed, KeyPrefix: m.KeyPrefix,
		SpillDir: m.SpillDir, StartTimeout: time.Duration(m.StartTimeoutNs), Verify: load.Verify(m.Verify),
	}
	if err := json.Unmarshal(m.SetupJson, &r.Setup); err != nil {
		return r, fmt.Errorf("setup: %w", err)
	}
	if err := json.Unmarshal(m.WorkloadJson, r.Load); err != nil {
		return r, fmt.Errorf("workload: %w", err)
	}
	return r, nil
}
