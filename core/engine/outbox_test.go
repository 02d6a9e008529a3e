package engine

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

func chunkEvent(first int64, size int) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Chunk{Chunk: &driverpb.Chunk{First: first, Data: make([]byte, size)}}}
}

// takeAll takes n events and fails unless they come in order from first.
func takeAll(t *testing.T, o *Outbox, first, n int64) {
	t.Helper()
	for i := first; i < first+n; i++ {
		event, err := o.Take()
		if err != nil {
			t.Fatal(err)
		}
		if got := event.GetChunk().GetFirst(); got != i {
			t.Fatalf("took event %d, want %d", got, i)
		}
	}
}

func TestOutboxKeepsOrderThroughTheFile(t *testing.T) {
	dir := t.TempDir()
	o := NewOutbox(dir, 10_000)
	defer o.Release()
	put := func(first, n int64) {
		for i := first; i < first+n; i++ {
			if err := o.Put(chunkEvent(i, 1000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(0, 100)
	if o.spilledBytes() < 80_000 {
		t.Errorf("spilled %d bytes of about 90,000", o.spilledBytes())
	}
	takeAll(t, o, 0, 50)
	put(100, 20) // behind what is in the file, though there is memory again
	takeAll(t, o, 50, 70)
	if !o.idle() {
		t.Error("not idle after all was taken")
	}
	before := o.spilledBytes()
	put(120, 5)
	if o.spilledBytes() != before {
		t.Error("spilled though the memory was free")
	}
	takeAll(t, o, 120, 5)
	o.Close()
	if event, err := o.Take(); event != nil || err != nil {
		t.Errorf("after close: %v, %v", event, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

func TestOutboxSaysWhenItCanKeepNoMore(t *testing.T) {
	o := NewOutbox("/nowhere", 100)
	if err := o.Put(chunkEvent(0, 10)); err != nil {
		t.Fatal(err)
	}
	err := o.Put(chunkEvent(1, 1000))
	if err == nil || !strings.Contains(err.Error(), "free space there") {
		t.Fatalf("error %v", err)
	}
	takeAll(t, o, 0, 1) // what it took before stays
}

func TestOutboxWithoutReader(t *testing.T) {
	o := NewOutbox(t.TempDir(), 100)
	gone := errors.New("gone")
	o.Fail(gone)
	if err := o.Put(chunkEvent(0, 10)); !errors.Is(err, gone) {
		t.Fatalf("error %v", err)
	}
}
