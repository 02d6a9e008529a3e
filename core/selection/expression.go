package selection

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// Expression is a filter in the syntax of golang.org/x/perf/benchproc, such as
//
//	store:etcd nodes:3 threads:(10 OR 50)
//
// An empty one selects everything.
type Expression struct {
	text   string
	filter *benchproc.Filter
	keys   []string
}

var (
	quoted    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	namedKeys = regexp.MustCompile(`([^\s():*-][^\s():]*):`)
)

// Parse reads an expression.
func Parse(text string) (*Expression, error) {
	e := &Expression{text: strings.TrimSpace(text)}
	query := e.text
	if query == "" {
		query = "*"
	}
	for _, match := range namedKeys.FindAllStringSubmatch(quoted.ReplaceAllString(query, `x`), -1) {
		if !slices.Contains(e.keys, match[1]) {
			e.keys = append(e.keys, match[1])
		}
	}
	var err error
	if e.filter, err = benchproc.NewFilter(query); err != nil {
		reason, _, _ := strings.Cut(err.Error(), "\n") // the rest points at the place in a picture
		return nil, fmt.Errorf("selection %q: %s: write key:value, such as store:etcd threads:(10 OR 50)", text, reason)
	}
	for _, key := range e.keys {
		if _, known := Lookup(key); !known {
			return nil, fmt.Errorf("selection %q: there is no key %q; the keys are %s", text, key, Names(func(Key) bool { return true }))
		}
	}
	return e, nil
}

// String returns the expression as it was written.
func (e *Expression) String() string { return e.text }

// Keys returns the keys that the expression names, each once.
func (e *Expression) Keys() []string { return slices.Clone(e.keys) }

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
