package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/workload"
)

// questions are what the workloads ask, each once.
func (r Review) questions() []string {
	var asked []string
	for _, l := range r.Workloads {
		if l.Question != "" {
			asked = append(asked, fmt.Sprintf("%s: %s.", l.Ref(), strings.TrimSuffix(l.Question, ".")))
		}
	}
	return asked
}

// answers are sentences: of each side what it does against the first one, in what
// answers the question, and how sure that is.
func (r Review) answers() []string {
	var all []string
	for _, l := range r.Workloads {
		of := ""
		if len(r.Workloads) > 1 {
			of = l.Ref() + ": "
		}
		d := r.differences(l)
		if d == nil || len(d.Tables) == 0 {
			for _, text := range medians(l) {
				all = append(all, of+text)
			}
			continue
		}
		t := decisive(l, d)
		for side := 1; side < len(d.Sides); side++ {
			if text := verdict(d, t, side); text != "" {
				all = append(all, of+text)
			}
		}
	}
	return all
}

// medians say what there is where nothing is compared.
func medians(l *comparison.Workload) []string {
	f := l.Answers.Figures[len(l.Answers.Figures)-1]
	var all []string
	for _, s := range l.Series {
		for _, part := range l.Answering() {
			if e := s.Answer(f, part); e.N > 0 {
				all = append(all, fmt.Sprintf("%s: %s %s of %s, the median of %s. Nothing else was selected to compare it with.",
					s.Name, headings[f], joined(written(f, e)), part.Name, format.Count(e.N, "run")))
			}
		}
	}
	return all
}

// decisive is the table of what answers the question first: a rate that was found,
// throughput, or a latency.
func decisive(l *comparison.Workload, d *comparison.Differences) comparison.Table {
	var names []string
	for _, f := range []workload.Figure{workload.FigureRate, workload.FigureP99, workload.FigureP999, workload.FigureP90, workload.FigureP50, workload.FigureMax} {
		if l.Answers.Has(f) {
			names = append(names, string(f))
		}
	}
	if l.Answers.Has(workload.FigurePerThread) {
		names = []string{string(workload.FigureThroughput)}
	}
	for _, name := range names {
		if i := slices.IndexFunc(d.Tables, func(t comparison.Table) bool { return t.Name == name }); i >= 0 {
			return d.Tables[i]
		}
	}
	return d.Tables[0]
}

// tally is how often a side differs from the first one in a way, and by how much.
type tally struct {
	cases     int
	low, high float64
	p         float64 // the greatest
	needed    int     // repeats, where there are too few
}

func (t *tally) add(share float64) {
	if t.cases == 0 {
		t.low, t.high = share, share
	}
	t.cases++
	t.low, t.high = min(t.low, share), max(t.high, share)
}

// by writes the range of shares.
func (t tally) by(write func(float64) string) string {
	if write(t.low) == write(t.high) {
		return write(t.low)
	}
	return write(t.low) + " to " + write(t.high)
}

