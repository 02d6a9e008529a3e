package report

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
)

// method says how the figures were measured.
func (r Review) method() []string {
	var notes []string
	for _, l := range r.Workloads {
		of := ""
		if len(r.Workloads) > 1 {
			of = l.Ref() + ": "
		}
		notes = append(notes, sentence(of+repeated(l)), sentence(of+lasting(l)))
	}
	notes = append(notes, r.order(), r.where())
	if len(r.Differences) > 0 {
		notes = append(notes, sentence(Judged(r.Differences))+". Intervals are at 95 %.")
	}
	return notes
}

// repeated says how often each series was run.
func repeated(l *comparison.Workload) string {
	least, most := l.Series[0].Runs, l.Series[0].Runs
	for _, s := range l.Series {
		least, most = min(least, s.Runs), max(most, s.Runs)
	}
	if least == most {
		return fmt.Sprintf("%s series, each run %s.", format.Integer(len(l.Series)), times(least))
	}
	return fmt.Sprintf("%s series, each run %s to %s.", format.Integer(len(l.Series)), format.Integer(least), times(most))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return format.Integer(n) + " times"
}

// lasting says how long the measured phases lasted, and what of time was asked for.
func lasting(l *comparison.Workload) string {
	var phases []string
	for _, phase := range l.Phases {
		var seconds []float64
		for _, row := range l.Rows {
			if row.Phase == phase {
				seconds = append(seconds, row.Seconds)
			}
		}
		phases = append(phases, fmt.Sprintf("%s %s", phase, nanoseconds(stats.Summarize(seconds).Value*1e9)))
	}
	text := "measured phases lasted, by the median, " + strings.Join(phases, ", ")
	var given []string
	for _, name := range []string{"duration", "warmup"} {
		if values := selection.ValuesOf(l.Runs, selection.ParamPrefix+name); len(values) > 1 || values[0] != "" {
			given = append(given, name+" "+strings.Join(values, ", "))
		}
	}
	if len(given) > 0 {
		text += "; asked for: " + strings.Join(given, ", ")
	}
	return text + ". What came before them to warm up is archived and not counted."
}

// order says in which order the runs were executed.
func (r Review) order() string {
	const drawn = "Each repeat executes every combination once, in an order that is drawn from the seed, so that what changes on the machine meanwhile falls on all of them alike."
	var seeds []string
	for _, e := range r.Experiments {
		seeds = append(seeds, fmt.Sprintf("%d (seed %d)", e.ID, e.Seed))
	}
	if len(seeds) > mostListed {
		seeds = append(seeds[:mostListed], fmt.Sprintf("and %d more", len(r.Experiments)-mostListed))
	}
	name := "Experiment"
	if len(seeds) > 1 {
		name = "Experiments"
	}
	return fmt.Sprintf("%s %s. %s", name, strings.Join(seeds, ", "), drawn)
}

// mostListed is how many things of a kind are listed one by one.
const mostListed = 8

// where says where the load ran, and the stores.
func (r Review) where() string {
	external := map[string]bool{}
	deployed := false
	for _, l := range r.Workloads {
		for _, run := range l.Runs {
			if run.Setup.External {
				external[strings.Join(run.Setup.Endpoints, ", ")] = true
			} else {
				deployed = true
			}
		}
	}
	text := "The load ran in the process of the store's plugin, each thread with a session of its own"
	if deployed {
		text += ", on the machine on which the nodes were deployed: they share its processors"
	}
	if len(external) > 0 {
		text += "; against nodes that ran already, at " + strings.Join(slices.Sorted(maps.Keys(external)), "; ")
	}
	return text + "."
}

// limits are what weakens the figures, by what warns of it.
func (r Review) limits() []Group {
	var compared []string
	if r.LeftOut != "" {
		compared = append(compared, r.LeftOut)
	}
	for _, l := range r.Workloads {
		of := ""
		if len(r.Workloads) > 1 {
			of = l.Ref() + ": "
		}
		warnings := l.Warnings
		if d := r.differences(l); d != nil {
			warnings = slices.Concat(d.Warnings, warnings)
		}
		for _, w := range warnings {
			if strings.HasPrefix(w, comparison.UnequalGuarantees) {
				w = comparison.UnequalGuarantees + ": they stand above, and no setup is called better than one that promises something else"
			}
			if text := of + w; !slices.Contains(compared, text) && w != r.LeftOut {
				compared = append(compared, text)
			}
		}
	}
	groups := []Group{{"Of the comparison", compared}, {"Of single runs", alike(r.Workloads)}}
	groups = slices.DeleteFunc(groups, func(g Group) bool { return len(g.Notes) == 0 })
	if len(groups) == 0 {
		return []Group{{Notes: []string{"Nothing warns of anything that weakens these figures."}}}
	}
	return groups
}

