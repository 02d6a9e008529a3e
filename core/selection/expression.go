package selection

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// Expression selects by the values of keys, in words that are safe to type in a
// shell:
//
//	store:etcd nodes:3 threads:10,50 NOT op:delete since:2026-01-01 last:5
//
// Commas separate alternatives, FROM..TO is a range. It is a filter of
// golang.org/x/perf/benchproc beside that, with parentheses, OR, quotes and
// regular expressions. An empty one selects everything.
type Expression struct {
	text   string
	filter *benchproc.Filter
	keys   []string
	spans  []spanOf
	terms  []string
	// choices are the values of all terms.
	choices []choice
	last    int
}

// spanOf is a range that the value of a key is compared with. The filter sees
// it as a key of its own.
type spanOf struct {
	key  int // in keys
	name string
	span span
}

// within is the value of that key.
const within = "within"

// Parse reads an expression.
func Parse(text string) (*Expression, error) {
	e := &Expression{text: strings.TrimSpace(text)}
	query, err := translate(e)
	if err != nil {
		return nil, fmt.Errorf("selection %q: %w", text, err)
	}
	if strings.TrimSpace(query) == "" {
		query = "*"
	}
	if e.filter, err = benchproc.NewFilter(query); err != nil {
		reason, _, _ := strings.Cut(err.Error(), "\n") // the rest points at the place in a picture
		return nil, fmt.Errorf("selection %q: %s: write key:value, such as store:etcd threads:10,50 NOT op:delete", text, reason)
	}
	return e, nil
}

// String returns the expression as it was written.
func (e *Expression) String() string { return e.text }

// Keys returns the keys that the expression names, each once.
func (e *Expression) Keys() []string { return slices.Clone(e.keys) }

// Last is how many of the selected runs are meant, counted from the newest, or 0
// for all of them.
func (e *Expression) Last() int { return e.last }

// Terms returns the terms of the expression, each as an expression.
func (e *Expression) Terms() []*Expression {
	var terms []*Expression
	for _, text := range e.terms {
		if term, err := Parse(text); err == nil {
			terms = append(terms, term)
		}
	}
	return terms
}

// OfOperations reports whether it tells operations of a run apart.
func (e *Expression) OfOperations() bool {
	return slices.ContainsFunc(e.keys, func(name string) bool {
		key, _ := Lookup(name)
		return key.Of == Operations
	})
}

// Match reports whether something is selected that has these values, which are
// of Keys, in their order.
func (e *Expression) Match(values []string) bool {
	result := benchfmt.Result{Iters: 1, Values: []benchfmt.Value{{Value: 1, Unit: "x"}}}
	for i, key := range e.keys {
		result.SetConfig(key, values[i])
	}
	for _, s := range e.spans {
		if s.span.holds(values[s.key]) {
			result.SetConfig(s.name, within)
		}
	}
	match, err := e.filter.Match(&result)
	return err == nil && match.All()
}

// Matcher returns a function like Match that decides on the same values once.
func (e *Expression) Matcher() func(values []string) bool {
	decided := map[string]bool{}
	var id []byte
	return func(values []string) bool {
		id = appendID(id[:0], values)
		match, known := decided[string(id)]
		if !known {
			match = e.Match(values)
			decided[string(id)] = match
		}
		return match
	}
}

func appendID(id []byte, values []string) []byte {
	for _, value := range values {
		id = append(append(id, value...), 0)
	}
	return id
}
