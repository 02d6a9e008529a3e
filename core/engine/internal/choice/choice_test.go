package choice

import (
	"fmt"
	"math"
	"testing"
)

func TestHalvesAreNested(t *testing.T) {
	const keys = 20_000
	before := New(7)
	for halvings := range 6 {
		now := before
		if halvings > 0 {
			now = before.Half()
		}
		chosen := 0
		for i := range keys {
			hash := now.Hash(fmt.Appendf(nil, "/run/t/%08d", i))
			if !now.Has(hash) {
				continue
			}
			chosen++
			if !before.Has(hash) {
				t.Fatalf("key %d is chosen after %d halvings and was not before", i, halvings)
			}
		}
		want := keys * math.Pow(0.5, float64(halvings))
		if math.Abs(float64(chosen)-want) > 0.1*want+50 || math.Abs(now.Share()*keys-want) > 1 {
			t.Errorf("after %d halvings %d of %d keys are chosen, a share of %v, want about %.0f", halvings, chosen, keys, now.Share(), want)
		}
		before = now
	}
}

func TestWhatIsCommonIsInBoth(t *testing.T) {
	wide, narrow := New(7), New(7).Half().Half()
	if common := wide.Common(narrow); common != narrow || narrow.Common(wide) != narrow {
		t.Errorf("%+v and %+v have %+v in common", wide, narrow, common)
	}
}

func TestTheSaltChangesTheChoice(t *testing.T) {
	a, b := New(1).Half(), New(math.MaxUint64).Half()
	differ := 0
	for i := range 1000 {
		key := fmt.Appendf(nil, "/run/t/%08d", i)
		if a.Has(a.Hash(key)) != b.Has(b.Hash(key)) {
			differ++
		}
	}
	if differ == 0 {
		t.Error("two salts choose the same keys")
	}
}
