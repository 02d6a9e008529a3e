package workload

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/sample"
)

const (
	maxPhases = 100

	defaultKeysPerTransaction = 2
)

var (
	operations         = span[int64]{1, math.MaxInt64} // of each thread
	keysPerTransaction = span[int64]{2, 100}
	watchers           = span[int64]{0, 10_000}
)

// Phase is a part of a workload. Exactly one of For, Ops and Fill ends it.
type Phase struct {
	Name   string        `json:"name"`
	Warmup bool          `json:"warmup,omitempty"`
	Mix    []Share       `json:"mix"`
	For    time.Duration `json:"for_ns,omitempty"` // ends after this time
	Ops    int64         `json:"ops,omitempty"`    // ends after so many operations of each thread
	Fill   bool          `json:"fill,omitempty"`   // ends when every key of the shared space was created

	// A closed loop pauses for Think between two operations of a thread. With a
	// Rate the loop is open: operations start when they arrive.
	Think    time.Duration `json:"think_ns,omitempty"`
	Rate     float64       `json:"rate,omitempty"`    // arrivals a second
	RateTo   float64       `json:"rate_to,omitempty"` // at the phase's end
	Per      Per           `json:"per,omitempty"`
	Arrivals Process       `json:"arrivals,omitempty"`
	Steps    int           `json:"steps,omitempty"`     // of ramps, or rates that a search tries
	Active   int           `json:"active,omitempty"`    // threads; 0: all
	ActiveTo int           `json:"active_to,omitempty"` // at the phase's end
	Until    *Bound        `json:"until,omitempty"`     // search for the highest rate that keeps it

	KeysPerTransaction int `json:"keys_per_transaction,omitempty"` // of its transactions, if it has any
	Watchers           int `json:"watchers,omitempty"`             // sessions that watch the shared keys meanwhile
}

type phaseDefinition struct {
	place
	fields   fields
	name     string
	warmup   bool
	fill     bool
	mix      []shareDefinition
	mixPlace place
}

var phaseFields = slices.Concat([]fieldType{
	{"for", ParamDuration}, {"ops", ParamInt},
	{"keys-per-transaction", ParamInt}, {"watchers", ParamInt},
}, paceFields)

func (p *reading) readPhases(phases yamlfile.Entry) {
	list, ok := phases.Value.(ast.ArrayNode)
	if !ok {
		p.Fail(p.At(phases.Value), "phases is %s: it should be a list", yamlfile.Describe(phases.Value))
	}
	measured := false
	for i := list.ArrayRange(); i.Next(); {
		phase := p.readPhase(i.Value())
		if slices.ContainsFunc(p.phases, func(other phaseDefinition) bool { return other.name == phase.name }) {
			p.Fail(phase.place, "two phases are called %s: give each a name of its own", phase.name)
		}
		measured = measured || !phase.warmup
		p.phases = append(p.phases, phase)
	}
	switch {
	case len(p.phases) == 0:
		p.Fail(phases.At, "phases is empty: there should be at least one that is measured")
	case len(p.phases) > maxPhases:
		p.Fail(phases.At, "%d phases are more than there may be (%d)", len(p.phases), maxPhases)
	case !measured:
		p.Fail(phases.At, "all phases are warm-up: there should be at least one that is measured")
	}
}

func (p *reading) readPhase(node ast.Node) phaseDefinition {
	phase := phaseDefinition{place: p.At(node)}
	entries := p.Fields(node, "a phase", append([]string{"name", "warmup", "mix", "fill"}, names(phaseFields)...)...)
	name, ok := entries["name"]
	if !ok {
		p.Fail(phase.place, "the phase lacks a name")
	}
	phase.name = p.name(name)
	if e, ok := entries["warmup"]; ok {
		phase.warmup = p.Boolean(e)
	}
	mix, ok := entries["mix"]
	if !ok {
		p.Fail(phase.place, "phase %s lacks a mix of operations, such as {get: 90, set: 10}", phase.name)
	}
	phase.mixPlace, phase.mix = p.readMix(mix)
	phase.fields = p.typedFields(entries, phaseFields)
	p.readPace(phase.fields)
	if e, ok := entries["fill"]; ok {
		phase.fill = p.Boolean(e)
	}
	p.oneEnd(phase)
	return phase
}

