package stats

import (
	"maps"
	"slices"
	"strings"
)

// Guarantees says what each store's setups promise, one line for each promise
// with its notes. A store whose setups differ in them has named what tells them
// apart.
func Guarantees(records []Record) []string {
	var lines []string
	for _, store := range GroupBy(records, "store") {
		kinds := map[string][]Record{}
		for _, r := range store.Records {
			kinds[declared(r)] = append(kinds[declared(r)], r)
		}
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			line := store.Values[0]
			if which := distinction(kinds[kind], store.Records, declared); which != "" {
				line += ", " + which
			}
			lines = append(lines, line+": "+kind)
		}
	}
	return lines
}

// unequal warns of records that do not promise the same.
func unequal(records []Record) []string {
	guarantees := GroupBy(records, "durability", promised)
	if len(guarantees) < 2 {
		return nil
	}
	whole := map[string][]Record{}
	for _, store := range GroupBy(records, "store") {
		whole[store.Values[0]] = store.Records
	}
	var kinds []string
	for _, g := range guarantees {
		var names []string
		for _, store := range GroupBy(g.Records, "store") {
			name := store.Values[0]
			if which := distinction(store.Records, whole[name], promise); which != "" {
				name += " with " + which
			}
			names = append(names, name)
		}
		kinds = append(kinds, strings.Join(names, ", ")+": "+promise(g.Records[0]))
	}
	return []string{"unequal guarantees: " + strings.Join(kinds, "; ")}
}

// distinction names the records of a store that promise one thing by what those
// that promise another lack: their numbers of nodes, or else an option or a
// label. It is empty if all promise it.
func distinction(some, all []Record, promise func(Record) string) string {
	var others []Record
	for _, r := range all {
		if promise(r) != promise(some[0]) {
			others = append(others, r)
		}
	}
	if len(others) == 0 {
		return ""
	}
	for _, key := range Series(all) {
		decides := key == "nodes" || key == "reads" || strings.HasPrefix(key, optionPrefix) || strings.HasPrefix(key, labelPrefix)
		values := valuesOf(some, key)
		if !decides || slices.ContainsFunc(valuesOf(others, key), func(v string) bool { return slices.Contains(values, v) }) {
			continue
		}
		if key != "nodes" {
			return short(key) + " " + strings.Join(values, " or ")
		}
		return nodes(values)
	}
	return nodes(valuesOf(some, "nodes"))
}

func valuesOf(records []Record, key string) []string {
	var values []string
	for _, g := range GroupBy(records, key) {
		values = append(values, g.Values[0])
	}
	return values
}

// nodes names numbers of nodes: 1 node, 3 or 5 nodes.
func nodes(numbers []string) string {
	if len(numbers) == 1 && numbers[0] == "1" {
		return "1 node"
	}
	return strings.Join(numbers, " or ") + " nodes"
}

// declared is all that a record's driver says of its setup.
func declared(r Record) string {
	return strings.Join(append([]string{Guarantee(r)}, r.Notes...), "; ")
}

// Guarantee says in words what a record's setup promises, and how many
// connections it has.
func Guarantee(r Record) string { return promise(r) + ", " + connections(r.Connections) }

func promise(r Record) string {
	durability := map[string]string{
		"fsync":  "writes acknowledged after fsync on a majority",
		"memory": "writes acknowledged from memory",
	}[r.Durability]
	if durability == "" {
		durability = "durability " + r.Durability
	}
	return durability + ", " + r.Value(promised) + " reads"
}

func connections(n int) string {
	if n == 0 {
		return "no connections"
	}
	return Count(n, "connection") + " a thread"
}
