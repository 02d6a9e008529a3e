package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/sample"
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

	file   string
	text   []byte
	keys   keysDefinition
	size   field
	phases []phaseDefinition
}

// Param is a parameter of a definition.
type Param struct {
	Name    string
	Type    ParamType
	Default string // in the type's canonical spelling
	Help    string
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

type keysDefinition struct{ space, choose, count field }

type phaseDefinition struct {
	place
	name     string
	warmup   bool
	fill     bool
	mix      []shareDefinition
	mixPlace place
	duration field
	ops      field
}

type shareDefinition struct {
	op     sample.Op
	weight field // its text is "rest" for what the others leave
}

// place is where something stands in a file, counted from 1.
type place = yamlfile.Place

// field is a scalar of a definition: a literal, or the name of a parameter.
type field struct {
	place
	text  string // "$name" for a parameter
	given bool
}

func (f field) param() (string, bool) { return strings.CutPrefix(f.text, "$") }

// rest is the weight that stands for what the others leave to 100.
const rest = "rest"

// Ref returns name@version.
func (d *Definition) Ref() string { return fmt.Sprintf("%s@%d", d.Name, d.Version) }

// Text returns the definition's source as it was parsed.
func (d *Definition) Text() []byte { return d.text }

// Canonical returns the definition's canonical form: JSON with a fixed order
// of fields, defaults filled in and values in one spelling, so that two
// definitions have the same canonical form exactly if they mean the same.
func (d *Definition) Canonical() []byte {
	type share struct {
		Op     sample.Op `json:"op"`
		Weight string    `json:"weight"`
	}
	type phase struct {
		Name   string  `json:"name"`
		Warmup bool    `json:"warmup"`
		Mix    []share `json:"mix"`
		For    string  `json:"for"`
		Ops    string  `json:"ops"`
		Fill   bool    `json:"fill"`
	}
	type param struct {
		Name    string    `json:"name"`
		Type    ParamType `json:"type"`
		Default string    `json:"default"`
	}
	form := struct {
		Name    string  `json:"name"`
		Version int     `json:"version"`
		Seed    uint64  `json:"seed"`
		Params  []param `json:"params"`
		Space   string  `json:"space"`
		Choose  string  `json:"choose"`
		Count   string  `json:"count"`
		Size    string  `json:"size"`
		Phases  []phase `json:"phases"`
	}{
		Name: d.Name, Version: d.Version, Seed: d.Seed,
		Space: d.keys.space.text, Choose: d.keys.choose.text, Count: d.keys.count.text, Size: d.size.text,
		Params: []param{}, Phases: []phase{},
	}
	for _, p := range d.Params {
		form.Params = append(form.Params, param{p.Name, p.Type, p.Default})
	}
	slices.SortFunc(form.Params, func(a, b param) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range d.phases {
		one := phase{Name: p.name, Warmup: p.warmup, For: p.duration.text, Ops: p.ops.text, Fill: p.fill}
		for _, s := range p.mix {
			one.Mix = append(one.Mix, share{s.op, s.weight.text})
		}
		slices.SortFunc(one.Mix, func(a, b share) int { return int(a.Op) - int(b.Op) })
		form.Phases = append(form.Phases, one)
	}
	document, err := json.Marshal(form)
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return document
}

// SHA256 returns the hash of the canonical form in hexadecimal.
func (d *Definition) SHA256() string {
	sum := sha256.Sum256(d.Canonical())
	return hex.EncodeToString(sum[:])
}

// Bind gives the parameters values, the default to each that params does not
// name, and returns the workload and the value of every parameter.
func (d *Definition) Bind(params map[string]string) (*Workload, map[string]string, error) {
	b := binder{definition: d, values: map[string]string{}, given: params}
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
	w := b.workload()
	if b.err != nil {
		return nil, nil, b.err
	}
	return w, b.values, nil
}

// ParamValue returns the one spelling of a parameter's value.
func (d *Definition) ParamValue(name, value string) (string, error) {
	i := slices.IndexFunc(d.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return "", d.errorf(place{Line: 1, Column: 1}, "workload %s has no parameter %q; it has %s", d.Ref(), name, d.paramNames())
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
	names := make([]string, len(d.Params))
	for i, p := range d.Params {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
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

// binder makes a workload of a definition and keeps the first error.
type binder struct {
	definition *Definition
	values     map[string]string
	given      map[string]string
	err        error
}

func (b *binder) workload() *Workload {
	d := b.definition
	w := &Workload{Name: d.Name, Version: d.Version}
	w.Keys.Space = Space(b.oneOf("space", d.keys.space, string(SpaceThread), string(SpaceShared)))
	w.Keys.Choose = Choice(b.oneOf("choose", d.keys.choose, string(ChooseSequential), string(ChooseUniform)))
	shared := w.Keys.Space == SpaceShared
	switch {
	case b.err == nil && shared && !d.keys.count.given:
		b.fail(d.keys.space.place, "a shared key space needs a count: add count, the number of keys that all threads share")
	case b.err == nil && !shared && d.keys.count.given:
		b.fail(d.keys.count.place, "count belongs to a shared key space: a thread's own keys are those it creates")
	case shared:
		w.Keys.Count = int(b.integer("count", d.keys.count, 1, maxKeys))
	}
	w.Values.Size = int(b.integer("size", d.size, 0, maxValueSize))
	for _, p := range d.phases {
		w.Phases = append(w.Phases, b.phase(p, w.Keys.Space))
	}
	return w
}

func (b *binder) phase(p phaseDefinition, space Space) Phase {
	phase := Phase{Name: p.name, Warmup: p.warmup, Fill: p.fill, Mix: b.mix(p)}
	if p.duration.given {
		phase.For = b.duration("for", p.duration)
	}
	if p.ops.given {
		phase.Ops = b.integer("ops", p.ops, 1, math.MaxInt64)
	}
	if !p.fill || b.err != nil {
		return phase
	}
	if space != SpaceShared {
		b.fail(p.place, "phase %s: fill creates the keys of a shared space, and this workload's space is %s", p.name, space)
	} else if len(phase.Mix) != 1 || phase.Mix[0].Op != sample.OpCreate {
		b.fail(p.mixPlace, "phase %s: fill only creates keys: its mix can only be {create: 1}", p.name)
	}
	return phase
}

// mix turns weights into shares that sum to 1.
func (b *binder) mix(p phaseDefinition) []Share {
	var shares []Share
	remainder, sum := -1, 0.0
	for i, s := range p.mix {
		weight := 0.0
		if s.weight.text == rest {
			remainder = i
		} else {
			weight = b.number("the weight of "+s.op.String(), s.weight)
		}
		sum += weight
		shares = append(shares, Share{Op: s.op, Weight: weight})
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
	shares = slices.DeleteFunc(shares, func(s Share) bool { return s.Weight == 0 })
	for i := range shares {
		shares[i].Weight /= sum
	}
	return shares
}

// text returns a field's value, its parameter's where it names one.
func (b *binder) text(f field) string {
	if name, ok := f.param(); ok {
		return b.values[name]
	}
	return f.text
}

// what names a field in an error, with the parameter that its value came from.
func (b *binder) what(name string, f field) string {
	param, ok := f.param()
	if !ok {
		return name
	}
	return fmt.Sprintf("%s (parameter %s)", name, param)
}

func (b *binder) integer(name string, f field, least, most int64) int64 {
	n, err := strconv.ParseInt(b.text(f), 10, 64)
	switch {
	case err != nil:
		b.fail(f.place, "%s: %q is no whole number", b.what(name, f), b.text(f))
	case n < least || n > most:
		b.fail(f.place, "%s: %d is not within %d to %d", b.what(name, f), n, least, most)
	}
	return n
}

func (b *binder) number(name string, f field) float64 {
	x, err := strconv.ParseFloat(b.text(f), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		b.fail(f.place, "%s: %q is no number", b.what(name, f), b.text(f))
	} else if x < 0 {
		b.fail(f.place, "%s: %g is negative", b.what(name, f), x)
	}
	return x
}

func (b *binder) duration(name string, f field) time.Duration {
	d, err := time.ParseDuration(b.text(f))
	if err != nil {
		b.fail(f.place, "%s: %q is no duration such as 500ms, 10s or 2m", b.what(name, f), b.text(f))
	} else if d <= 0 {
		b.fail(f.place, "%s: a phase of %v can never be measured: give it a duration above 0", b.what(name, f), d)
	}
	return d
}

func (b *binder) oneOf(name string, f field, allowed ...string) string {
	if text := b.text(f); slices.Contains(allowed, text) {
		return text
	}
	b.fail(f.place, "%s: %q is none of %s", b.what(name, f), b.text(f), strings.Join(allowed, ", "))
	return ""
}

func (b *binder) fail(at place, format string, args ...any) {
	if b.err == nil {
		b.err = b.definition.errorf(at, format, args...)
	}
}

// Error is a mistake in a definition, or in the parameters given for it.
type Error = yamlfile.Error

func (d *Definition) errorf(at place, format string, args ...any) error {
	return yamlfile.Errorf(d.file, at, format, args...)
}
