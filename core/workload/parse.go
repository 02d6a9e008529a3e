package workload

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
)

// MaxSource bounds the files that definitions and experiments stand in, in bytes.
const MaxSource = yamlfile.MaxSize

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Parse reads a definition. file is its name in errors, every one of which is
// an *Error.
func Parse(file string, source []byte) (*Definition, error) {
	p := &reading{
		Definition: &Definition{file: file, text: bytes.TrimPrefix(bytes.Clone(source), []byte("\ufeff"))},
		File:       &yamlfile.File{Path: file, Holds: "a definition", Begins: "name: and version:"},
		units:      map[string]Unit{},
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
	units map[string]Unit // of the parameters that some field names
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
		if !slices.ContainsFunc(p.Params, func(param Param) bool { return param.Name == name }) {
			p.Fail(f.place, "%s: there is no parameter %q; params has %s", e.Name, name, p.paramNames())
		}
		return f
	}
	canonical, err := t.canonical(f.text)
	if err != nil {
		p.Fail(f.place, "%s: %v", e.Name, err)
	}
	f.text = canonical
	return f
}

// measures notes in which unit a field's value is given, for its parameter if it
// names one.
func (p *reading) measures(f field, unit Unit) {
	name, ok := f.param()
	if !ok {
		return
	}
	if other, ok := p.units[name]; ok && other != unit {
		unit = UnitNone
	}
	p.units[name] = unit
}

// fieldType says which type a scalar field has, and the unit of its values.
type fieldType struct {
	name string
	kind ParamType
	unit Unit
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
	return p.typedFields(p.Fields(node, what, names(types)...), types)
}

func (p *reading) typedFields(entries map[string]yamlfile.Entry, types []fieldType) fields {
	read := fields{}
	for _, t := range types {
		if e, ok := entries[t.name]; ok {
			read[t.name] = p.typed(e, t.kind)
			p.measures(read[t.name], t.unit)
		}
	}
	return read
}

func (p *reading) name(e yamlfile.Entry) string {
	name := p.TextOf(e)
	if !namePattern.MatchString(name) {
		p.Fail(p.At(e.Value), "name: %q should be lower-case letters, digits and hyphens, a letter first", name)
	}
	return name
}