var numerals = regexp.MustCompile(`[0-9][0-9.,]*`)

// alike puts the warnings of runs together that differ only in their numbers and in
// what they are of, under the first, with how many runs have one.
func alike(loads []*comparison.Workload) []string {
	type kind struct {
		first string
		runs  int
	}
	var kinds []*kind
	known := map[string]*kind{}
	all := 0
	for _, l := range loads {
		for _, run := range l.Runs {
			all++
			counted := map[*kind]bool{}
			for _, w := range run.Warnings {
				name := w
				if of, text, ok := strings.Cut(w, ": "); ok && strings.Contains(of, " on ") { // an operation on a setup
					name = text
				}
				name = numerals.ReplaceAllString(name, "0")
				if known[name] == nil {
					known[name] = &kind{first: w}
					kinds = append(kinds, known[name])
				}
				if of := known[name]; !counted[of] {
					counted[of] = true
					of.runs++
				}
			}
		}
	}
	slices.SortStableFunc(kinds, func(a, b *kind) int { return b.runs - a.runs })
	var warnings []string
	for _, k := range kinds {
		warnings = append(warnings, fmt.Sprintf("In %s of %s, such as: %s", format.Integer(k.runs), format.Count(all, "run"), k.first))
		if k.runs == 1 {
			warnings[len(warnings)-1] = fmt.Sprintf("In 1 of %s: %s", format.Count(all, "run"), k.first)
		}
	}
	if more := len(warnings) - mostWarnings; more > 0 {
		warnings = append(warnings[:mostWarnings], fmt.Sprintf("And %s: `benchctl show RUN` prints those of a run.", format.Count(more, "other kind")))
	}
	return warnings
}

// mostWarnings is how many kinds of warnings of runs are listed.
const mostWarnings = 15

// failures says what failed: operations, and runs.
func (r Review) failures() Section {
	t := Table{Columns: []Column{{Name: "series"}, {Name: "op"}, {Name: "failed", Right: true}, {Name: "of", Right: true}, {Name: "share", Right: true}}}
	all := int64(0)
	for _, l := range r.Workloads {
		for _, s := range l.Series {
			for _, part := range l.Parts {
				o := s.Operation(part)
				if o == nil {
					continue
				}
				of := o.Ops + o.Errors
				if all += of; o.Errors > 0 {
					t.Rows = append(t.Rows, []string{s.Name, part.Name, format.Integer(o.Errors), format.Integer(of), format.Number(100*float64(o.Errors)/float64(of)) + " %"})
				}
			}
		}
	}
	text := fmt.Sprintf("None of %s operations failed.", format.Integer(all))
	if len(t.Rows) > 0 {
		text = "Operations that failed count neither in throughput nor in latency. The warnings say what the worst of them failed of; `benchctl show RUN` lists all of a run."
	}
	runs := fmt.Sprintf("All of %s are complete and compared.", format.Count(r.Selected, "selected run"))
	if out := r.Selected - r.Compared; out > 0 {
		runs = fmt.Sprintf("Of %s %s not compared, as the warnings say.", format.Count(r.Selected, "selected run"), are(out))
	}
	return Section{Title: "Failures", Text: []string{text, runs}, Tables: []Named{{Table: t}}}
}

func are(n int) string {
	if n == 1 {
		return "1 is"
	}
	return format.Integer(n) + " are"
}

// again is what it takes to make the page again: from the archive, and anew.
func (r Review) again() Section {
	s := Section{Title: "Make it again", Groups: []Group{{Notes: []string{"The first command writes this page from the archive, which has every operation. The others measured what is in it."}}}, Code: []string{r.Command}}
	for _, e := range r.Experiments {
		if e.Command != "" && !slices.Contains(s.Code, e.Command) {
			s.Code = append(s.Code, e.Command)
		}
	}
	if more := len(s.Code) - 1 - mostListed; more > 0 {
		s.Code = s.Code[:mostListed+1]
		s.Groups[0].Notes = append(s.Groups[0].Notes, fmt.Sprintf("%s more are in the archive: `benchctl sql \"select command from experiments\"`.", format.Count(more, "command")))
	}
	return s
}
