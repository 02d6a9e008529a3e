package stats

import (
	"slices"
	"strings"
)

// Guarantees says what each store's setups promise, one line for each promise.
// A store whose setups promise different things has named what tells them
// apart.
func Guarantees(records []Record) []string {
	var lines []string
	for _, store := range GroupBy(records, "store") {
		for _, g := range GroupBy(store.Records, "durability", promised) {
			line := store.Values[0]
			if which := which(g.Records, store.Records); which != "" {
				line += ", " + which
			}
			line += ": " + Guarantee(g.Records[0])
			var notes []string
			for _, r := range g.Records {
				for _, note := range r.Notes {
					if !slices.Contains(notes, note) {
						notes = append(notes, note)
						line += "; " + note
					}
				}
			}
			lines = append(lines, line)
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
			if which := which(store.Records, whole[name]); which != "" {
				name += " with " + which
			}
			names = append(names, name)
		}
		kinds = append(kinds, strings.Join(names, ", ")+": "+promise(g.Records[0]))
	}
	return []string{"unequal guarantees: " + strings.Join(kinds, "; ")}
}

// which names the records of a store that promise one thing by what those that
// promise another lack: their numbers of nodes, or else an option or a label.
// It is empty if all promise it.
func which(some, all []Record) string {
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
