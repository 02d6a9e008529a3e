package load

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

func mix(shares ...Share) Phase { return Phase{Name: "p", Mix: shares, Ops: 1} }

// generate returns the operations of a phase as "op key".
func generate(g *Generator, phase, n int) []string {
	g.StartPhase(phase)
	var out []string
	for range n {
		op, ok := g.Next()
		if !ok {
			break
		}
		out = append(out, fmt.Sprintf("%s %s", op, g.Key()))
	}
	return out
}

func TestThreadSpace(t *testing.T) {
	w := &Load{Keys: Keys{Space: SpaceThread, Choose: ChooseSequential}, Phases: []Phase{
		{Name: "w", Warmup: true, Mix: []Share{{sample.OpCreate, 1}}, Ops: 1},
		mix(Share{sample.OpCreate, 1}), mix(Share{sample.OpSet, 1}), mix(Share{sample.OpDelete, 1}), mix(Share{sample.OpGet, 1}),
		mix(Share{sample.OpList, 1}), mix(Share{sample.OpCreateSequential, 1}),
	}}
	g := NewGenerator(w, 1, 7, 10, "/b")
	want := [][]string{
		{"create /b/w007/00000000", "create /b/w007/00000001"},
		{"create /b/t007/00000000", "create /b/t007/00000001", "create /b/t007/00000002"},
		{"set /b/t007/00000000", "set /b/t007/00000001", "set /b/t007/00000002", "set /b/t007/00000000"},
		{"delete /b/t007/00000000", "delete /b/t007/00000001", "delete /b/t007/00000002"}, // and then none is left
		nil,
		{"list /b/t007/"},
		{"create-sequential /b/t007/s-"},
	}
	counts := []int{2, 3, 4, 9, 1, 1, 1}
	for i := range want {
		if got := generate(g, i, counts[i]); !slices.Equal(got, want[i]) {
			t.Errorf("phase %d: %v, want %v", i, got, want[i])
		}
	}
}

func TestSharedSpace(t *testing.T) {
	w := &Load{Keys: Keys{Space: SpaceShared, Choose: ChooseSequential, Count: 5}, Phases: []Phase{
		{Name: "f", Mix: []Share{{sample.OpCreate, 1}}, Fill: true},
		mix(Share{sample.OpGet, 1}), mix(Share{sample.OpCreate, 1}), mix(Share{sample.OpDelete, 1}),
	}}
	all := map[string]int{}
	for thread := range 2 {
		g := NewGenerator(w, 1, thread, 2, "/b")
		for _, op := range generate(g, 0, 100) {
			all[op]++
		}
		got := append(generate(g, 2, 2), generate(g, 3, 5)...)
		want := [][]string{
			{"create /b/k/00000005", "create /b/k/00000007", "delete /b/k/00000005", "delete /b/k/00000007"},
			{"create /b/k/00000006", "create /b/k/00000008", "delete /b/k/00000006", "delete /b/k/00000008"},
		}[thread]
		if !slices.Equal(got, want) {
			t.Errorf("thread %d: %v, want %v", thread, got, want)
		}
		if got := generate(g, 1, 6); got[0] != fmt.Sprintf("get /b/k/%08d", 5*thread/2) || got[5] != got[0] {
			t.Errorf("thread %d goes round: %v", thread, got)
		}
	}
	if len(all) != 5 || all["create /b/k/00000004"] != 1 {
		t.Errorf("filled: %v", all)
	}
}

// TestKeysOfRecipes asks for the operations whose keys lie outside of the key
// space, and for those that look alike and lie within.
func TestKeysOfRecipes(t *testing.T) {
	w := &Load{Keys: Keys{Space: SpaceShared, Choose: ChooseSequential, Count: 3}, Values: Values{Size: 9}}
	for _, op := range []sample.Op{sample.OpLock, sample.OpExpire, sample.OpElection, sample.OpBarrierEnter, sample.OpOpenSession, sample.OpCompareAndSet, sample.OpReadModifyWrite} {
		w.Phases = append(w.Phases, only(op))
	}
	g := NewGenerator(w, 1, 1, 2, "/b")
	want := [][]string{
		{"lock /b/l/00000001", "lock /b/l/00000002", "lock /b/l/00000000"},
		{"expire /b/x/00000001", "expire /b/x/00000003"},
		{"election /b/e/", "election /b/e/"},
		{"barrier-enter /b/b/03/00000000/", "barrier-enter /b/b/03/00000001/"},
		{"open-session "},
		{"compare-and-set /b/k/00000001", "compare-and-set /b/k/00000002"},
		{"read-modify-write /b/k/00000001"},
	}
	valued := []bool{false, true, false, false, false, true, true}
	for i := range want {
		if got := generate(g, i, len(want[i])); !slices.Equal(got, want[i]) {
			t.Errorf("%v, want %v", got, want[i])
		}
		if got := len(g.Value()) > 0; got != valued[i] {
			t.Errorf("%s has a value: %v", want[i][0], got)
		}
	}
	if got := generate(g, 1, 1); got[0] != "expire /b/x/00000005" {
		t.Errorf("a client dies with a key that another had: %v", got)
	}
	if got := generate(g, 3, 1); got[0] != "barrier-enter /b/b/03/00000000/" {
		t.Errorf("threads that begin a phase together meet in %v", got)
	}
}

