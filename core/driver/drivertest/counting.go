package drivertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

// countingThreads and countingOps are the size of the run that is counted.
const (
	countingThreads = 4
	countingOps     = 50 // of each thread
)

// counting executes a run as benchctl does: there must be one sample for every
// operation, and the store must hold what was created.
func counting(t *trial) (string, string) {
	load := &workload.Workload{
		Name: "counting", Version: 1,
		Keys:   workload.Keys{Space: workload.SpaceThread, Choose: workload.ChooseSequential},
		Values: workload.Values{Size: 20},
		Phases: []workload.Phase{{Name: "create", Ops: countingOps, Mix: []workload.Share{{Op: sample.OpCreate, Weight: 1}}}},
	}
	samples, err := t.run(load)
	t.must("a run of creates", err)
	if want := countingThreads * countingOps; samples[sample.OK] != want || len(samples) != 1 {
		t.failf("%d creates were to be executed, and the samples are %v", want, samples)
	}
	if keys := t.list(t.session(), []byte(t.prefix+"/")); len(keys) != countingThreads*countingOps {
		t.failf("%d creates are recorded as successful, and %d keys are there", countingThreads*countingOps, len(keys))
	}
	return sound, fmt.Sprintf("%d operations, as many samples, as many keys", countingThreads*countingOps)
}

// run executes a workload in the plugin and counts its samples by status.
func (t *trial) run(load *workload.Workload) (map[sample.Status]int, error) {
	setup, err := json.Marshal(t.subject.Setup)
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(load)
	if err != nil {
		return nil, err
	}
	stream, err := t.subject.Plugin.Run(t.ctx, &driverpb.RunRequest{
		SetupJson: setup, WorkloadJson: document, Threads: countingThreads, Seed: 1, KeyPrefix: t.prefix,
		StartTimeoutNs: int64(openWithin),
	})
	if err != nil {
		return nil, err
	}
	statuses := map[sample.Status]int{}
	next := make([]int64, countingThreads)
	decoder := sample.NewDecoder()
	var finished *driverpb.Finished
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if f := event.GetFinished(); f != nil {
			finished = f
		}
		chunk := event.GetChunk()
		if chunk == nil {
			continue
		}
		if chunk.First != next[chunk.Thread] {
			return nil, fmt.Errorf("thread %d: a chunk begins with sample %d instead of %d", chunk.Thread, chunk.First, next[chunk.Thread])
		}
		next[chunk.Thread] += int64(chunk.Count)
		decoded, err := decoder.Decode(nil, chunk.Data)
		if err != nil {
			return nil, err
		}
		for _, s := range decoded {
			statuses[s.Status]++
		}
	}
	total := 0
	for _, n := range statuses {
		total += n
	}
	if finished == nil || finished.Samples != int64(total) {
		return nil, fmt.Errorf("the plugin speaks of %d samples, and %d came", finished.GetSamples(), total)
	}
	return statuses, nil
}
