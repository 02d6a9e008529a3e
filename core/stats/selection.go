package stats

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// Selection is a filter expression in the syntax of golang.org/x/perf/benchproc,
// such as
//
//	store:etcd nodes:3 threads:(10 OR 50)
//
// over the keys of a record; an empty one selects everything.
type Selection struct {
	text   string
	filter *benchproc.Filter
	keys   []string
}

var (
	quoted    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	namedKeys = regexp.MustCompile(`([^\s():*-][^\s():]*):`)
)

// ParseSelection reads a filter expression.
func ParseSelection(text string) (*Selection, error) {
	s := &Selection{text: strings.TrimSpace(text)}
	query := s.text
	if query == "" {
		query = "*"
	}
	for _, match := range namedKeys.FindAllStringSubmatch(quoted.ReplaceAllString(query, `x`), -1) {
		s.keys = append(s.keys, match[1])
	}
	var err error
	if s.filter, err = benchproc.NewFilter(query); err != nil {
		reason, _, _ := strings.Cut(err.Error(), "\n") // the rest points at the place in a picture
		return nil, fmt.Errorf("selection %q: %s: write key:value, such as store:etcd threads:(10 OR 50)", text, reason)
	}
	for _, key := range s.keys {
		if !knownKey(key) {
			return nil, fmt.Errorf("selection %q: there is no key %q; the keys are %s, %sNAME, %sNAME and %sNAME",
				text, key, strings.Join(fixedKeys, ", "), paramPrefix, optionPrefix, labelPrefix)
		}
	}
	return s, nil
}

func knownKey(key string) bool {
	return slices.Contains(fixedKeys, key) || strings.HasPrefix(key, paramPrefix) ||
		strings.HasPrefix(key, optionPrefix) || strings.HasPrefix(key, labelPrefix)
}

// String returns the expression as it was written.
func (s *Selection) String() string { return s.text }

// Keys returns the keys that the expression names.
func (s *Selection) Keys() []string { return slices.Clone(s.keys) }

// Match reports whether a record is selected.
func (s *Selection) Match(r Record) bool {
	result := benchfmt.Result{Name: benchfmt.Name(r.Op), Iters: 1, Values: []benchfmt.Value{{Value: 1, Unit: "x"}}}
	for _, key := range s.keys {
		result.SetConfig(key, r.Value(key))
	}
	match, err := s.filter.Match(&result)
	return err == nil && match.All()
}

// Select returns the records that match.
func (s *Selection) Select(records []Record) []Record {
	var selected []Record
	for _, r := range records {
		if s.Match(r) {
			selected = append(selected, r)
		}
	}
	return selected
}
