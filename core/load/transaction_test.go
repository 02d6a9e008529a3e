package load

import (
	"fmt"
	"slices"
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

func transactions(keys Keys, each int) *Load {
	phase := only(sample.OpTransaction)
	phase.KeysPerTransaction = each
	return &Load{Keys: keys, Values: Values{Size: 20}, Phases: []Phase{phase, only(sample.OpCreate), only(sample.OpGet)}}
}

// TestTransactionKeysDiffer draws from so few keys, and with such a skew, that
// most draws are of keys which the transaction has already.
func TestTransactionKeysDiffer(t *testing.T) {
	for name, keys := range map[string]Keys{
		"sequential": {Choose: ChooseSequential},
		"uniform":    {Choose: ChooseUniform},
		"zipfian":    {Choose: ChooseZipfian, Skew: 50},
		"latest":     {Choose: ChooseLatest, Skew: 50},
		"hotspot":    {Choose: ChooseHotspot, HotKeys: 20, HotOps: 100},
	} {
		for _, each := range []int{2, 7, 10} {
			t.Run(fmt.Sprintf("%s %d", name, each), func(t *testing.T) {
				keys.Space, keys.Count = SpaceShared, 10
				g := NewGenerator(transactions(keys, each), 1, 0, 1, "/b")
				g.StartPhase(0)
				last := int64(-1)
				for range 100 {
					if op, ok := g.Next(); op != sample.OpTransaction || !ok || len(g.Key()) != 0 || len(g.Value()) != 0 {
						t.Fatalf("%v, %v, key %q", op, ok, g.Key())
					}
					var texts []string
					for _, key := range g.Keys() {
						texts = append(texts, string(key))
					}
					slices.Sort(texts)
					if texts = slices.Compact(texts); len(texts) != each {
						t.Fatalf("keys %v", texts)
					}
					if len(g.Values()) != each {
						t.Fatalf("%d values of %d keys", len(g.Values()), each)
					}
					for _, value := range g.Values() {
						last++
						if _, write, ok := ReadStamp(value); !ok || write != last {
							t.Fatalf("write %d, want %d", write, last)
						}
					}
					if g.LastWrite() != last {
						t.Fatalf("last write %d, want %d", g.LastWrite(), last)
					}
				}
			})
		}
	}
}

// TestTransactionNeedsItsKeys tries one in a thread's own space before enough
// keys are there.
func TestTransactionNeedsItsKeys(t *testing.T) {
	w := transactions(Keys{Space: SpaceThread, Choose: ChooseUniform}, 3)
	g := NewGenerator(w, 1, 0, 1, "/b")
	generate(g, 1, 2)
	if got := generate(g, 0, 1); got != nil {
		t.Errorf("of two keys: %v", got)
	}
	w.Phases[0].Mix = []Share{{sample.OpTransaction, 0.999}, {sample.OpCreate, 0.001}}
	if got := generate(g, 0, 2); !slices.Equal(got, []string{"create /b/t000/00000002", "transaction "}) {
		t.Errorf("with creates in the mix: %v", got)
	}
}
