package load

import (
	"math"
	"slices"

	"github.com/benchctl/benchctl/core/sample"
)

// Share is an operation's part in a phase's mix.
type Share struct {
	Op     sample.Op `json:"op"`
	Weight float64   `json:"weight"` // share of the phase's operations, all shares sum to 1
}

// parts are the operations that others bring about: they have samples of their
// own, but are not chosen from a mix.
var parts = map[sample.Op]string{
	sample.OpCloseSession: "open-session closes what it has opened",
	sample.OpUnlock:       "lock gives back what it holds",
	sample.OpBarrierLeave: "barrier-enter leaves again when all have entered",
	sample.OpWatch:        "sessions beside the threads watch: give the phase watchers, their number",
}

// BreachOfOp demands that an operation may stand in a mix.
func BreachOfOp(op sample.Op) *Breach {
	instead, part := parts[op]
	return rule(!part, "mix", "%s is not chosen from a mix: %s", op, instead)
}

func breachOfMix(mix []Share) *Breach {
	if len(mix) == 0 {
		return rule(false, "mix", "its mix is empty: name at least one operation")
	}
	sum := 0.0
	for _, share := range mix {
		if !slices.Contains(sample.Ops(), share.Op) || !(share.Weight > 0) {
			return rule(false, "mix", "its mix gives %s the share %v", share.Op, share.Weight)
		}
		if broken := BreachOfOp(share.Op); broken != nil {
			return broken
		}
		sum += share.Weight
	}
	return rule(math.Abs(sum-1) <= 1e-6, "mix", "the shares of its mix sum to %v, not 1", sum)
}
