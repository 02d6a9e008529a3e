package workload

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/load"
)

const defaultKeysPerTransaction = 2

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
	{"for", ParamDuration, UnitDuration}, {"ops", ParamInt, UnitNone},
	{"keys-per-transaction", ParamInt, UnitNone}, {"watchers", ParamInt, UnitNone},
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
	case len(p.phases) > load.MaxPhases:
		p.Fail(phases.At, "%d phases are more than there may be (%d)", len(p.phases), load.MaxPhases)
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

func (b *binder) phase(p phaseDefinition, l *load.Load) load.Phase {
	phase := load.Phase{Name: p.name, Warmup: p.warmup, Fill: p.fill, Mix: b.mix(p)}
	phase.For = b.duration(p.fields, "for")
	if f := p.fields["for"]; f.given && phase.For <= 0 {
		b.fail(f.place, "%s: a phase of %v can never be measured: give it a duration above 0", b.what("for", f), phase.For)
	}
	phase.Ops = b.integer(p.fields, "ops", load.Limits.Ops)
	b.pace(p.fields, &phase)
	phase.KeysPerTransaction = int(b.integer(p.fields, "keys-per-transaction", load.Limits.KeysPerTransaction))
	switch {
	case phase.Transacts():
		phase.KeysPerTransaction = cmp.Or(phase.KeysPerTransaction, defaultKeysPerTransaction)
	case slices.ContainsFunc(p.mix, func(s shareDefinition) bool { return s.op.Several() }):
		phase.KeysPerTransaction = 0 // so that a sweep over its weight can begin with 0
	}
	phase.Watchers = int(b.integer(p.fields, "watchers", load.Limits.Watchers))
	if broken := phase.Breach(l); broken != nil {
		if broken.Field == "mix" {
			b.fail(p.mixPlace, "phase %s: %s", p.name, broken.Problem)
		}
		broken.Problem = "phase " + p.name + ": " + broken.Problem
		b.keep(p.place, p.fields, broken)
	}
	return phase
}
