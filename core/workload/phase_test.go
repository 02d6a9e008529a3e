package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/sample"
)

// The key spaces that the phases below are tried on.
const (
	own      = "space: thread"
	together = "space: shared, count: 10"
)

// withPhase is a definition of one phase, which stands in line 8 from column
// 15 on.
func withPhase(keys, phase string) string {
	return "name: one\nversion: 1\nsummary: s\nsource: t\nkeys: {" + keys + "}\nvalues: {size: 2000000}\nphases:\n  - {name: p, " + phase + "}\n"
}

var phaseMistakes = map[string]struct{ keys, phase, want string }{
	"locks of a thread":  {own, "ops: 1, mix: {lock: 1}", "8:28: phase p: lock picks among locks that threads share: it needs space: shared"},
	"watching a thread":  {own, "ops: 1, mix: {get: 1}, watchers: 2", "8:48: phase p: watchers watch the keys that threads share: they need space: shared"},
	"too many watchers":  {together, "ops: 1, mix: {get: 1}, watchers: 10001", "8:48: watchers: 10001 is not within 0 to 10000"},
	"no transaction":     {own, "ops: 1, mix: {get: 1}, keys-per-transaction: 2", "8:60: phase p: keys-per-transaction belongs to a mix with transaction: add it to the mix, or take keys-per-transaction away"},
	"one key":            {own, "ops: 1, mix: {transaction: 1}, keys-per-transaction: 1", "8:68: keys-per-transaction: 1 is not within 2 to 100"},
	"keys there are not": {together, "ops: 1, mix: {transaction: 1}, keys-per-transaction: 11", "8:68: phase p: a transaction of 11 keys does not fit into a shared space of 10: raise count"},
	"too many bytes":     {own, "ops: 1, mix: {transaction: 1}, keys-per-transaction: 9", "8:68: phase p: the values of a transaction of 9 keys may have 18000000 bytes together, which is more than 16777216: make them smaller or fewer"},
}

func TestMistakesInPhases(t *testing.T) {
	for name, c := range phaseMistakes {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("w.yaml", []byte(withPhase(c.keys, c.phase))); err == nil || err.Error() != "w.yaml:"+c.want {
				t.Errorf("got  %v\nwant w.yaml:%s", err, c.want)
			}
		})
	}
}

func TestBindPhase(t *testing.T) {
	cases := map[string]struct {
		phase string
		want  Phase
	}{
		"transactions": {
			"ops: 1, mix: {transaction: 1}, watchers: 3",
			Phase{Ops: 1, Mix: []Share{{sample.OpTransaction, 1}}, KeysPerTransaction: 2, Watchers: 3},
		},
		"no transactions": {
			"ops: 1, mix: {transaction: 0, get: 1}, keys-per-transaction: 5",
			Phase{Ops: 1, Mix: []Share{{sample.OpGet, 1}}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w, _, err := parsed(t, withPhase(together, c.phase)).Bind(nil)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Name = "p"
			if diff := cmp.Diff(c.want, w.Phases[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
}
