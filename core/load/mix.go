package load

import (
	"cmp"
	"math"
	"slices"

	"github.com/benchctl/benchctl/core/sample"
)

// Share is an operation's part in a phase's mix.
type Share struct {
	Op     sample.Op `json:"op"`
	Weight float64   `json:"weight"` // share of the phase's operations, all shares sum to 1
}

// BreachOfOp demands that an operation may stand in a mix.
func BreachOfOp(op sample.Op) *Breach {
	instead := op.Instead()
	return rule(instead == "", "mix", "%s is not chosen from a mix: %s", op, instead)
}

func breachOfMix(mix []Share) *Breach {
	if len(mix) == 0 {
		return rule(false, "mix", "its mix is empty: name at least one operation")
	}
	sum := 0.0
	for _, share := range mix {
		if !share.Op.Known() || !(share.Weight > 0) {
			return rule(false, "mix", "its mix gives %s the share %v", share.Op, share.Weight)
		}
		if broken := BreachOfOp(share.Op); broken != nil {
			return broken
		}
		sum += share.Weight
	}
	return rule(math.Abs(sum-1) <= 1e-6, "mix", "the shares of its mix sum to %v, not 1", sum)
}

// breachOfOps demands what the operations of a mix need of their phase.
func (p Phase) breachOfOps(space Space) *Breach {
	for _, share := range p.Mix {
		alone, shares := share.Op.Alone(), share.Op.Shares()
		if broken := cmp.Or(
			rule(alone == "" || len(p.Mix) == 1, "mix", "%s: it should be alone in its mix", alone),
			rule(alone == "" || p.Rate == 0 && p.Active == 0, "mix", "%s: take rate and active away", alone),
			rule(shares == "" || space == SpaceShared, "mix", "%s %s: it needs space: shared", share.Op, shares),
		); broken != nil {
			return broken
		}
	}
	return nil
}

// Transacts reports whether an operation of the phase works on several keys at
// once.
func (p Phase) Transacts() bool {
	return slices.ContainsFunc(p.Mix, func(s Share) bool { return s.Op.Several() })
}
