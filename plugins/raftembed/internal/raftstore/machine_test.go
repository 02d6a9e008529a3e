package raftstore

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/raft"
)

// script is random log entries, the same for the same seed.
func script(seed uint64) []*raft.Log {
	random := rand.New(rand.NewPCG(seed, 0))
	var logs []*raft.Log
	for i := range 400 {
		var data []byte
		for range 1 + random.IntN(3) {
			data = appendCommand(data, &command{
				kind:    kind(1 + random.IntN(int(lastWrite))),
				key:     []byte(fmt.Sprintf("/k/%d", random.IntN(20))),
				value:   []byte(fmt.Sprint(random.IntN(1000))),
				version: int64(random.IntN(300)),
				session: uint64(random.IntN(100)),
			})
		}
		logs = append(logs, &raft.Log{Index: uint64(i + 1), Type: raft.LogCommand, Data: data})
	}
	return logs
}

func snapshotOf(t *testing.T, m *machine) []byte {
	t.Helper()
	s, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.(*snapshot).write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheSameLogGivesTheSameState(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		batched, single := newMachine(), newMachine()
		logs := script(seed)
		answers := batched.ApplyBatch(logs)
		for i, log := range logs {
			answer := single.Apply(log)
			if diff := cmp.Diff(answers[i], answer, cmp.AllowUnexported(result{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d, entry %d: %s", seed, i, diff)
			}
		}
		if !bytes.Equal(snapshotOf(t, batched), snapshotOf(t, single)) {
			t.Errorf("seed %d: the states differ", seed)
		}
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	t.Parallel()
	logs := script(3)
	whole, restored := newMachine(), newMachine()
	whole.ApplyBatch(logs[:200])
	image := snapshotOf(t, whole)
	if err := restored.Restore(io.NopCloser(bytes.NewReader(image))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(image, snapshotOf(t, restored)) {
		t.Fatal("the restored state differs")
	}
	whole.ApplyBatch(logs[200:]) // goes on alike, sessions and their keys included
	restored.ApplyBatch(logs[200:])
	if !bytes.Equal(snapshotOf(t, whole), snapshotOf(t, restored)) {
		t.Error("the states differ after further entries")
	}
	for cut := range len(image) {
		if err := newMachine().Restore(io.NopCloser(bytes.NewReader(image[:cut]))); err == nil {
			t.Fatalf("a snapshot cut to %d of %d bytes is accepted", cut, len(image))
		}
	}
}

func TestAWatchCountsWhatTheHistoryNoLongerHas(t *testing.T) {
	m := newMachine()
	for range historyLength + 50 {
		m.apply(&command{kind: kindPut, key: []byte("/k")})
	}
	changes, upTo, missed := m.changesAfter(0, "/", func() bool { return false })
	if len(changes) != historyLength || missed != 50 || upTo != historyLength+50 {
		t.Errorf("%d changes up to %d, %d missed", len(changes), upTo, missed)
	}
}

func FuzzReadCommand(f *testing.F) {
	for _, log := range script(1)[:20] {
		f.Add(log.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		newMachine().applyAll(data) // must not panic, whatever it is
		c, _, err := readCommand(data)
		if err != nil {
			return
		}
		again, rest, err := readCommand(appendCommand(nil, &c))
		if err != nil || len(rest) != 0 {
			t.Fatalf("%+v: %v, %d bytes left", c, err, len(rest))
		}
		if diff := cmp.Diff(c, again, cmp.AllowUnexported(command{}), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzReadResult(f *testing.F) {
	f.Add(appendResult(nil, &result{class: Malformed, version: 5, value: []byte("v"), keys: []string{"a", ""}, detail: "why"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readResult(data)
		if err != nil {
			return
		}
		changesOf(r) // must not panic, whatever it is
		again, err := readResult(appendResult(nil, &r))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again, cmp.AllowUnexported(result{}), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheHistoryIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	m := newMachine()
	big := bytes.Repeat([]byte("x"), 1<<20)
	const kept = historyBytes/(1<<20) - 1 // as the keys take some, too
	for range 3 * kept {
		m.apply(&command{kind: kindPut, key: []byte("/k"), value: big})
		m.apply(&command{kind: kindOpenSession})
	}
	const revisions, gone = 6 * kept, 4*kept - 1 // up to the last change that had to go
	changes, upTo, missed := m.changesAfter(0, "/", func() bool { return false })
	if len(changes) != kept || missed != gone || upTo != revisions {
		t.Errorf("%d changes up to %d, %d missed; want %d up to %d, %d missed", len(changes), upTo, missed, kept, revisions, gone)
	}
	for _, c := range changes {
		if !bytes.Equal(c.value, big) {
			t.Fatalf("a change has lost its value")
		}
	}
	if m.apply(&command{kind: kindPut, key: []byte("/k"), value: make([]byte, 2*historyBytes)}); m.floor != m.revision-1 {
		t.Errorf("a change larger than the history leaves %d others", m.revision-1-m.floor)
	}
	for range historyLength {
		m.apply(&command{kind: kindDelete, key: []byte("/k")})
		m.apply(&command{kind: kindCreate, key: []byte("/k")})
	}
	if want := historyLength * len("/k"); m.held != want {
		t.Errorf("the history says it holds %d bytes, and it holds %d", m.held, want)
	}
}