// oneEnd demands that exactly one thing ends a phase.
func (p *reading) oneEnd(phase phaseDefinition) {
	var ends []string
	for _, name := range []string{"for", "ops"} {
		if phase.fields[name].given {
			ends = append(ends, name)
		}
	}
	if phase.fill {
		ends = append(ends, "fill")
	}
	switch {
	case len(ends) == 0:
		p.Fail(phase.place, "phase %s can never end: give it for (a time), ops (operations of each thread) or fill: true", phase.name)
	case len(ends) > 1:
		p.Fail(phase.place, "phase %s has %s: one thing can end it", phase.name, strings.Join(ends, " and "))
	}
}

func (b *binder) phase(p phaseDefinition, w *Workload) Phase {
	phase := Phase{Name: p.name, Warmup: p.warmup, Fill: p.fill, Mix: b.mix(p)}
	phase.For = b.duration(p.fields, "for")
	if f := p.fields["for"]; f.given && phase.For <= 0 {
		b.fail(f.place, "%s: a phase of %v can never be measured: give it a duration above 0", b.what("for", f), phase.For)
	}
	phase.Ops = b.integer(p.fields, "ops", operations)
	b.pace(p.fields, &phase)
	phase.KeysPerTransaction = int(b.integer(p.fields, "keys-per-transaction", keysPerTransaction))
	switch {
	case phase.has(sample.OpTransaction):
		phase.KeysPerTransaction = cmp.Or(phase.KeysPerTransaction, defaultKeysPerTransaction)
	case slices.ContainsFunc(p.mix, func(s shareDefinition) bool { return s.op == sample.OpTransaction }):
		phase.KeysPerTransaction = 0 // so that a sweep over its weight can begin with 0
	}
	phase.Watchers = int(b.integer(p.fields, "watchers", watchers))
	if broken := phase.breach(w); broken != nil {
		if broken.field == "mix" {
			b.fail(p.mixPlace, "phase %s: %s", p.name, broken.problem)
		}
		broken.problem = "phase " + p.name + ": " + broken.problem
		b.keep(p.place, p.fields, broken)
	}
	return phase
}

func (p Phase) breach(w *Workload) *breach {
	ends := 0
	for _, is := range []bool{p.For != 0, p.Ops != 0, p.Fill} {
		if is {
			ends++
		}
	}
	space := w.Keys.Space
	shared, transactions := space == SpaceShared, p.has(sample.OpTransaction)
	return cmp.Or(
		within("keys-per-transaction", p.KeysPerTransaction, keysPerTransaction),
		within("watchers", p.Watchers, watchers),
		rule(ends == 1 && p.For >= 0 && p.Ops >= 0, "", "exactly one of for, ops and fill must end it"),
		breachOfMix(p.Mix),
		p.breachOfPace(),
		rule(!p.Fill || shared, "", "fill creates the keys of a shared space, and this workload's space is %s", space),
		rule(!p.Fill || len(p.Mix) == 1 && p.Mix[0].Op == sample.OpCreate, "mix", "fill only creates keys: its mix can only be {create: 1}"),
		rule(!p.has(sample.OpBarrierEnter) || len(p.Mix) == 1, "mix", "all threads wait for each other at a barrier: it should be alone in its mix"),
		rule(!p.has(sample.OpBarrierEnter) || p.Rate == 0 && p.Active == 0, "mix", "all threads wait for each other at a barrier: take rate and active away"),
		rule(shared || !p.has(sample.OpLock), "mix", "lock picks among locks that threads share: it needs space: shared"),
		rule(shared || p.Watchers == 0, "watchers", "watchers watch the keys that threads share: they need space: shared"),
		rule(transactions || p.KeysPerTransaction == 0, "keys-per-transaction", "keys-per-transaction belongs to a mix with transaction: add it to the mix, or take keys-per-transaction away"),
		rule(!transactions || p.KeysPerTransaction != 0, "mix", "a transaction needs keys-per-transaction"),
		rule(!transactions || !shared || p.KeysPerTransaction <= w.Keys.Count, "keys-per-transaction", "a transaction of %d keys does not fit into a shared space of %d: raise count", p.KeysPerTransaction, w.Keys.Count),
		rule(!transactions || int64(p.KeysPerTransaction*w.Values.Largest()) <= sizes.most, "keys-per-transaction", "the values of a transaction of %d keys may have %d bytes together, which is more than %d: make them smaller or fewer", p.KeysPerTransaction, p.KeysPerTransaction*w.Values.Largest(), sizes.most),
	)
}

// has reports whether an operation is in the phase's mix.
func (p Phase) has(op sample.Op) bool {
	return slices.ContainsFunc(p.Mix, func(s Share) bool { return s.Op == op })
}
