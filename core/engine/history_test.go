package engine

import (
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/engine/internal/history"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// A busy machine decides the same, if later.
func init() { historyWithin = 5 * time.Minute }

// TestHistoriesAllocateNothing takes down far more operations than there is
// room for.
func TestHistoriesAllocateNothing(t *testing.T) {
	mixed := &load.Load{
		Name: "test", Version: 1,
		Keys:   load.Keys{Space: load.SpaceShared, Choose: load.ChooseUniform, Count: 1000},
		Values: load.Values{Size: 100},
		Phases: []load.Phase{{Name: "mix", Ops: 1, KeysPerTransaction: 3, Mix: []load.Share{
			{Op: sample.OpGet, Weight: 0.3}, {Op: sample.OpSet, Weight: 0.3},
			{Op: sample.OpReadModifyWrite, Weight: 0.2}, {Op: sample.OpTransaction, Weight: 0.2},
		}}},
	}
	w := &worker{
		operations: load.NewGenerator(mixed, 1, 0, 1, "/t"),
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
		w.noteRead(value, nil)
		w.noteAnswer(op, sample.OK, now, now+1)
		now += 2
	}); n > 0 {
		t.Errorf("%v allocations an operation", n)
	}
}
