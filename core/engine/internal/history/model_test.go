package history

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

func checkerFor(t testing.TB) checker {
	return checker{t.Context(), time.Now().Add(time.Minute), searchBytes}
}

// agrees compares what the check of a history finds with what a plain search
// for an order does, which neither narrows nor splits it. It returns what both
// find, Undecided if that search takes too long.
func agrees(t *testing.T, h history) Result {
	t.Helper()
	c := checkerFor(t)
	plain := c.search(h, nil)
	if plain == Undecided {
		return plain
	}
	found := Held
	parts := h.parts(1)
	for _, part := range parts {
		found = max(found, c.check(part))
	}
	if found != plain || c.check(h) != plain {
		t.Fatalf("%d parts: %v, whole: %v, plain: %v\n%s", len(parts), found, c.check(h), plain, lines("/k", h.operations))
	}
	return plain
}

// shows demands that a violation's shortest history is one, and needs each of
// its reads.
func shows(t *testing.T, h history) {
	t.Helper()
	c := checkerFor(t)
	short := c.shortest(h)
	if c.check(short) != Violated {
		t.Fatalf("it shows no violation:\n%sof\n%s", lines("/k", short.operations), lines("/k", h.operations))
	}
	for i, o := range short.operations {
		less := history{short.start, slices.Delete(slices.Clone(short.operations), i, i+1)}
		if !o.effect() && c.check(less) == Violated {
			t.Fatalf("operation %d is not needed:\n%s", i, lines("/k", short.operations))
		}
	}
}

// TestSimulatedHistories checks that whatever a correct store can answer is
// accepted, in whole and in part, and that a history in which one read found
// another value is refused exactly if a plain search refuses it.
func TestSimulatedHistories(t *testing.T) {
	var counts [3]int
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		threads := 1 + random.IntN(5)
		h := simulated(random, threads, 10+random.IntN(30), []float64{0, 0.1, 0.3}[seed%3])
		if agrees(t, h) == Violated {
			t.Fatalf("seed %d is refused:\n%s", seed, lines("/k", h.operations))
		}
		c := checkerFor(t)
		for range 5 {
			begin, end := h.operations[random.IntN(len(h.operations))].from, h.operations[random.IntN(len(h.operations))].to
			for _, part := range []history{h.until(end), h.since(begin), h.since(begin).until(end)} {
				if c.check(part) == Violated {
					t.Fatalf("seed %d: a part is refused:\n%s", seed, lines("/k", part.operations))
				}
			}
		}
		h = corrupted(random, h)
		found := agrees(t, h)
		counts[found]++
		if found == Violated {
			shows(t, h)
		}
	}
	if counts[Held] < 20 || counts[Violated] < 100 {
		t.Errorf("of the corrupted histories %d are good, %d bad and %d not decided", counts[Held], counts[Violated], counts[Undecided])
	}
}

func FuzzSimulatedHistories(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(20), uint8(10))
	f.Add(uint64(90), uint8(10), uint8(16), uint8(104)) // the value that the part begins with is none that it writes
	f.Fuzz(func(t *testing.T, seed uint64, threads, operations, unknown uint8) {
		random := rand.New(rand.NewPCG(seed, 2))
		h := simulated(random, 1+int(threads)%6, 1+int(operations)%40, float64(unknown%50)/100)
		if agrees(t, h) == Violated {
			t.Fatalf("a good history is refused:\n%s", lines("/k", h.operations))
		}
		if h = corrupted(random, h); agrees(t, h) == Violated {
			shows(t, h)
		}
	})
}

// guarded is a map that is correct, or returns a value that was overwritten
// once in a while.
type guarded struct {
	mu       sync.Mutex
	values   map[string]Value
	before   map[string]Value // that which values has overwritten
	reads    int
	staleOne int // of so many reads; 0: none
}

