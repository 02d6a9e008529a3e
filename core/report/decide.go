package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
)

// Decisions are what an experiment that runs until it is decided has come to.
type Decisions struct {
	Margin float64 `json:"margin"` // within which two sides count as equal, as a share
	Looks  []int   `json:"looks"`  // numbers of blocks
	Level  float64 `json:"level"`  // that p must come down to at any of them

	Pairs []comparison.Decided `json:"pairs"`
}

// NewDecisions makes the document.
func NewDecisions(d comparison.Deciding, pairs []comparison.Decided) *Decisions {
	return &Decisions{d.Margin, d.Looks.At, d.Looks.Level, pairs}
}

// Margin writes the margin within which two sides count as equal.
func Margin(share float64) string { return format.Exact(100*share) + " %" }

// NamesOf names pairs, and says once what all of their sides have in common, if
// that is the same.
func NamesOf(pairs []comparison.Decided) (names []string, both string) {
	same := !slices.ContainsFunc(pairs, func(pair comparison.Decided) bool { return pair.Both != pairs[0].Both })
	for _, pair := range pairs {
		name := fmt.Sprintf("%s against %s", pair.B, pair.A)
		if !same {
			name += fmt.Sprintf(" (%s)", pair.Both)
		}
		names = append(names, name)
	}
	if same && len(pairs) > 0 {
		both = pairs[0].Both
	}
	return names, both
}

// Foretell says what it means that an experiment runs until it is decided.
func (d *Decisions) Foretell(w io.Writer) {
	open := slices.DeleteFunc(slices.Clone(d.Pairs), func(pair comparison.Decided) bool { return pair.Decided })
	if len(open) == 0 {
		return
	}
	names, both := NamesOf(open)
	of, are := "", "are"
	if both != "" {
		of = " of " + both
	}
	if len(names) == 1 {
		are = "is"
	}
	fmt.Fprintf(w, "It ends when %s%s %s decided with a margin of %s; looks are after %s. What is in no undecided pair is run no more.\n",
		format.Count(len(names), "pair"), of, are, Margin(d.Margin), blocks(d.Looks))
	for _, name := range names {
		fmt.Fprintf(w, "  %s\n", name)
	}
}

// Print prints how each pair was decided.
func (d *Decisions) Print(w io.Writer) error {
	names, both := NamesOf(d.Pairs)
	fmt.Fprintf(w, "\ndecided with a margin of %s", Margin(d.Margin))
	if both != "" {
		fmt.Fprintf(w, ": %s", both)
	}
	fmt.Fprint(w, "\n\n")
	t := Table{Columns: []Column{{"pair", false}, {"", false}, {"metric", false}, {"difference", true}, {"", false}, {"blocks", true}, {"", false}}}
	decided, undecided := 0, 0
	for i, pair := range d.Pairs {
		if len(pair.Parts) == 0 {
			t.Rows = append(t.Rows, []string{names[i], "", "", "–", "", "0", string(comparison.Undecided)})
			undecided++
		}
		for _, look := range pair.Parts {
			if look.Decision == comparison.Undecided {
				undecided++
			} else {
				decided++
			}
			t.Rows = append(t.Rows, append([]string{names[i], look.Name, look.Metric}, d.decision(look)...))
		}
	}
	if err := t.Write(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	note := "looked at after " + blocks(d.Looks)
	if decided > 0 {
		note += fmt.Sprintf("; %s, each wrong in less than 5 %% of experiments, all looks together", format.Count(decided, "decision"))
	}
	if undecided > 0 {
		note += fmt.Sprintf("; %s undecided", format.Integer(undecided))
	}
	Notes(w, "·", []string{note})
	return nil
}

// decision writes how a part differs, after how many blocks, and what that decides.
func (d *Decisions) decision(look comparison.Look) []string {
	if look.Difference == nil {
		return []string{"–", "", format.Integer(look.Blocks), string(look.Decision)}
	}
	said := string(look.Decision)
	if look.Decision == comparison.DecidedEqual {
		said = "equal within " + Margin(d.Margin)
	}
	return []string{format.Change(look.Difference.Effect), format.Changes(look.Difference.Low, look.Difference.High), format.Integer(look.Difference.A), said}
}

// blocks lists numbers of blocks.
func blocks(at []int) string {
	texts := make([]string, len(at))
	for i, n := range at {
		texts[i] = format.Integer(n)
	}
	if last := len(texts) - 1; last > 0 {
		return fmt.Sprintf("%s and %s blocks", strings.Join(texts[:last], ", "), texts[last])
	}
	return format.Count(at[0], "block")
}

// Looked says in a few words what a look at a pair has come to.
func Looked(name string, pair comparison.Decided) string {
	var decided, open []string
	n := 0
	for _, look := range pair.Parts {
		if look.Difference != nil {
			n = max(n, look.Difference.A)
		}
		if look.Decision == comparison.Undecided {
			open = append(open, look.Name)
			continue
		}
		word := string(look.Decision)
		if look.Decision == comparison.DecidedDifferent {
			word = format.Change(look.Difference.Effect)
		}
		decided = append(decided, fmt.Sprintf("%s %s", look.Name, word))
	}
	after := "after " + format.Count(n, "block")
	switch {
	case len(open) == 0:
		return fmt.Sprintf("%s is decided %s: %s", name, after, strings.Join(decided, ", "))
	case len(decided) == 0:
		return fmt.Sprintf("%s is undecided %s: %s", name, after, strings.Join(open, ", "))
	}
	return fmt.Sprintf("%s is undecided %s: %s; decided: %s", name, after, strings.Join(open, ", "), strings.Join(decided, ", "))
}
