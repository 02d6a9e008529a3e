package workload

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/sample"
)

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Parse reads a definition. file is its name in errors, every one of which is
// an *Error.
func Parse(file string, source []byte) (*Definition, error) {
	p := &reading{
		Definition: &Definition{file: file, text: bytes.Clone(source)},
		File:       &yamlfile.File{Path: file, Holds: "a definition", Begins: "name: and version:"},
	}
	if err := p.Read(source, p.definition); err != nil {
		return nil, err
	}
	if _, _, err := p.Bind(nil); err != nil {
		return nil, err
	}
	return p.Definition, nil
}

// reading is a definition on its way from its syntax tree.
type reading struct {
	*Definition
	*yamlfile.File
	used []string // parameters that some field names
}

// scalar reads a single value as it was written.
func (p *reading) scalar(e yamlfile.Entry) field {
	text, at := p.Scalar(e)
	return field{place: at, given: true, text: text}
}

// typed reads a value that a parameter may stand for, and spells a literal in
// the type's one way.
func (p *reading) typed(e yamlfile.Entry, t ParamType) field {
	f := p.scalar(e)
	if name, ok := f.param(); ok {
		i := slices.IndexFunc(p.Params, func(param Param) bool { return param.Name == name })
		if i < 0 {
			p.Fail(f.place, "%s: there is no parameter %q; params has %s", e.Name, name, p.paramNames())
		}
		p.used = append(p.used, name)
		return f
	}
	canonical, err := t.canonical(f.text)
	if err != nil {
		p.Fail(f.place, "%s: %v", e.Name, err)
	}
	f.text = canonical
	return f
}

func (p *reading) definition(node ast.Node) {
	top := p.Fields(node, "a definition", "name", "version", "summary", "source", "description", "seed", "params", "keys", "values", "phases")
	for _, name := range []string{"name", "version", "summary", "source", "keys", "values", "phases"} {
		if _, ok := top[name]; !ok {
			p.Fail(p.At(node), "the definition lacks %s", name)
		}
	}
	if p.Name = p.TextOf(top["name"]); !namePattern.MatchString(p.Name) {
		p.Fail(p.At(top["name"].Value), "name: %q should be lower-case letters, digits and hyphens, a letter first", p.Name)
	}
	p.Version = int(p.Whole(top["version"], 1, 1_000_000))
	if p.Summary = p.TextOf(top["summary"]); p.Summary == "" || strings.Contains(p.Summary, "\n") {
		p.Fail(p.At(top["summary"].Value), "summary should be one line")
	}
	p.Source = p.TextOf(top["source"])
	if e, ok := top["description"]; ok {
		p.Description = p.TextOf(e)
	}
	p.Seed = 1
	if e, ok := top["seed"]; ok {
		p.Seed = p.Whole(e, 0, 1<<63)
	}
	if e, ok := top["params"]; ok {
		p.params(e)
	}
	p.keyFields(top["keys"])
	values := p.Fields(top["values"].Value, "values", "size")
	size, ok := values["size"]
	if !ok {
		p.Fail(top["values"].At, "values lacks size, the bytes of a value")
	}
	p.size = p.typed(size, ParamInt)
	p.phaseList(top["phases"])
	for _, param := range p.Params {
		if !slices.Contains(p.used, param.Name) {
			p.Fail(top["params"].At, "parameter %s is not used: write $%s where its value belongs, or take it away", param.Name, param.Name)
		}
	}
}

func (p *reading) params(params yamlfile.Entry) {
	for _, e := range p.Entries(params.Value, "params") {
		if !namePattern.MatchString(e.Name) {
			p.Fail(e.At, "parameter %q should be lower-case letters, digits and hyphens, a letter first", e.Name)
		}
		fields := p.Fields(e.Value, "parameter "+e.Name, "default", "help")
		for _, name := range []string{"default", "help"} {
			if _, ok := fields[name]; !ok {
				p.Fail(e.At, "parameter %s lacks %s", e.Name, name)
			}
		}
		f := p.scalar(fields["default"])
		t := typeOf(f.text)
		canonical, err := t.canonical(f.text)
		if err != nil {
			p.Fail(f.place, "parameter %s: %v", e.Name, err)
		}
		p.Params = append(p.Params, Param{Name: e.Name, Type: t, Default: canonical, Help: p.TextOf(fields["help"])})
	}
}

func (p *reading) keyFields(keys yamlfile.Entry) {
	fields := p.Fields(keys.Value, "keys", "space", "choose", "count")
	space, ok := fields["space"]
	if !ok {
		p.Fail(keys.At, "keys lacks space: thread (each has its own keys) or shared (all use the same)")
	}
	p.keys.space = p.typed(space, ParamString)
	p.keys.choose = field{text: string(ChooseSequential)}
	if e, ok := fields["choose"]; ok {
		p.keys.choose = p.typed(e, ParamString)
	}
	if e, ok := fields["count"]; ok {
		p.keys.count = p.typed(e, ParamInt)
	}
}

func (p *reading) phaseList(phases yamlfile.Entry) {
	measured := false
	for _, item := range p.Items(phases) {
		phase := p.phase(item.Value)
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

func (p *reading) phase(node ast.Node) phaseDefinition {
	phase := phaseDefinition{place: p.At(node)}
	fields := p.Fields(node, "a phase", "name", "warmup", "mix", "for", "ops", "fill")
	name, ok := fields["name"]
	if !ok {
		p.Fail(phase.place, "the phase lacks a name")
	}
	if phase.name = p.TextOf(name); !namePattern.MatchString(phase.name) {
		p.Fail(p.At(name.Value), "name: %q should be lower-case letters, digits and hyphens, a letter first", phase.name)
	}
	if e, ok := fields["warmup"]; ok {
		phase.warmup = p.Boolean(e)
	}
	mix, ok := fields["mix"]
	if !ok {
		p.Fail(phase.place, "phase %s lacks a mix of operations, such as {get: 90, set: 10}", phase.name)
	}
	phase.mixPlace, phase.mix = p.mix(mix)
	var ends []string
	if e, ok := fields["for"]; ok {
		phase.duration, ends = p.typed(e, ParamDuration), append(ends, "for")
	}
	if e, ok := fields["ops"]; ok {
		phase.ops, ends = p.typed(e, ParamInt), append(ends, "ops")
	}
	if e, ok := fields["fill"]; ok {
		if phase.fill = p.Boolean(e); phase.fill {
			ends = append(ends, "fill")
		}
	}
	if len(ends) == 0 {
		p.Fail(phase.place, "phase %s can never end: give it for (a time), ops (operations of each thread) or fill: true", phase.name)
	}
	if len(ends) > 1 {
		p.Fail(phase.place, "phase %s has %s: one thing can end it", phase.name, strings.Join(ends, " and "))
	}
	return phase
}

func (p *reading) mix(mix yamlfile.Entry) (place, []shareDefinition) {
	var shares []shareDefinition
	rests := 0
	for _, e := range p.Entries(mix.Value, "a mix") {
		op, err := sample.ParseOp(e.Name)
		if err != nil {
			p.Fail(e.At, "%v; the operations are %s", err, opNames())
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
	if len(shares) == 0 {
		p.Fail(mix.At, "the mix is empty: name at least one operation, such as {get: 1}")
	}
	return p.At(mix.Value), shares
}

func opNames() string {
	var names []string
	for _, op := range sample.Ops() {
		names = append(names, op.String())
	}
	return strings.Join(names, ", ")
}
