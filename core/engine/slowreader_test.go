package engine

import (
	"context"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/sample"
)

// TestASlowReaderSlowsNoThread takes nothing until the run is over: the chunks
// wait in memory and then in the file, and all arrive in the end.
func TestASlowReaderSlowsNoThread(t *testing.T) {
	const threads, ops = 2, 60_000
	load := &load.Load{
		Name: "test", Version: 1,
		Keys:   load.Keys{Space: load.SpaceThread, Choose: load.ChooseSequential},
		Phases: []load.Phase{{Name: "create", Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}, Ops: ops}},
	}
	outbox := NewOutbox(t.TempDir(), 20_000)
	defer outbox.Release()
	err := Run(t.Context(), Plan{Driver: instant{}, RunRequest: protocol.RunRequest{
		Setup: driver.Setup{Nodes: 1}, Load: load, Threads: threads, Seed: 1, StartTimeout: time.Second,
	}}, outbox)
	if err != nil {
		t.Fatal(err)
	}
	outbox.Close()
	var samples, spilled int64
	for {
		event, err := outbox.Take()
		if err != nil {
			t.Fatal(err)
		}
		if event == nil {
			break
		}
		samples += int64(event.GetChunk().GetCount())
		if end := event.GetFinished(); end != nil {
			spilled = end.SpilledBytes
		}
	}
	if samples != threads*ops || spilled == 0 {
		t.Errorf("%d samples of %d arrived, %d bytes by the file", samples, threads*ops, spilled)
	}
}

// instant is a driver whose sessions answer at once.
type instant struct{}

func (instant) Info() driver.Info { return driver.Info{Name: "instant", Session: instant{}} }
func (instant) Guarantees(context.Context, driver.Setup) (driver.Guarantees, error) {
	return driver.Guarantees{Reads: driver.Linearizable}, nil
}
func (instant) Open(context.Context, driver.Setup) (driver.Store, error) { return instantStore{}, nil }
func (instant) Create(context.Context, []byte, []byte) error             { return nil }
func (instant) Set(context.Context, []byte, []byte) error                { return nil }
func (instant) Get(context.Context, []byte) ([]byte, error)              { return nil, nil }
func (instant) Delete(context.Context, []byte) error                     { return nil }
func (instant) List(context.Context, []byte) ([]string, error) {
	return nil, nil
}
func (instant) Close() error { return nil }

type instantStore struct{}

func (instantStore) Session(context.Context, int) (driver.Session, error) { return instant{}, nil }
func (instantStore) Close() error                                         { return nil }
