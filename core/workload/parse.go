package workload

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/benchctl/benchctl/core/sample"
)

// maxFile bounds a definition's source in bytes.
const maxFile = 1 << 20

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Parse reads a definition. file is its name in errors, every one of which is
// an *Error.
func Parse(file string, source []byte) (d *Definition, err error) {
	p := &reading{Definition: &Definition{file: file, text: bytes.Clone(source)}}
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case *Error:
			d, err = nil, problem
		default:
			d, err = nil, p.errorf(place{1, 1}, "this is no YAML that can be read: %v", problem)
		}
	}()
	p.definition(p.root(source))
	if _, _, err := p.Bind(nil); err != nil {
		return nil, err
	}
	return p.Definition, nil
}

// reading is a definition on its way from its syntax tree. The first mistake
// ends it by a panic with an *Error, which Parse returns.
type reading struct {
	*Definition
	used []string // parameters that some field names
}

func (p *reading) fail(at place, format string, args ...any) {
	panic(p.errorf(at, format, args...))
}

func (p *reading) root(source []byte) ast.Node {
	if len(source) > maxFile {
		p.fail(place{1, 1}, "%d bytes are more than a definition may have (%d)", len(source), maxFile)
	}
	file, err := parser.ParseBytes(source, 0)
	if err != nil {
		var problem yaml.Error
		if errors.As(err, &problem) && problem.GetToken() != nil {
			p.fail(placeOf(problem.GetToken()), "%s", problem.GetMessage())
		}
		p.fail(place{1, 1}, "this is no YAML that can be read: %v", err)
	}
	var bodies []ast.Node
	for _, document := range file.Docs {
		if document.Body != nil {
			bodies = append(bodies, document.Body)
		}
	}
	switch len(bodies) {
	case 0:
		p.fail(place{1, 1}, "the file is empty: a definition begins with name: and version:")
	case 1:
	default:
		p.fail(p.at(bodies[1]), "a file holds one definition: move this one to a file of its own")
	}
	return bodies[0]
}

func placeOf(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// entry is one field of a mapping.
type entry struct {
	name  string
	at    place
	value ast.Node
}

// entries returns a mapping's fields in their order. what names the mapping.
func (p *reading) entries(node ast.Node, what string) []entry {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		p.fail(p.at(node), "%s is %s: it should have fields", what, kind(node))
	}
	var entries []entry
	for i := mapping.MapRange(); i.Next(); {
		key, ok := i.Key().(*ast.StringNode)
		if !ok {
			p.fail(p.at(i.Key()), "%s: a field's name should be plain text", what)
		}
		e := entry{name: key.Value, at: p.at(key), value: i.Value()}
		if slices.ContainsFunc(entries, func(other entry) bool { return other.name == e.name }) {
			p.fail(e.at, "%s has the field %q twice", what, e.name)
		}
		entries = append(entries, e)
	}
	return entries
}

// fields returns a mapping's fields by name, and refuses those it cannot have.
func (p *reading) fields(node ast.Node, what string, allowed ...string) map[string]entry {
	fields := map[string]entry{}
	for _, e := range p.entries(node, what) {
		if !slices.Contains(allowed, e.name) {
			p.fail(e.at, "%s has no field %q; it can have %s", what, e.name, strings.Join(allowed, ", "))
		}
		fields[e.name] = e
	}
	return fields
}

// at returns where a node stands. The constructs of YAML that would let a
// value stand elsewhere than where it is used are refused.
func (p *reading) at(node ast.Node) place {
	if node == nil {
		return place{1, 1}
	}
	at := placeOf(node.GetToken())
	if mapping, ok := node.(*ast.MappingNode); ok && len(mapping.Values) > 0 && !mapping.IsFlowStyle {
		at = placeOf(mapping.Values[0].Key.GetToken())
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		p.fail(at, "anchors, aliases, merges and tags are not part of the language: write the value out, or make it a parameter")
	}
	return at
}

func kind(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "a mapping"
	case ast.ArrayNode:
		return "a list"
	case *ast.NullNode, nil:
		return "empty"
	}
	return "a single value"
}

