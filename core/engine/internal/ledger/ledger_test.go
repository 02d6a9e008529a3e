package ledger

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func key(i int) []byte { return fmt.Appendf(nil, "/run/t/%08d", i) }

func TestTheLastWriteIsExpected(t *testing.T) {
	a, b := New(7, 100, 32), New(7, 100, 32)
	a.Wrote(key(1), Write{Number: 0})
	a.Wrote(key(1), Write{Number: 1})
	a.Wrote(key(2), Write{Number: 2})
	a.Deleted(key(2))
	a.Wrote(key(3), Write{Number: 3})
	b.Wrote(key(3), Write{Number: 0})
	a.Wrote(key(4), Write{Number: 4})
	b.Doubt(key(4))
	b.Doubt(key(5))
	b.Wrote(key(5), Write{Number: 1}) // a write in doubt may still arrive
	a.Wrote(append(key(6), "that is too long for this ledger"...), Write{Number: 5})
	want := map[string]Expectation{
		string(key(1)): {Writes: []Write{{Number: 1}}},
		string(key(2)): {Absent: true},
		string(key(3)): {Writes: []Write{{Number: 3}, {Thread: 1}}},
	}
	if diff := cmp.Diff(want, Expect([]*Ledger{a, b})); diff != "" {
		t.Error(diff)
	}
}

func TestAWriteThatWasOverBeforeAnotherBeganIsNotLast(t *testing.T) {
	a, b, c := New(7, 100, 32), New(7, 100, 32), New(7, 100, 32)
	a.Wrote(key(1), Write{Number: 4, From: 10, To: 20})
	b.Wrote(key(1), Write{Number: 5, From: 19, To: 30}) // beside a's
	c.Wrote(key(1), Write{Number: 6, From: 21, To: 25}) // after a's, beside b's
	want := map[string]Expectation{string(key(1)): {Writes: []Write{{1, 5, 19, 30}, {2, 6, 21, 25}}}}
	if diff := cmp.Diff(want, Expect([]*Ledger{a, b, c})); diff != "" {
		t.Error(diff)
	}
}

// TestTheChoiceIsTheSameForAllThreads has one thread that writes far more keys
// than there is room for, and one that writes few of them.
func TestTheChoiceIsTheSameForAllThreads(t *testing.T) {
	const room, many = 500, 200_000
	busy, idle := New(3, room, 32), New(3, room, 32)
	for i := range many {
		busy.Wrote(key(i), Write{Number: int64(i)})
	}
	for i := range 400 {
		idle.Wrote(key(i*400), Write{Number: int64(i)})
	}
	if busy.kept > room*2 || busy.kept < room/4 {
		t.Errorf("%d keys are kept where there is room for %d", busy.kept, room)
	}
	expected := Expect([]*Ledger{busy, idle})
	if len(expected) != busy.kept {
		t.Errorf("%d keys, want those that the busy one has chosen, %d", len(expected), busy.kept)
	}
	late := 0
	for k, e := range expected {
		var i int
		if _, err := fmt.Sscanf(k, "/run/t/%d", &i); err != nil {
			t.Fatal(err)
		}
		if i >= many/2 {
			late++
		}
		want := 1
		if i%400 == 0 && i/400 < 400 {
			want = 2
		}
		if len(e.Writes) != want || e.Writes[0].Number != int64(i) {
			t.Errorf("%s: %+v", k, e)
		}
	}
	if late < len(expected)/3 || late > len(expected)*2/3 {
		t.Errorf("%d of %d keys are of the run's second half", late, len(expected))
	}
	if share, kept := Share([]*Ledger{busy, idle}), float64(busy.kept)/many; share < kept/2 || share > kept*2 {
		t.Errorf("share %v, and %v of the keys are kept", share, kept)
	}
}

func TestAKeyIsAddedOnce(t *testing.T) {
	a, b := New(1, 100, 32), New(1, 100, 32)
	if !a.Add("/s-1") || !a.Add("/s-2") || a.Add("/s-1") || !b.Add("/s-2") {
		t.Error("a key is new the first time only")
	}
	if n := len(Expect([]*Ledger{a, b})["/s-2"].Writes); n != 2 {
		t.Errorf("a key of two threads has %d writes", n)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	l := New(1, 64, 32)
	k, i := key(0), 0
	if n := testing.AllocsPerRun(10_000, func() {
		i++
		k = fmt.Appendf(k[:0], "/run/t/%08d", i)
		l.Wrote(k, Write{Number: int64(i)})
		l.Deleted(k)
	}); n > 1 { // the number that is formatted
		t.Errorf("%v allocations a write", n)
	}
}

func BenchmarkWrote(b *testing.B) {
	for name, room := range map[string]int{"all keys chosen": 1 << 16, "few keys chosen": 64} {
		b.Run(name, func(b *testing.B) {
			l := New(1, room, 32)
			keys := make([][]byte, 1<<14)
			for i := range keys {
				keys[i] = key(i)
				l.Wrote(keys[i], Write{})
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				l.Wrote(keys[i&(len(keys)-1)], Write{Number: int64(i)})
			}
		})
	}
}
