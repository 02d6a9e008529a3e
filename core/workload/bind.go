package workload

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/benchctl/benchctl/core/load"
)

// binder makes the load of a definition and keeps the first error.
type binder struct {
	definition *Definition
	values     map[string]string // of the parameters
	err        error
}

func (b *binder) load() *load.Load {
	d := b.definition
	l := &load.Load{Name: d.Name, Version: d.Version}
	l.Keys = b.bindKeys(d.keys)
	b.keep(place{Line: 1, Column: 1}, d.keys, l.Keys.Breach())
	l.Values = b.bindValues(d)
	b.keep(cmp.Or(d.sizesPlace, place{Line: 1, Column: 1}), d.values, l.Values.Breach())
	for _, p := range d.phases {
		l.Phases = append(l.Phases, b.phase(p, l))
	}
	return l
}

// keep turns a breach of the rules into an error at its field, or at the whole
// that it belongs to.
func (b *binder) keep(whole place, fs fields, broken *load.Breach) {
	if broken == nil {
		return
	}
	if f, ok := fs[broken.Field]; ok {
		whole = f.place
	}
	b.fail(whole, "%s", broken.Problem)
}

func (b *binder) fail(at place, format string, args ...any) {
	if b.err == nil {
		b.err = b.definition.errorf(at, format, args...)
	}
}

// value returns a field's value, its parameter's where it names one.
func (b *binder) value(f field) string {
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

// The methods below return a field's value, or zero where it was not given.

func (b *binder) integer(fs fields, name string, s load.Span[int64]) int64 {
	f := fs[name]
	if !f.given {
		return 0
	}
	n, err := strconv.ParseInt(b.value(f), 10, 64)
	if err != nil {
		b.fail(f.place, "%s: %q is no whole number", b.what(name, f), b.value(f))
	} else if problem := s.Refuse(n); problem != "" {
		b.fail(f.place, "%s: %s", b.what(name, f), problem)
	}
	return n
}

func (b *binder) number(fs fields, name string, s load.Span[float64]) float64 {
	f := fs[name]
	if !f.given {
		return 0
	}
	x, err := strconv.ParseFloat(b.value(f), 64)
	if err != nil {
		b.fail(f.place, "%s: %q is no number", b.what(name, f), b.value(f))
	} else if problem := s.Refuse(x); problem != "" {
		b.fail(f.place, "%s: %s", b.what(name, f), problem)
	}
	return x
}

func (b *binder) duration(fs fields, name string) time.Duration {
	f := fs[name]
	if !f.given {
		return 0
	}
	d, err := time.ParseDuration(b.value(f))
	if err != nil {
		b.fail(f.place, "%s: %q is no duration such as 500ms, 10s or 2m", b.what(name, f), b.value(f))
	}
	return d
}

func bindWord[T ~string](b *binder, fs fields, name string, allowed load.Words[T]) T {
	f := fs[name]
	if !f.given {
		return ""
	}
	word := T(b.value(f))
	if !slices.Contains(allowed, word) {
		b.fail(f.place, "%s: %q is none of %s", b.what(name, f), word, allowed)
	}
	return word
}

// weight returns the weight of something that is drawn by lot.
func (b *binder) weight(of string, f field) float64 {
	name := "the weight of " + of
	x, err := strconv.ParseFloat(b.value(f), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		b.fail(f.place, "%s: %q is no number", b.what(name, f), b.value(f))
	} else if x < 0 {
		b.fail(f.place, "%s: %g is negative", b.what(name, f), x)
	}
	return x
}
