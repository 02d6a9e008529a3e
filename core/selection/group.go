package selection

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/sample"
)

// Row is what is grouped.
type Row interface {
	// Value returns the row's value of a key, and "" for one that it lacks.
	Value(key string) string
	Given() Given
}

// Given are the parameters of a row's workload, the options of its store, the
// environment variables that were added and its labels.
type Given struct{ Params, Options, Env, Labels map[string]string }

// Value returns the value of a key of one of them.
func (g Given) Value(key string) string {
	prefix, name, _ := strings.Cut(key, ".")
	switch prefix + "." {
	case ParamPrefix:
		return g.Params[name]
	case OptionPrefix:
		return g.Options[name]
	case EnvPrefix:
		return g.Env[name]
	case LabelPrefix:
		return g.Labels[name]
	}
	return ""
}

// Group is the rows that agree in all of some keys.
type Group[R Row] struct {
	Values []string // of the keys
	Rows   []R
}

// GroupBy puts rows that agree in keys together, in a fixed order: numbers and
// durations by size, operations as they are listed in core/sample, all else by
// name, in which digits are numbers.
func GroupBy[R Row](rows []R, keys ...string) []Group[R] {
	var groups []Group[R]
	at := map[string]int{}
	values := make([]string, len(keys))
	var id []byte
	for _, row := range rows {
		for i, key := range keys {
			values[i] = row.Value(key)
		}
		id = appendID(id[:0], values)
		i, known := at[string(id)]
		if !known {
			i = len(groups)
			at[string(id)] = i
			groups = append(groups, Group[R]{Values: slices.Clone(values)})
		}
		groups[i].Rows = append(groups[i].Rows, row)
	}
	slices.SortStableFunc(groups, func(a, b Group[R]) int { return Order(keys, a.Values, b.Values) })
	return groups
}

// Order compares values of keys as GroupBy orders them.
func Order(keys, a, b []string) int {
	for i, key := range keys {
		if order := compare(key, a[i], b[i]); order != 0 {
			return order
		}
	}
	return 0
}

func compare(key, a, b string) int {
	if a == b {
		return 0
	}
	if key == "op" {
		x, errX := sample.ParseOp(a)
		y, errY := sample.ParseOp(b)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	d, errD := time.ParseDuration(a)
	e, errE := time.ParseDuration(b)
	if errD == nil && errE == nil {
		return cmp.Compare(d, e)
	}
	return natural(a, b)
}

// ValuesOf returns the values that rows have of a key, each once, in order.
func ValuesOf[R Row](rows []R, key string) []string {
	seen := map[string]bool{}
	var values []string
	for _, row := range rows {
		if value := row.Value(key); !seen[value] {
			seen[value] = true
			values = append(values, value)
		}
	}
	slices.SortFunc(values, func(a, b string) int { return compare(key, a, b) })
	return values
}

// KeysOf returns the names of all keys of which some of the rows has a value.
func KeysOf[R Row](rows []R) []string {
	more := map[string]bool{}
	for _, row := range rows {
		given := row.Given()
		for name := range given.Params {
			more[ParamPrefix+name] = true
		}
		for name := range given.Options {
			more[OptionPrefix+name] = true
		}
		for name := range given.Env {
			more[EnvPrefix+name] = true
		}
		for name := range given.Labels {
			more[LabelPrefix+name] = true
		}
	}
	names := make([]string, len(Keys))
	for i, key := range Keys {
		names[i] = key.Name
	}
	return append(names, slices.Sorted(maps.Keys(more))...)
}

// Series returns the keys that tell the series among rows apart: store, nodes
// and threads, and whatever else differs among them that is not of a single run.
// What decides how a run was executed is among them where a series would
// otherwise mix it.
func Series[R Row](rows []R) []string {
	var keys []string
	var stores []Group[R]
	for _, name := range KeysOf(rows) {
		key, _ := Lookup(name)
		switch {
		case key.Role == Always:
			keys = append(keys, name)
		case key.Role == Choice && Varies(rows, name):
			keys = append(keys, name)
		case key.Role == Property:
			if stores == nil {
				stores = GroupBy(rows, "store")
			}
			if slices.ContainsFunc(stores, func(store Group[R]) bool { return Varies(store.Rows, name) }) {
				keys = append(keys, name)
			}
		}
	}
	series := GroupBy(rows, keys...)
	for _, key := range Keys {
		mixed := func(g Group[R]) bool { return Varies(g.Rows, key.Name) }
		if key.Role == Decides && slices.ContainsFunc(series, mixed) {
			keys = append(keys, key.Name)
		}
	}
	return keys
}

// Varies reports whether rows differ in a key.
func Varies[R Row](rows []R, key string) bool {
	if len(rows) == 0 {
		return false
	}
	first := rows[0].Value(key)
	return slices.ContainsFunc(rows, func(row R) bool { return row.Value(key) != first })
}

// Name names a series by the values of the keys that tell it apart.
func Name(keys, values []string) string {
	var parts []string
	for i, key := range keys {
		if values[i] == "" {
			continue // an option or label that only others have
		}
		switch key {
		case "store", "workload":
			parts = append(parts, values[i])
		case "nodes", "threads":
			n, _ := strconv.Atoi(values[i])
			parts = append(parts, format.Count(n, strings.TrimSuffix(key, "s")))
		default:
			parts = append(parts, Short(key)+" "+values[i])
		}
	}
	return strings.Join(parts, ", ")
}
