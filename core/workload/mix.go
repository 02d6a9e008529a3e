package workload

import (
	"math"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

type shareDefinition struct {
	op     sample.Op
	weight field // its text is "rest" for what the others leave
}

// rest is the weight that stands for what the others leave to 100.
const rest = "rest"

func (p *reading) readMix(mix yamlfile.Entry) (place, []shareDefinition) {
	var shares []shareDefinition
	rests := 0
	for _, e := range p.Entries(mix.Value, "a mix") {
		op, err := sample.ParseOp(e.Name)
		if err != nil {
			p.Fail(e.At, "%v; the operations are %s", err, opNames())
		}
		if broken := load.BreachOfOp(op); broken != nil {
			p.Fail(e.At, "%s", broken.Problem)
		}
		weight := p.scalar(e)
		if weight.text == rest {
			rests++
		} else {
			weight = p.typed(e, ParamFloat)
		}
		if rests > 1 {
			p.Fail(weight.place, "two operations have the weight rest: only one can have what the others leave")
		}
		shares = append(shares, shareDefinition{op: op, weight: weight})
	}
	unit := UnitWeight
	if rests > 0 {
		unit = UnitPercent
	}
	for _, share := range shares {
		p.measures(share.weight, unit)
	}
	if len(shares) == 0 {
		p.Fail(mix.At, "the mix is empty: name at least one operation, such as {get: 1}")
	}
	return p.At(mix.Value), shares
}

func opNames() string {
	var names []string
	for _, op := range sample.Ops() {
		if load.BreachOfOp(op) == nil {
			names = append(names, op.String())
		}
	}
	return strings.Join(names, ", ")
}

// mix turns weights into shares that sum to 1.
func (b *binder) mix(p phaseDefinition) []load.Share {
	var shares []load.Share
	remainder, sum := -1, 0.0
	for i, s := range p.mix {
		weight := 0.0
		if s.weight.text == rest {
			remainder = i
		} else {
			weight = b.weight(s.op.String(), s.weight)
		}
		sum += weight
		shares = append(shares, load.Share{Op: s.op, Weight: weight})
	}
	if remainder >= 0 {
		if sum > 100 {
			b.fail(p.mixPlace, "phase %s: nothing is left for %s: the others already have %g of 100", p.name, shares[remainder].Op, sum)
			return nil
		}
		shares[remainder].Weight = 100 - sum
		sum = 100
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		b.fail(p.mixPlace, "phase %s: its mix sums to nothing: give at least one operation a weight above 0", p.name)
		return nil
	}
	shares = slices.DeleteFunc(shares, func(s load.Share) bool { return s.Weight == 0 })
	for i := range shares {
		shares[i].Weight /= sum
	}
	return shares
}