// scalar reads a single value as it was written.
func (p *reading) scalar(e entry) field {
	at := p.at(e.value)
	f := field{place: at, given: true}
	switch node := e.value.(type) {
	case *ast.StringNode:
		f.text = node.Value
	case *ast.LiteralNode:
		f.text = node.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		f.text = node.GetToken().Value
	default:
		p.fail(at, "%s is %s: it should be a single value", e.name, kind(e.value))
	}
	return f
}

// typed reads a value that a parameter may stand for, and spells a literal in
// the type's one way.
func (p *reading) typed(e entry, t ParamType) field {
	f := p.scalar(e)
	if name, ok := f.param(); ok {
		i := slices.IndexFunc(p.Params, func(param Param) bool { return param.Name == name })
		if i < 0 {
			p.fail(f.place, "%s: there is no parameter %q; params has %s", e.name, name, p.paramNames())
		}
		p.used = append(p.used, name)
		return f
	}
	canonical, err := t.canonical(f.text)
	if err != nil {
		p.fail(f.place, "%s: %v", e.name, err)
	}
	f.text = canonical
	return f
}

func (p *reading) text(e entry) string {
	if _, ok := e.value.(*ast.StringNode); !ok {
		if _, ok := e.value.(*ast.LiteralNode); !ok {
			p.fail(p.at(e.value), "%s is %s: it should be text", e.name, describe(e.value))
		}
	}
	return strings.TrimSpace(p.scalar(e).text)
}

func describe(node ast.Node) string {
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.BoolNode:
		return "a boolean"
	}
	return kind(node)
}

func (p *reading) boolean(e entry) bool {
	node, ok := e.value.(*ast.BoolNode)
	if !ok {
		p.fail(p.at(e.value), "%s is %s: it should be true or false", e.name, describe(e.value))
	}
	return node.Value
}

func (p *reading) definition(node ast.Node) {
	top := p.fields(node, "a definition", "name", "version", "summary", "source", "description", "seed", "params", "keys", "values", "phases")
	for _, name := range []string{"name", "version", "summary", "source", "keys", "values", "phases"} {
		if _, ok := top[name]; !ok {
			p.fail(p.at(node), "the definition lacks %s", name)
		}
	}
	if p.Name = p.text(top["name"]); !namePattern.MatchString(p.Name) {
		p.fail(p.at(top["name"].value), "name: %q should be lower-case letters, digits and hyphens, a letter first", p.Name)
	}
	p.Version = int(p.whole(top["version"], 1, 1_000_000))
	if p.Summary = p.text(top["summary"]); p.Summary == "" || strings.Contains(p.Summary, "\n") {
		p.fail(p.at(top["summary"].value), "summary should be one line")
	}
	p.Source = p.text(top["source"])
	if e, ok := top["description"]; ok {
		p.Description = p.text(e)
	}
	p.Seed = 1
	if e, ok := top["seed"]; ok {
		p.Seed = p.whole(e, 0, 1<<63)
	}
	if e, ok := top["params"]; ok {
		p.params(e)
	}
	p.keyFields(top["keys"])
	values := p.fields(top["values"].value, "values", "size")
	size, ok := values["size"]
	if !ok {
		p.fail(top["values"].at, "values lacks size, the bytes of a value")
	}
	p.size = p.typed(size, ParamInt)
	p.phaseList(top["phases"])
	for _, param := range p.Params {
		if !slices.Contains(p.used, param.Name) {
			p.fail(top["params"].at, "parameter %s is not used: write $%s where its value belongs, or take it away", param.Name, param.Name)
		}
	}
}

func (p *reading) whole(e entry, least, most uint64) uint64 {
	f := p.scalar(e)
	n, err := strconv.ParseUint(f.text, 10, 64)
	if err != nil {
		p.fail(f.place, "%s: %q is no whole number", e.name, f.text)
	}
	if n < least || n > most {
		p.fail(f.place, "%s: %d is not within %d to %d", e.name, n, least, most)
	}
	return n
}

