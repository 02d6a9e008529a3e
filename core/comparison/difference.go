package comparison

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// Differences are what sides of the runs of one workload differ in, each from the
// first of them.
type Differences struct {
	Workload *Workload `json:"-"`
	Ref      string    `json:"workload"`
	Sides    []*Side   `json:"sides"` // the first is what the others are compared with
	Keys     []string  `json:"keys"`  // that tell the rows apart
	Tables   []Table   `json:"tables"`
	Warnings []string  `json:"warnings,omitempty"`
}

// Side is one of those that are compared.
type Side struct {
	Name   string `json:"side"`
	Runs   int    `json:"runs"`
	Blocks int    `json:"blocks,omitempty"` // that it has in common with the first side
	runs   []*Run
}

// Table is one metric of all sides.
type Table struct {
	Metric
	Rows []*Cells `json:"rows"`
}

// Cells is a row: one thing that was measured on several sides.
type Cells struct {
	Values []string `json:"values"` // of the keys
	Phase  string   `json:"phase"`
	Op     string   `json:"op,omitempty"` // empty in what is of a phase
	Name   string   `json:"-"`            // of the operation or the phase
	Cells  []Cell   `json:"cells"`        // one a side
}

// Cell is one side of a row, and how it differs from the first.
type Cell struct {
	Estimate   stats.Estimate    `json:"estimate"`
	Difference *stats.Difference `json:"difference,omitempty"` // nil on the first side, and where one of the two has nothing
	Adjusted   float64           `json:"-"`                    // p, corrected for how many were compared
	Unequal    bool              `json:"unequal_guarantees,omitempty"`
	Verdict    Verdict           `json:"verdict,omitempty"`
}

// MarshalJSON writes p where it is known.
func (c Cell) MarshalJSON() ([]byte, error) {
	type plain Cell // without this method
	document := struct {
		plain
		Adjusted *float64 `json:"p_adjusted,omitempty"`
	}{plain: plain(c)}
	if c.Difference != nil && !math.IsNaN(c.Adjusted) {
		document.Adjusted = &c.Adjusted
	}
	return json.Marshal(document)
}

// Verdict is what can be said of a difference.
type Verdict string

// The verdicts.
const (
	Better    Verdict = "better"
	Worse     Verdict = "worse"
	Different Verdict = "different"           // and with unequal guarantees none is better
	Same      Verdict = "no difference shown" // which is not to say that there is none
	TooFew    Verdict = "too few repeats"
)

// Significance is how often a difference is reported where there is none.
const Significance = 1 - stats.Confidence

// sided is a row of the comparison with its side.
type sided struct {
	*Row
	side int
}

// differ compares sides of the runs of a workload. asked are the keys that tell
// the sides apart on purpose.
func differ(l *Workload, sides []*Side, asked []string) *Differences {
	d := &Differences{Workload: l, Ref: l.Ref(), Sides: sides}
	at := map[*Run]int{}
	for i, s := range sides {
		for _, r := range s.runs {
			at[r] = i
		}
		s.Runs = len(s.runs)
	}
	var rows []sided
	for _, r := range l.Rows {
		if side, is := at[r.Run]; is {
			rows = append(rows, sided{r, side})
		}
	}
	d.Keys = within(sides, asked)
	blocks := blocksOf(sides)
	for _, m := range metricsOf(l) {
		if table := tableOf(l, m, d, rows, blocks); len(table.Rows) > 0 {
			d.Tables = append(d.Tables, table)
		}
	}
	d.Warnings = slices.Concat(besides(sides, d.Keys, asked), apart(sides), costless(sides))
	return d
}

