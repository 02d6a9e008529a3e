package engine

import (
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/engine/internal/history"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

// TestTestimonyAllocatesNothing takes down far more operations than there is
// room for.
func TestTestimonyAllocatesNothing(t *testing.T) {
	load := &workload.Workload{
		Name: "test", Version: 1,
		Keys:   workload.Keys{Space: workload.SpaceShared, Choose: workload.ChooseUniform, Count: 1000},
		Values: workload.Values{Size: 100},
		Phases: []workload.Phase{{Name: "mix", Ops: 1, KeysPerTransaction: 3, Mix: []workload.Share{
			{Op: sample.OpGet, Weight: 0.3}, {Op: sample.OpSet, Weight: 0.3},
			{Op: sample.OpReadModifyWrite, Weight: 0.2}, {Op: sample.OpTransaction, Weight: 0.2},
		}}},
	}
	w := &worker{
		operations: workload.NewGenerator(load, 1, 0, 1, "/t"),
		history:    history.New(1, 1000, keyRoom),
	}
	w.operations.StartPhase(0)
	value := make([]byte, 100)
	var now time.Duration
	if n := testing.AllocsPerRun(10_000, func() {
		op, ok := w.operations.Next()
		if !ok {
			t.Fatal("there is no next operation")
		}
		w.found(value, nil)
		w.testify(op, sample.OK, now, now+1)
		now += 2
	}); n > 0 {
		t.Errorf("%v allocations an operation", n)
	}
}
