package load

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// FuzzValidate demands of every document that is accepted as a load that its
// operations and arrivals can be made.
func FuzzValidate(f *testing.F) {
	loads := everyChoice()
	loads["everything"] = everything()
	for _, l := range loads {
		document, err := json.Marshal(l)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		var l Load
		if json.Unmarshal(document, &l) != nil || l.Validate() != nil || l.Values.Largest() > 1<<16 {
			return
		}
		g := NewGenerator(&l, 1, 1, 3, "/b")
		for i, p := range l.Phases {
			g.StartPhase(i)
			for range 20 {
				op, ok := g.Next()
				if !ok {
					break
				}
				operation(t, g, op)
			}
			if p.Rate > 0 && !p.Searches() {
				arrivals(t, NewArrivals(p, 1, i, 1, 3))
			}
		}
	})
}

// operation demands that what was generated is what the operation asks for.
func operation(t *testing.T, g *Generator, op sample.Op) {
	t.Helper()
	if op.Origin() != sample.FromMix {
		t.Errorf("%s was chosen", op)
	}
	has := op.Target() != sample.TargetNone && !op.Several()
	if has != bytes.HasPrefix(g.Key(), []byte("/b/")) {
		t.Errorf("%s has the key %q", op, g.Key())
	}
	if !op.TakesValue() && len(g.Value()) > 0 {
		t.Errorf("%s has a value of %d bytes", op, len(g.Value()))
	}
}

// arrivals demands that arrivals are in order.
func arrivals(t *testing.T, a *Arrivals) {
	t.Helper()
	before := time.Duration(0)
	for range 20 {
		at, ok := a.Next()
		if !ok {
			return
		}
		if at < before {
			t.Errorf("an arrival at %v, after %v", at, before)
		}
		before = at
	}
}