// verdict says what a side does against the first one, or nothing if they have
// nothing in common.
func verdict(d *comparison.Differences, t comparison.Table, side int) string {
	var higher, lower, same, few tally
	detectable, all, unequal := 0.0, 0, false
	for _, row := range t.Rows {
		c := row.Cells[side]
		if c.Difference == nil {
			continue
		}
		all++
		switch c.Verdict {
		case comparison.TooFew:
			few.add(c.Difference.Effect)
			few.needed = max(few.needed, c.Difference.Needed)
		case comparison.Same:
			same.add(c.Difference.Effect)
			if !math.IsNaN(c.Difference.Detectable) {
				detectable = max(detectable, c.Difference.Detectable)
			}
		default:
			of := &lower
			if c.Difference.Effect > 0 {
				of = &higher
			}
			of.add(math.Abs(c.Difference.Effect))
			of.p, unequal = max(of.p, c.Adjusted), unequal || c.Verdict == comparison.Different
		}
	}
	if all == 0 {
		return ""
	}
	var said []string
	for _, of := range []struct {
		word string
		tally
	}{{"higher", higher}, {"lower", lower}} {
		if of.cases > 0 {
			said = append(said, fmt.Sprintf("%s in %s, by %s (p %s in each, corrected for all differences in the tables)",
				of.word, cases(of.cases, all), of.by(func(share float64) string { return format.Number(100*share) + " %" }), atMost(of.p)))
		}
	}
	if same.cases > 0 {
		text := fmt.Sprintf("no difference is shown in %s, where the medians differ by %s", cases(same.cases, all), same.by(format.Change))
		if detectable > 0 {
			text += fmt.Sprintf(" and one of %s would have been shown in 80 %% of such comparisons", format.Share(detectable))
		}
		said = append(said, text)
	}
	if few.cases > 0 {
		said = append(said, fmt.Sprintf("nothing can be said in %s: it takes %s, and the medians differ by %s", cases(few.cases, all), format.Count(few.needed, "repeat"), few.by(format.Change)))
	}
	none := ""
	if unequal {
		none = fmt.Sprintf(" Neither is called better: %s and %s do not promise the same.", d.Sides[side].Name, d.Sides[0].Name)
	}
	return fmt.Sprintf("%s against %s, %s (%s is better): %s.%s", d.Sides[side].Name, d.Sides[0].Name, t.Name, t.Better, strings.Join(said, "; "), none)
}

func atMost(p float64) string {
	text := format.Probability(p)
	if strings.HasPrefix(text, "<") {
		return text
	}
	return "at most " + text
}

// cases says in how many of all.
func cases(n, all int) string {
	switch {
	case n == all && all == 1:
		return "the one case"
	case n == all:
		return "all " + format.Count(all, "case")
	}
	return format.Integer(n) + " of " + format.Count(all, "case")
}

// decided is the section with what differs: a table of what decides, and the others.
func decided(l *comparison.Workload, d *comparison.Differences) Section {
	first := decisive(l, d)
	s := Section{Title: "Verdict", Under: true, Text: []string{fmt.Sprintf(
		"Each %s against %s, the first in order.", contrast(l), d.Sides[0].Name)}}
	for _, t := range append([]comparison.Table{first}, slices.DeleteFunc(slices.Clone(d.Tables), func(t comparison.Table) bool { return t.Name == first.Name })...) {
		if table := Verdict(d, t); len(table.Rows) > 0 {
			s.Tables = append(s.Tables, Named{t.Name + ": " + t.Help, table})
		}
	}
	s.Groups = []Group{{Notes: []string{sentence(Judged([]*comparison.Differences{d})) + "."}}}
	return s
}

// Verdict is the table of one metric with a row for each side but the first: it is
// as wide for many sides as for two.
func Verdict(d *comparison.Differences, t comparison.Table) Table {
	var table Table
	for i, key := range d.Keys {
		table.Columns = append(table.Columns, Column{selection.Short(key), numbers(t.Rows, i)})
	}
	table.Columns = append(table.Columns, Column{of(t), false}, Column{contrast(d.Workload), false}, Column{"verdict", false}, Column{"difference", true}, Column{"95 % interval", false},
		Column{"median", true}, Column{"of " + d.Sides[0].Name, true}, Column{"p", true}, Column{"repeats", false})
	for _, row := range t.Rows {
		for i, cell := range row.Cells {
			if i == 0 || cell.Difference == nil {
				continue
			}
			said := differing(cell)
			table.Rows = append(table.Rows, append(slices.Clone(row.Values), row.Name, d.Sides[i].Name, said[4], said[0], said[1],
				joined(figure(t.Unit, cell.Estimate)), joined(figure(t.Unit, row.Cells[0].Estimate)), said[2], said[3]))
		}
	}
	return table
}