func (g *guarded) do(key string, o *Operation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	held := g.values[key]
	s := simulation{held: held, lastRead: make([]Value, 16)}
	if o.Op == sample.OpReadModifyWrite {
		o.Read = held
	}
	o.Status = s.apply(&operation{Operation: *o})
	switch {
	case o.Op == sample.OpGet && o.Status == sample.OK:
		o.Read = held
		g.reads++
		if before := g.before[key]; g.staleOne > 0 && g.reads%g.staleOne == 0 && before != Nothing {
			o.Read = before
		}
	case s.held != held:
		g.before[key], g.values[key] = held, s.held
	}
}

// executed runs threads against a map, on few keys.
func executed(threads, operations, room, staleOne int) []*Recorder {
	g := &guarded{values: map[string]Value{}, before: map[string]Value{}, staleOne: staleOne}
	recorders := make([]*Recorder, threads)
	zero := time.Now()
	var group sync.WaitGroup
	for thread := range threads {
		recorders[thread] = New(1, room, 32)
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(thread), 3))
			for i := range operations {
				key := fmt.Sprintf("/k/%d", random.IntN(20))
				o := Operation{Op: simulatedOps[random.IntN(len(simulatedOps))], Call: int64(time.Since(zero))}
				if o.Op == sample.OpCompareAndSet {
					o.Op = sample.OpReadModifyWrite
				}
				if o.Op != sample.OpGet && o.Op != sample.OpDelete {
					o.Wrote = Made(thread, int64(i))
				}
				if random.IntN(4) == 0 {
					runtime.Gosched() // so that others come in between
				}
				g.do(key, &o)
				if random.IntN(4) == 0 {
					runtime.Gosched()
				}
				o.Return = int64(time.Since(zero))
				recorders[thread].Record([]byte(key), o)
			}
		})
	}
	group.Wait()
	return recorders
}

func TestExecutionsAgainstAMap(t *testing.T) {
	for _, threads := range []int{2, 4, 16} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			const operations = 2000
			v := Check(t.Context(), executed(threads, operations, operations, 0), enough)
			if v.Result != Held || v.Operations < threads*operations/2 {
				t.Errorf("%+v\n%s", v, v.History)
			}
			v = Check(t.Context(), executed(threads, operations, operations, 50), enough)
			if v.Result != Violated {
				t.Errorf("with stale reads: %+v", v)
			}
			if n := len(listed(t, v.History)); n == 0 || n > 20 {
				t.Errorf("%d operations show a stale read:\n%s", n, v.History)
			}
		})
	}
}

// TestWhatIsUnderWayMayNotBeReadYet ends a history before the creation without
// which a write that is under way, and was read later, cannot take effect.
func TestWhatIsUnderWayMayNotBeReadYet(t *testing.T) {
	keys, _, _ := collected(recorded(t, `
		0 1-2 create 0:0 ok
		0 3-4 delete - ok
		1 5-20 set 1:0 ok
		2 6-21 read-modify-write 1:0>2:0 ok
		0 11-12 create 0:1 ok`))
	c := checkerFor(t)
	if whole, part := c.check(keys[0].history), c.check(keys[0].until(10)); whole != Held || part != Held {
		t.Errorf("%v, until then %v", whole, part)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var h history
	for i := range 10 {
		h.operations = append(h.operations, operation{Operation: Operation{Op: sample.OpPut, Wrote: Made(i, 0)}, from: 1, to: 2})
	}
	for i := range int64(2) {
		h.operations = append(h.operations, operation{Operation: Operation{Op: sample.OpGet, Read: Made(int(i), 0)}, from: 3 + 2*i, to: 4 + 2*i})
	}
	c := checkerFor(t)
	if found := c.search(h, nil); found != Violated {
		t.Errorf("with enough memory: %v", found)
	}
	c.memory = 10 << 10
	if found := c.search(h, nil); found != Undecided {
		t.Errorf("with little memory: %v", found)
	}
}