// costless names the sides of which it is not known what their servers used, and why.
func costless(sides []*Side) []string {
	var none, unwritten []string
	for _, s := range sides {
		has := func(known func(record.Cost) bool) bool {
			return slices.ContainsFunc(s.runs, func(r *Run) bool {
				return slices.ContainsFunc(slices.Collect(maps.Values(r.costs)), known)
			})
		}
		switch {
		case !has(func(record.Cost) bool { return true }):
			none = append(none, s.Name)
		case !has(func(c record.Cost) bool { return c.WrittenBytes != nil }):
			unwritten = append(unwritten, s.Name)
		}
	}
	var warnings []string
	if len(none) > 0 {
		warnings = append(warnings, fmt.Sprintf("what the servers of %s used is not known: they have no process of their own here, or no measured phase lasted a whole second", strings.Join(none, " and ")))
	}
	if len(unwritten) > 0 {
		warnings = append(warnings, fmt.Sprintf("what the servers of %s wrote to storage is not known: the system does not count it truly in the data folder", strings.Join(unwritten, " and ")))
	}
	return warnings
}

// within returns the keys that vary among the runs of a side.
func within(sides []*Side, asked []string) []string {
	vary := map[string]bool{}
	var all []*Run
	for _, s := range sides {
		all = append(all, s.runs...)
		for _, key := range selection.Series(s.runs) {
			if selection.Varies(s.runs, key) {
				vary[key] = true
			}
		}
	}
	keys := []string{} // which JSON has even if none varies
	for _, key := range selection.KeysOf(all) {
		if vary[key] && !slices.Contains(asked, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// blocksOf numbers the repeats of experiments: what was measured in one block
// was measured close together, in an order that was drawn.
func blocksOf(sides []*Side) map[*Run]int {
	type repeat struct {
		experiment int64
		repeat     int
	}
	numbers, blocks := map[repeat]int{}, map[*Run]int{}
	for _, s := range sides {
		for _, r := range s.runs {
			of := repeat{r.Experiment, r.Repeat}
			if _, known := numbers[of]; !known {
				numbers[of] = len(numbers)
			}
			blocks[r] = numbers[of]
		}
	}
	first := map[int]bool{}
	for i, s := range sides {
		mine := map[int]bool{}
		for _, r := range s.runs {
			mine[blocks[r]] = true
		}
		if i == 0 {
			first = mine
			continue
		}
		for block := range mine {
			if first[block] {
				s.Blocks++
			}
		}
	}
	return blocks
}

// tableOf compares the sides in one metric.
func tableOf(l *Workload, m Metric, d *Differences, rows []sided, blocks map[*Run]int) Table {
	t := Table{Metric: m}
	parts := m.Parts(l)
	if m.Name == string(workload.FigureThroughput) && l.Mixed() {
		parts = append(slices.Clone(parts), Part{Phase: l.Phases[0], Name: "all"})
		rows = slices.Concat(rows, totals(rows))
	}
	keys := append(slices.Clone(d.Keys), "phase")
	if !m.phase {
		keys = append(keys, "op")
	}
	groups := selection.GroupBy(rows, keys...)
	places := selection.GroupBy(rows, d.Keys...)
	for _, place := range places {
		for _, part := range parts {
			of := append(slices.Clone(place.Values), part.Phase)
			if !m.phase {
				of = append(of, part.Op)
			}
			i := slices.IndexFunc(groups, func(g selection.Group[sided]) bool { return slices.Equal(g.Values, of) })
			if i < 0 {
				continue
			}
			c := &Cells{Values: append([]string{}, place.Values...), Phase: part.Phase, Op: part.Op, Name: part.Name}
			if c.fill(m, groups[i].Rows, len(d.Sides), blocks) {
				t.Rows = append(t.Rows, c)
			}
		}
	}
	return t
}

// totals are rows of all operations of a phase together.
func totals(rows []sided) []sided {
	sides, of := map[*Run]int{}, make([]*Row, len(rows))
	for i, r := range rows {
		sides[r.Run], of[i] = r.side, r.Row
	}
	var all []sided
	for _, total := range Totals(of) {
		all = append(all, sided{total, sides[total.Run]})
	}
	return all
}

// fill computes the cells of a row, and reports whether any side has a figure.
func (c *Cells) fill(m Metric, rows []sided, sides int, blocks map[*Run]int) bool {
	values := make([][]stats.Value, sides)
	promises := make([]map[string]bool, sides)
	seen := map[*Run]bool{}
	for _, r := range rows {
		if m.phase && seen[r.Run] {
			continue // a phase has one figure, whatever its operations
		}
		seen[r.Run] = true
		if value, is := m.of(r.Row); is {
			values[r.side] = append(values[r.side], stats.Value{Block: blocks[r.Run], Value: value})
			if promises[r.side] == nil {
				promises[r.side] = map[string]bool{}
			}
			promises[r.side][r.promise] = true
		}
	}
	known := false
	for side := range sides {
		cell := Cell{}
		if len(values[side]) > 0 {
			known = true
			numbers := make([]float64, len(values[side]))
			for i, v := range values[side] {
				numbers[i] = v.Value
			}
			cell.Estimate = stats.Summarize(numbers)
		}
		if side > 0 && len(values[0]) > 0 && len(values[side]) > 0 {
			difference := stats.Compare(values[0], values[side])
			cell.Difference = &difference
			cell.Unequal = !maps.Equal(promises[0], promises[side])
		}
		c.Cells = append(c.Cells, cell)
	}
	return known
}

// Judge corrects all differences for how many there are, decides what can be said
// of each, and returns how many were compared.
func Judge(all []*Differences) int {
	var cells []*Cell
	var better []string
	var ps []float64
	for _, d := range all {
		for _, t := range d.Tables {
			for _, row := range t.Rows {
				for i := range row.Cells {
					cell := &row.Cells[i]
					if cell.Difference == nil {
						continue
					}
					p := cell.Difference.P
					if !cell.Difference.Enough {
						p = math.NaN() // it could not be small, so it is none of those that are corrected for
					}
					cells, better, ps = append(cells, cell), append(better, t.Better), append(ps, p)
				}
			}
		}
	}
	judged := 0
	for i, p := range stats.Adjust(ps) {
		cell := cells[i]
		cell.Adjusted = p
		shown := cell.Difference.Enough && p <= Significance
		if cell.Difference.Enough {
			judged++
		}
		switch {
		case !cell.Difference.Enough:
			cell.Verdict = TooFew
		case !shown:
			cell.Verdict = Same
		case cell.Unequal:
			cell.Verdict = Different
		case cell.Difference.Effect > 0 == (better[i] == "higher"):
			cell.Verdict = Better
		default:
			cell.Verdict = Worse
		}
	}
	return judged
}

// besides warns of what differs between the sides beside what was asked for.
func besides(sides []*Side, keys, asked []string) []string {
	var warnings []string
	for _, other := range sides[1:] {
		pair := slices.Concat(sides[0].runs, other.runs)
		stores := selection.Varies(pair, "store")
		var of []string
		for _, name := range selection.KeysOf(pair) {
			key, _ := selection.Lookup(name)
			a, b := selection.ValuesOf(sides[0].runs, name), selection.ValuesOf(other.runs, name)
			switch {
			case slices.Equal(a, b), key.Role == selection.Single, slices.Contains(keys, name), slices.Contains(asked, name):
				continue
			case stores && (name == "store" || name == "plugin" || key.Role == selection.Property):
				continue // each store has its own
			case name == "durability" || name == "promised" || name == selection.LabelPrefix+selection.SetupLabel:
				continue // the guarantees are said elsewhere, and a setup's name says nothing
			}
			of = append(of, fmt.Sprintf("%s (%s and %s)", name, listed(a), listed(b)))
		}
		if len(of) > 0 {
			warnings = append(warnings, fmt.Sprintf("%s and %s differ in more than was asked: %s", sides[0].Name, other.Name, strings.Join(of, ", ")))
		}
	}
	return warnings
}

// listed writes the values that a side has of a key.
func listed(values []string) string {
	if len(values) == 1 && values[0] == "" {
		return "none"
	}
	return strings.Join(values, ", ")
}

// apart warns of sides that were not measured in the same blocks.
func apart(sides []*Side) []string {
	var warnings []string
	for _, other := range sides[1:] {
		if other.Blocks == 0 {
			warnings = append(warnings, fmt.Sprintf("%s and %s have no repeat in common: what has changed on the machine between them is in the difference; run them in one experiment to keep it out",
				sides[0].Name, other.Name))
		}
	}
	return warnings
}
