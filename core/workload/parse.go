package workload

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
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

// fieldType says which type a scalar field has.
type fieldType struct {
	name string
	kind ParamType
}

func names(types []fieldType) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.name
	}
	return names
}

// scalars reads a mapping that has only scalar fields.
func (p *reading) scalars(node ast.Node, what string, types []fieldType) fields {
	return p.typedFields(p.fields(node, what, names(types)...), types)
}

func (p *reading) typedFields(entries map[string]entry, types []fieldType) fields {
	read := fields{}
	for _, t := range types {
		if e, ok := entries[t.name]; ok {
			read[t.name] = p.typed(e, t.kind)
		}
	}
	return read
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

func (p *reading) name(e entry) string {
	name := p.text(e)
	if !namePattern.MatchString(name) {
		p.fail(p.at(e.value), "name: %q should be lower-case letters, digits and hyphens, a letter first", name)
	}
	return name
}

func (p *reading) boolean(e entry) bool {
	node, ok := e.value.(*ast.BoolNode)
	if !ok {
		p.fail(p.at(e.value), "%s is %s: it should be true or false", e.name, describe(e.value))
	}
	return node.Value
}
