package comparison

import (
	"fmt"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
)

// failed warns of operations that failed: each by itself, or if there are more
// than a reader would look at, all at once. The worst has its most frequent reason.
func failed(l *Workload, why reasons) []string {
	const few = 6
	type of struct {
		series *Series
		op     *Operation
		share  float64
	}
	var all []of
	worst, cases := 0, 0
	for _, s := range l.Series {
		for i := range s.Operations {
			cases++
			o := &s.Operations[i]
			if o.Errors == 0 {
				continue
			}
			all = append(all, of{s, o, float64(o.Errors) / float64(o.Ops+o.Errors)})
			if all[len(all)-1].share > all[worst].share {
				worst = len(all) - 1
			}
		}
	}
	words := func(f of) string {
		return fmt.Sprintf("%s of %s %s operations", format.Integer(f.op.Errors), format.Integer(f.op.Ops+f.op.Errors), f.op.Op)
	}
	if len(all) > few {
		return []string{fmt.Sprintf("in %d of %d cases operations failed, at most %s of %s; they are not counted in throughput or latency%s",
			len(all), cases, words(all[worst]), all[worst].series.Name, why.mostFrequent(all[worst].op.Rows))}
	}
	var warnings []string
	for i, f := range all {
		reason := ""
		if i == worst {
			reason = why.mostFrequent(f.op.Rows)
		}
		warnings = append(warnings, fmt.Sprintf("%s: %s failed; they are not counted in throughput or latency%s", f.series.Name, words(f), reason))
	}
	return warnings
}

// reasons are what operations failed of, by what failed.
type reasons map[failing][]record.Failure

type failing struct {
	run       int64
	phase, op string
}

func reasonsOf(failures []record.Failure) reasons {
	r := reasons{}
	for _, f := range failures {
		of := failing{f.RunID, f.Phase, f.Op}
		r[of] = append(r[of], f)
	}
	return r
}

// mostFrequent says what most of the operations of rows that failed did of, if
// that is known.
func (r reasons) mostFrequent(rows []*Row) string {
	counts := map[string]int64{}
	most := ""
	for _, row := range rows {
		for _, f := range r[failing{row.RunID, row.Phase, row.Op}] {
			said := f.Said()
			counts[said] += f.Count
			if n := counts[said]; n > counts[most] || n == counts[most] && said < most {
				most = said
			}
		}
	}
	if most == "" {
		return ""
	}
	return fmt.Sprintf("; %s failed of %s", format.Integer(counts[most]), most)
}

// compares reports whether a run is compared.
func (m *Measured) compares(run *Run) bool {
	return run.State == record.Complete && (run.LostNodes == 0 || m.Lost)
}

// incomplete says how many runs are left out because they did not complete.
func incomplete(runs []*Run) string {
	counts := map[record.State]int{}
	n := 0
	for _, run := range runs {
		if run.State != record.Complete {
			counts[run.State]++
			n++
		}
	}
	if n == 0 {
		return ""
	}
	var states []string
	for _, state := range []record.State{record.Failed, record.Interrupted, record.Running} {
		if counts[state] > 0 {
			states = append(states, fmt.Sprintf("%d %s", counts[state], state))
		}
	}
	return fmt.Sprintf("of %s only complete ones are compared: %s left out", format.Count(len(runs), "selected run"), strings.Join(states, ", "))
}

// leftOut says how many complete runs are not compared because they have lost a
// node, and how they are.
func (m *Measured) leftOut(runs []*Run) string {
	var lost []int
	for _, run := range runs {
		if run.State == record.Complete && !m.compares(run) {
			lost = append(lost, run.LostNodes)
		}
	}
	if len(lost) == 0 {
		return ""
	}
	slices.Sort(lost)
	var terms string
	for i, n := range slices.Compact(slices.Clone(lost)) {
		if i > 0 {
			terms += " OR "
		}
		terms += fmt.Sprintf("%s:%d", selection.Lost, n)
	}
	if len(lost) == 1 {
		return fmt.Sprintf("1 run lost a node while it lasted and is left out: the selection %s has it", terms)
	}
	return fmt.Sprintf("%d runs lost a node while they lasted and are left out: the selection %s has them", len(lost), terms)
}

// Nothing says why there is nothing to compare.
func (c *Comparison) Nothing() string {
	switch {
	case c.LeftOut != "":
		return c.LeftOut
	case c.Selected == 1:
		return "the selected run is not complete: `benchctl runs` shows its state"
	}
	return fmt.Sprintf("none of the %s is complete: `benchctl runs` shows their states", format.Count(c.Selected, "selected run"))
}