// TestEveryOperationIsGenerated walks the table of operations: the generator has
// to make of each what the table says of it.
func TestEveryOperationIsGenerated(t *testing.T) {
	keys := map[sample.Target]string{}
	for _, op := range sample.Ops() {
		if op.Origin() != sample.FromMix {
			continue
		}
		t.Run(op.String(), func(t *testing.T) {
			create, phase := only(sample.OpCreate), only(op)
			if op.Several() {
				phase.KeysPerTransaction = 2
			}
			space := Keys{Space: SpaceThread, Choose: ChooseSequential}
			if op.Shares() != "" {
				space.Space, space.Count = SpaceShared, 3
			}
			g := NewGenerator(&Load{Keys: space, Values: Values{Size: 9}, Phases: []Phase{create, phase}}, 1, 0, 1, "/b")
			generate(g, 0, 3)
			g.StartPhase(1)
			if got, ok := g.Next(); got != op || !ok {
				t.Fatalf("%s, %v", got, ok)
			}
			key := string(g.Key())
			if has := op.Target() != sample.TargetNone && !op.Several(); has != (key != "") {
				t.Errorf("key %q", key)
			}
			if other, ok := keys[op.Target()]; ok && key != other {
				t.Errorf("key %q, and %q of another operation with the target", key, other)
			}
			keys[op.Target()] = key
			if has := op.TakesValue() && !op.Several(); has != (len(g.Value()) == 9) {
				t.Errorf("value %x", g.Value())
			}
			if op.Several() && (len(g.Keys()) != 2 || len(g.Values()) != 2 || len(g.Values()[1]) != 9) {
				t.Errorf("keys %q, values %x", g.Keys(), g.Values())
			}
			if g.Adds() != (op.Target() == sample.TargetNewKey || op.Target() == sample.TargetAnyKey) {
				t.Errorf("adds %v", g.Adds())
			}
		})
	}
}

func TestTheSeedDecidesTheSequence(t *testing.T) {
	for name, w := range everyChoice() {
		sequence := func(seed uint64, thread int) []string {
			g := NewGenerator(w, seed, thread, 4, "/b")
			g.StartPhase(0)
			var all []string
			for range 500 {
				op, ok := g.Next()
				all = append(all, fmt.Sprintf("%s %v %s %q %x", op, ok, g.Key(), g.Keys(), g.Value()))
			}
			return all
		}
		one := sequence(1, 0)
		if !slices.Equal(one, sequence(1, 0)) {
			t.Errorf("%s: the same seed gives another sequence", name)
		}
		if slices.Equal(one, sequence(2, 0)) || slices.Equal(one, sequence(1, 1)) {
			t.Errorf("%s: another seed or thread gives the same sequence", name)
		}
	}
}

func TestSharesAreAsDefined(t *testing.T) {
	const n = 200_000
	shares := []Share{{sample.OpGet, 0.7}, {sample.OpSet, 0.25}, {sample.OpPut, 0.05}}
	w := &Load{Keys: Keys{Space: SpaceShared, Choose: ChooseUniform, Count: 100}, Phases: []Phase{mix(shares...)}}
	g := NewGenerator(w, 3, 0, 1, "/b")
	g.StartPhase(0)
	ops := map[sample.Op]int{}
	for range n {
		op, _ := g.Next()
		ops[op]++
	}
	counts, want := make([]int, 3), make([]float64, 3)
	for i, s := range shares {
		counts[i], want[i] = ops[s.Op], s.Weight
	}
	if !fits(counts, want) {
		t.Errorf("shares %v", ops)
	}
	if fits(counts, []float64{0.7, 0.255, 0.045}) {
		t.Error("other shares would pass as well")
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	loads := everyChoice()
	maps.Copy(loads, benchmarked())
	for name, w := range loads {
		g := NewGenerator(w, 1, 0, 1, "/bench")
		g.StartPhase(0)
		if n := testing.AllocsPerRun(1000, func() { g.Next(); g.Key(); g.Value() }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func benchmarked() map[string]*Load {
	half := mix(Share{sample.OpGet, 0.5}, Share{sample.OpSet, 0.5})
	loads := map[string]*Load{
		"create": {Keys: Keys{Space: SpaceThread, Choose: ChooseSequential}, Values: Values{Size: 100}, Phases: []Phase{only(sample.OpCreate)}},
	}
	for _, choice := range Choices {
		loads[string(choice)] = &Load{
			Keys:   Keys{Space: SpaceShared, Choose: choice, Count: 1000, Skew: 0.99, HotKeys: 20, HotOps: 80},
			Values: Values{Size: 100}, Phases: []Phase{half},
		}
	}
	return loads
}

func BenchmarkNext(b *testing.B) {
	for name, w := range benchmarked() {
		b.Run(name, func(b *testing.B) {
			g := NewGenerator(w, 1, 0, 1, "/bench")
			g.StartPhase(0)
			b.ReportAllocs()
			for b.Loop() {
				g.Next()
				g.Key()
				g.Value()
			}
		})
	}
}