func (p *reading) params(params entry) {
	for _, e := range p.entries(params.value, "params") {
		if !namePattern.MatchString(e.name) {
			p.fail(e.at, "parameter %q should be lower-case letters, digits and hyphens, a letter first", e.name)
		}
		fields := p.fields(e.value, "parameter "+e.name, "default", "help")
		for _, name := range []string{"default", "help"} {
			if _, ok := fields[name]; !ok {
				p.fail(e.at, "parameter %s lacks %s", e.name, name)
			}
		}
		f := p.scalar(fields["default"])
		t := typeOf(f.text)
		canonical, err := t.canonical(f.text)
		if err != nil {
			p.fail(f.place, "parameter %s: %v", e.name, err)
		}
		p.Params = append(p.Params, Param{Name: e.name, Type: t, Default: canonical, Help: p.text(fields["help"])})
	}
}

func (p *reading) keyFields(keys entry) {
	fields := p.fields(keys.value, "keys", "space", "choose", "count")
	space, ok := fields["space"]
	if !ok {
		p.fail(keys.at, "keys lacks space: thread (each has its own keys) or shared (all use the same)")
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

func (p *reading) phaseList(phases entry) {
	list, ok := phases.value.(ast.ArrayNode)
	if !ok {
		p.fail(p.at(phases.value), "phases is %s: it should be a list", describe(phases.value))
	}
	measured := false
	for i := list.ArrayRange(); i.Next(); {
		phase := p.phase(i.Value())
		if slices.ContainsFunc(p.phases, func(other phaseDefinition) bool { return other.name == phase.name }) {
			p.fail(phase.place, "two phases are called %s: give each a name of its own", phase.name)
		}
		measured = measured || !phase.warmup
		p.phases = append(p.phases, phase)
	}
	switch {
	case len(p.phases) == 0:
		p.fail(phases.at, "phases is empty: there should be at least one that is measured")
	case len(p.phases) > maxPhases:
		p.fail(phases.at, "%d phases are more than there may be (%d)", len(p.phases), maxPhases)
	case !measured:
		p.fail(phases.at, "all phases are warm-up: there should be at least one that is measured")
	}
}

func (p *reading) phase(node ast.Node) phaseDefinition {
	phase := phaseDefinition{place: p.at(node)}
	fields := p.fields(node, "a phase", "name", "warmup", "mix", "for", "ops", "fill")
	name, ok := fields["name"]
	if !ok {
		p.fail(phase.place, "the phase lacks a name")
	}
	if phase.name = p.text(name); !namePattern.MatchString(phase.name) {
		p.fail(p.at(name.value), "name: %q should be lower-case letters, digits and hyphens, a letter first", phase.name)
	}
	if e, ok := fields["warmup"]; ok {
		phase.warmup = p.boolean(e)
	}
	mix, ok := fields["mix"]
	if !ok {
		p.fail(phase.place, "phase %s lacks a mix of operations, such as {get: 90, set: 10}", phase.name)
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
		if phase.fill = p.boolean(e); phase.fill {
			ends = append(ends, "fill")
		}
	}
	if len(ends) == 0 {
		p.fail(phase.place, "phase %s can never end: give it for (a time), ops (operations of each thread) or fill: true", phase.name)
	}
	if len(ends) > 1 {
		p.fail(phase.place, "phase %s has %s: one thing can end it", phase.name, strings.Join(ends, " and "))
	}
	return phase
}

func (p *reading) mix(mix entry) (place, []shareDefinition) {
	var shares []shareDefinition
	rests := 0
	for _, e := range p.entries(mix.value, "a mix") {
		op, err := sample.ParseOp(e.name)
		if err != nil {
			p.fail(e.at, "%v; the operations are %s", err, opNames())
		}
		weight := p.scalar(e)
		if weight.text == rest {
			rests++
		} else {
			weight = p.typed(e, ParamFloat)
		}
		if rests > 1 {
			p.fail(weight.place, "two operations have the weight rest: only one can have what the others leave")
		}
		shares = append(shares, shareDefinition{op: op, weight: weight})
	}
	if len(shares) == 0 {
		p.fail(mix.at, "the mix is empty: name at least one operation, such as {get: 1}")
	}
	return p.at(mix.value), shares
}

func opNames() string {
	var names []string
	for _, op := range sample.Ops() {
		names = append(names, op.String())
	}
	return strings.Join(names, ", ")
}
