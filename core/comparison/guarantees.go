package comparison

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
)

// guarantees says what each store's setups promise, one line for each promise
// with its notes. A store whose setups differ in them has named what tells them
// apart.
func guarantees(runs []*Run) []string {
	declared := func(r *Run) string { return r.declared }
	var lines []string
	for _, store := range selection.GroupBy(runs, "store") {
		kinds := map[string][]*Run{}
		for _, r := range store.Rows {
			kinds[r.declared] = append(kinds[r.declared], r)
		}
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			line := store.Values[0]
			if which := distinction(kinds[kind], store.Rows, declared); which != "" {
				line += ", " + which
			}
			lines = append(lines, line+": "+kind)
		}
	}
	return lines
}

// UnequalGuarantees begins the warning of runs that do not promise the same.
const UnequalGuarantees = "unequal guarantees"

// unequal warns of runs that do not promise the same.
func unequal(runs []*Run) []string {
	promises := selection.GroupBy(runs, "durability", "promised")
	if len(promises) < 2 {
		return nil
	}
	whole := map[string][]*Run{}
	for _, store := range selection.GroupBy(runs, "store") {
		whole[store.Values[0]] = store.Rows
	}
	var kinds []string
	for _, g := range promises {
		var names []string
		for _, store := range selection.GroupBy(g.Rows, "store") {
			name := store.Values[0]
			if which := distinction(store.Rows, whole[name], func(r *Run) string { return r.promise }); which != "" {
				name += " with " + which
			}
			names = append(names, name)
		}
		kinds = append(kinds, strings.Join(names, ", ")+": "+g.Rows[0].promise)
	}
	return []string{UnequalGuarantees + ": " + strings.Join(kinds, "; ")}
}

// distinction names the runs of a store that promise one thing by what those
// that promise another lack: their numbers of nodes, or else an option or a
// label. It is empty if all promise it.
func distinction(some, all []*Run, promise func(*Run) string) string {
	var others []*Run
	for _, r := range all {
		if promise(r) != promise(some[0]) {
			others = append(others, r)
		}
	}
	if len(others) == 0 {
		return ""
	}
	for _, key := range selection.Series(all) {
		decides := key == "nodes" || key == "reads" || strings.HasPrefix(key, selection.OptionPrefix) || strings.HasPrefix(key, selection.EnvPrefix) || strings.HasPrefix(key, selection.LabelPrefix)
		values := selection.ValuesOf(some, key)
		if !decides || slices.ContainsFunc(selection.ValuesOf(others, key), func(v string) bool { return slices.Contains(values, v) }) {
			continue
		}
		if len(values) == 1 && values[0] == "" {
			return "without " + selection.Short(key)
		}
		if key != "nodes" {
			return selection.Short(key) + " " + strings.Join(values, " or ")
		}
		return nodes(values)
	}
	return nodes(selection.ValuesOf(some, "nodes"))
}

// nodes names numbers of nodes: 1 node, 3 or 5 nodes.
func nodes(numbers []string) string {
	if len(numbers) == 1 && numbers[0] == "1" {
		return "1 node"
	}
	return strings.Join(numbers, " or ") + " nodes"
}

// declaredBy is all that a run's driver says of its setup.
func declaredBy(r *Run) string {
	connections := "no connections"
	if n := r.Guarantees.Connections; n > 0 {
		connections = format.Count(n, "connection") + " a thread"
	}
	return strings.Join(append([]string{promiseOf(r) + ", " + connections}, r.Guarantees.Notes...), "; ")
}

// promiseOf says in words what a run's setup promises.
func promiseOf(r *Run) string {
	durability := map[string]string{
		"fsync":  "writes acknowledged after fsync on a majority",
		"memory": "writes acknowledged from memory",
	}[string(r.Guarantees.Durability)]
	if durability == "" {
		durability = "durability " + string(r.Guarantees.Durability)
	}
	return durability + ", " + string(r.reads()) + " reads"
}

// verified says of how many runs the store was found to have done what it
// acknowledged, or nothing if none was checked.
func verified(runs []*Run) []string {
	counts := map[record.Result]int{}
	for _, r := range runs {
		counts[r.Verified]++
	}
	if len(runs) == counts[""] {
		return nil
	}
	line := fmt.Sprintf("what the stores acknowledged was checked and held in %s of %s", format.Integer(counts[record.Held]), format.Count(len(runs), "run"))
	if n := counts[record.Undecided]; n > 0 {
		line += fmt.Sprintf("; in %s it could not be decided", format.Integer(n))
	}
	if n := counts[""]; n > 0 {
		line += fmt.Sprintf("; in %s nothing was checked", format.Integer(n))
	}
	return []string{line}
}
