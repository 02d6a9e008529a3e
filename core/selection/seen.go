package selection

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/spelling"
)

// choice is a value of a term as it was written, and what it is looked for by.
type choice struct {
	text   string // such as store:etcd
	keys   []int  // in the expression's, whose values together are to be the value
	value  string
	listed bool // by ValuesOfKey: no slip of the finger comes this far
	exact  bool // it stands for itself, and is no range or regular expression
}

// Missing is what an expression names and nothing has.
type Missing struct {
	Text  string // such as store:ectd
	Key   string // that nothing has a value of, such as param.szie; empty: others have one
	Meant string // the value that was probably meant, or empty
}

// Seen collects what values of an expression's keys there are, to find which of
// its words match nothing: they are misspelt perhaps, even where enough is
// selected by the others.
type Seen struct {
	choices []choice
	keys    []string
	values  []map[string]bool // by choice
}

// Seen returns a collection that is empty.
func (e *Expression) Seen() *Seen {
	s := &Seen{keys: e.keys}
	for _, c := range e.choices {
		if !c.listed {
			s.choices = append(s.choices, c)
			s.values = append(s.values, map[string]bool{})
		}
	}
	return s
}

// Add takes what has these values, which are of Keys, in their order.
func (s *Seen) Add(values []string) {
	for i, c := range s.choices {
		value := values[c.keys[0]]
		for _, key := range c.keys[1:] {
			value += versionSign + values[key]
		}
		if !s.values[i][value] {
			s.values[i][strings.Clone(value)] = true
		}
	}
}

// Missing returns what nothing that was added has.
func (s *Seen) Missing() []Missing {
	var missing []Missing
	for i, c := range s.choices {
		seen := s.values[i]
		key := s.keys[c.keys[0]]
		m := Missing{Text: c.text}
		switch _, given := Lookup(key); {
		case len(seen) == 0 || c.exact && seen[c.value]:
			continue
		case given && strings.Contains(key, ".") && len(seen) == 1 && seen[""]:
			m.Key = key
		case !c.exact:
			continue
		case !quantityOf(c.value).known():
			m.Meant = spelling.Nearest(c.value, slices.Sorted(maps.Keys(seen)))
		}
		if !slices.ContainsFunc(missing, func(other Missing) bool { return other.Text == m.Text }) {
			missing = append(missing, m)
		}
	}
	return missing
}

// UnknownKey is the error of a key that there is not.
type UnknownKey struct {
	Key  string
	Near []string // keys with a prefix that were meant perhaps
}

func (e *UnknownKey) Error() string {
	meant := spelling.Meant(e.Key, words())
	if len(e.Near) > 0 {
		meant = fmt.Sprintf(" (did you mean %s?)", strings.Join(e.Near, " or "))
	}
	return fmt.Sprintf("there is no key %q%s; the keys are %s", e.Key, meant, Names(func(Key) bool { return true }))
}

// Meant looks for the key among those with a prefix, such as param.rate: for all
// that have its name behind it, or else for the nearest.
func (e *UnknownKey) Meant(keys []string) {
	e.Near = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return Short(key) != e.Key })
	if len(e.Near) > 0 || spelling.Nearest(e.Key, words()) != "" {
		return
	}
	var names []string
	for _, key := range keys {
		names = append(names, Short(key))
	}
	if i := slices.Index(names, spelling.Nearest(e.Key, names)); i >= 0 {
		e.Near = []string{keys[i]}
	}
}
