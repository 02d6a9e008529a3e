// Package workload is the language in which a load is written: it parses
// definitions, gives each a canonical form and hash, and binds their parameters,
// of which comes a load.Load. It does not run anything.
package workload

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/spelling"
)

// Definition is a workload as its author wrote it: its parameters have
// defaults, but no values.
type Definition struct {
	Name        string
	Version     int
	Summary     string
	Source      string // where the workload comes from
	Description string // what it answers
	Seed        uint64 // unless the person gives one
	Params      []Param

	file       string
	text       []byte
	keys       fields
	values     fields
	sizes      []sizeDefinition
	sizesPlace place
	phases     []phaseDefinition
	answers    Answers // as they are declared; without figures if they are not
}

// Param is a parameter of a definition.
type Param struct {
	Name    string
	Type    ParamType
	Default string // in the type's canonical spelling
	Help    string
	Unit    Unit // of its values: that of the fields which name it
}

// ParamType is the type of a parameter's values; its default decides it.
type ParamType string

// The types of parameters.
const (
	ParamInt      ParamType = "int"
	ParamFloat    ParamType = "float"
	ParamDuration ParamType = "duration"
	ParamString   ParamType = "string"
)

// Unit is what the numbers of a field count.
type Unit string

// The units.
const (
	UnitNone     Unit = "" // counts and words, and what several fields use in different units
	UnitBytes    Unit = "bytes"
	UnitDuration Unit = "duration" // in Go's spelling, such as 1.5s
	UnitRate     Unit = "1/s"
	UnitPercent  Unit = "percent"
	UnitWeight   Unit = "weight" // in proportion to the others
)

// place is where something stands in a file, counted from 1.
type place = yamlfile.Place

// field is a scalar of a definition: a literal, or the name of a parameter.
type field struct {
	place
	text  string // "$name" for a parameter
	given bool
}

func (f field) param() (string, bool) { return strings.CutPrefix(f.text, "$") }

// fields are the scalars of a mapping, by name. One that is not there was not
// given.
type fields map[string]field

// text returns a field as it was written, or what stands for it where it was
// not given.
func (fs fields) text(name, otherwise string) string {
	if f := fs[name]; f.given {
		return f.text
	}
	return otherwise
}

// used returns a field as it was written, and nothing where that is the same as
// if it had not been given.
func (fs fields) used(name, idle string) string {
	if text := fs[name].text; text != idle {
		return text
	}
	return ""
}

// Ref returns name@version.
func (d *Definition) Ref() string { return fmt.Sprintf("%s@%d", d.Name, d.Version) }

// Text returns the definition's source as it was parsed.
func (d *Definition) Text() []byte { return d.text }

// Bind gives the parameters values, the default to each that params does not
// name, and returns the load and the value of every parameter.
func (d *Definition) Bind(params map[string]string) (*load.Load, map[string]string, error) {
	b := binder{definition: d, values: map[string]string{}}
	for _, p := range d.Params {
		b.values[p.Name] = p.Default
	}
	for name, value := range params {
		canonical, err := d.ParamValue(name, value)
		if err != nil {
			return nil, nil, err
		}
		b.values[name] = canonical
	}
	l := b.load()
	if b.err != nil {
		return nil, nil, b.err
	}
	return l, b.values, nil
}

// ParamValue returns the one spelling of a parameter's value.
func (d *Definition) ParamValue(name, value string) (string, error) {
	i := slices.IndexFunc(d.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return "", d.errorf(place{Line: 1, Column: 1}, "workload %s has no parameter %q%s; it has %s", d.Ref(), name, spelling.Meant(name, d.params()), d.paramNames())
	}
	canonical, err := d.Params[i].Type.canonical(value)
	if err != nil {
		return "", d.errorf(place{Line: 1, Column: 1}, "parameter %s=%s: %v", name, value, err)
	}
	return canonical, nil
}

func (d *Definition) paramNames() string {
	if len(d.Params) == 0 {
		return "none"
	}
	return strings.Join(d.params(), ", ")
}

func (d *Definition) params() []string {
	names := make([]string, len(d.Params))
	for i, p := range d.Params {
		names[i] = p.Name
	}
	return names
}

// canonical returns the one spelling of a value of the type.
func (t ParamType) canonical(text string) (string, error) {
	switch t {
	case ParamInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "", fmt.Errorf("%q is no whole number", text)
		}
		return strconv.FormatInt(n, 10), nil
	case ParamFloat:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return "", fmt.Errorf("%q is no number", text)
		}
		return strconv.FormatFloat(x, 'g', -1, 64), nil
	case ParamDuration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return "", fmt.Errorf("%q is no duration such as 500ms, 10s or 2m", text)
		}
		return d.String(), nil
	}
	return text, nil
}

// typeOf finds the type of a parameter from its default.
func typeOf(text string) ParamType {
	for _, t := range []ParamType{ParamInt, ParamFloat, ParamDuration} {
		if _, err := t.canonical(text); err == nil {
			return t
		}
	}
	return ParamString
}

// Error is a mistake in a definition, or in the parameters given for it.
type Error = yamlfile.Error

func (d *Definition) errorf(at place, format string, args ...any) error {
	return yamlfile.Errorf(d.file, at, format, args...)
}
