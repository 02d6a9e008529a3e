package history

import (
	"fmt"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

func TestValues(t *testing.T) {
	cases := map[string]struct {
		bytes string
		value Value
		text  string
	}{
		"first write":  {"\x00\x00\x00\x00\x00\x00\x00\x00", Made(0, 0), "0:0"},
		"with content": {"\x00\x00\x03\x00\x00\x00\x00\x07rest", Made(3, 7), "3:7"},
		"short":        {"1234567", Unstamped, "?"},
		"empty":        {"", Unstamped, "?"},
		"rubbish":      {"\xff\xff\xff\xff\xff\xff\xff\xff", Made(1<<24-1, 1<<40-4), "16777215:1099511627772"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if v := ValueOf([]byte(c.bytes)); v != c.value || v.String() != c.text {
				t.Errorf("%d, %v", v, v)
			}
		})
	}
}

// TestWhatIsKeptIsWhole has one thread that works on many keys and one that
// works on few of them, both far beyond their room.
func TestWhatIsKeptIsWhole(t *testing.T) {
	const room, keys, each = 500, 5000, 4
	busy, idle := New(3, room, 32), New(3, room, 32)
	record := func(r *Recorder, key, i int) {
		r.Record(fmt.Appendf(nil, "/k/%08d", key), Operation{Op: sample.OpPut, Wrote: Made(key, int64(i)), Call: int64(i), Return: int64(i + 1)})
	}
	for i := range each {
		for key := range keys {
			record(busy, key, i)
		}
	}
	for key := range 400 {
		record(idle, key*10, 1)
	}
	chosen, share, ends := collected([]*Recorder{busy, idle})
	if ends != forever || share > 0.05 || len(chosen) < room/each/4 || len(chosen) > room/each {
		t.Fatalf("%d keys of a share of %v, until %d", len(chosen), share, ends)
	}
	late := 0
	for _, k := range chosen {
		var number int
		if _, err := fmt.Sscanf(k.name, "/k/%d", &number); err != nil {
			t.Fatal(err)
		}
		if number >= keys/2 {
			late++
		}
		want := each
		if number%10 == 0 && number/10 < 400 {
			want++
		}
		if len(k.operations) != want {
			t.Errorf("%s has %d operations, want %d", k.name, len(k.operations), want)
		}
		for _, o := range k.operations {
			if o.Wrote != Made(number, o.Call) {
				t.Errorf("%s has an operation of another key: %+v", k.name, o)
			}
		}
	}
	if late < len(chosen)/4 || late > len(chosen)*3/4 {
		t.Errorf("%d of %d keys are of the upper half", late, len(chosen))
	}
}

// TestTheLastKeyEnds has one key with more operations than there is room for:
// its history ends, for all threads at the same time.
func TestTheLastKeyEnds(t *testing.T) {
	const room = 100
	busy, idle := New(3, room, 32), New(3, room, 32)
	key := []byte("/k")
	for i := range int64(2 * room) {
		busy.Record(key, Operation{Op: sample.OpPut, Wrote: Made(0, i), Call: 10 * i, Return: 10*i + 5})
		if i%10 == 0 {
			idle.Record(key, Operation{Op: sample.OpPut, Wrote: Made(1, i), Call: 10*i + 1, Return: 10*i + 15})
		}
	}
	idle.Record(key, Operation{Op: sample.OpGet, Read: Made(0, 2*room-1), Call: 999, Return: 3000})
	idle.Record(key, Operation{Op: sample.OpPut, Wrote: Made(1, 9999), Call: 999, Return: 3000})
	keys, _, ends := collected([]*Recorder{busy, idle})
	if len(keys) != 1 || ends != 10*room {
		t.Fatalf("%d keys, until %d", len(keys), ends)
	}
	// Of what was under way at the end only the write may matter.
	if n := len(keys[0].operations); n != room+room/10+1 {
		t.Errorf("%d operations", n)
	}
	for _, o := range keys[0].operations {
		if o.Call >= ends || o.maybe != (o.Return >= ends) {
			t.Errorf("%+v", o)
		}
	}
}

func TestLongKeysAreNotRecorded(t *testing.T) {
	r := New(1, 10, 8)
	r.Record([]byte("/k/34567"), Operation{Op: sample.OpPut})
	r.Record([]byte("/k/345678"), Operation{Op: sample.OpPut})
	if r.kept != 1 || string(r.key(0)) != "/k/34567" {
		t.Errorf("%d operations are kept", r.kept)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	r := New(1, 64, 32)
	keys := make([][]byte, 1000)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "/k/%08d", i)
	}
	value := []byte(strings.Repeat("v", 100))
	i := 0
	if n := testing.AllocsPerRun(10_000, func() {
		i++
		r.Record(keys[i%len(keys)], Operation{Op: sample.OpSet, Wrote: ValueOf(value), Call: int64(i), Return: int64(i + 1)})
	}); n > 0 {
		t.Errorf("%v allocations an operation", n)
	}
	if r.choice.Share() > 0.1 {
		t.Errorf("the choice was never narrowed: a share of %v", r.choice.Share())
	}
}

func BenchmarkRecord(b *testing.B) {
	for name, halvings := range map[string]int{"chosen": 0, "not-chosen": 20} {
		b.Run(name, func(b *testing.B) {
			r := New(1, 64<<10, 96)
			for range halvings {
				r.choice = r.choice.Half()
			}
			keys := make([][]byte, 1<<10)
			for i := range keys {
				keys[i] = fmt.Appendf(nil, "/run/k/%08d", i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if r.kept == len(r.entries) {
					r.kept = 0
				}
				r.Record(keys[i%len(keys)], Operation{Op: sample.OpSet, Wrote: Value(i), Call: int64(i), Return: int64(i + 1)})
			}
		})
	}
}

// BenchmarkCheck checks all that threads can record together.
func BenchmarkCheck(b *testing.B) {
	for _, threads := range []int{4, 16} {
		b.Run(fmt.Sprintf("%d-threads", threads), func(b *testing.B) {
			const operations = 64 << 10
			recorders := executed(threads, operations/threads, operations/threads, 0)
			for b.Loop() {
				if v := Check(b.Context(), recorders, enough); v.Result != Held {
					b.Fatalf("%+v", v)
				}
			}
		})
	}
}
