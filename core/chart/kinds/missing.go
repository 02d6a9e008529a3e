package kinds

import (
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/workload"
)

// missing is what a chart would show and no run has, by why there is none.
type missing struct {
	few       []string // operations, to carry a percentile
	failed    []string // no operation succeeded
	unstarted []string // no thread executed any
}

// add notes that no series has a figure of a part. Of searches that found no rate
// the warnings speak.
func (m *missing) add(l *comparison.Workload, f workload.Figure, of comparison.Part) {
	name := names[f] + " of " + of.Name
	switch {
	case f == workload.FigureRate:
	case !f.OfLatency():
		m.unstarted = append(m.unstarted, name)
	default:
		m.latency(l, name, of)
	}
}

// latency notes that no series has something of the latencies of a part.
func (m *missing) latency(l *comparison.Workload, name string, of comparison.Part) {
	succeeded := slices.ContainsFunc(l.Series, func(s *comparison.Series) bool {
		o := s.Operation(of)
		return o != nil && o.Ops > 0
	})
	if succeeded {
		m.few = append(m.few, name)
	} else {
		m.failed = append(m.failed, name)
	}
}

// lines are the sentences of a caption.
func (m *missing) lines() []string {
	var lines []string
	say := func(of []string, why string) {
		if len(of) > 0 {
			lines = append(lines, strings.Join(of, ", ")+why)
		}
	}
	say(m.few, ": carried by no run, there are too few operations")
	say(m.failed, ": in no run, as no operation succeeded")
	say(m.unstarted, ": in no run, as threads executed no operation that is selected")
	return lines
}

// nothingOf names the series of which no operation succeeded, and the others of which
// a chart has no value.
func nothingOf(l *comparison.Workload, all, empty []chart.Series) []string {
	var failed, others []string
	for _, s := range all {
		succeeded := func(of *comparison.Series) bool {
			has := words(l.Keys, of.Values)
			other := func(word string) bool { return word != "" && !slices.Contains(has, word) }
			return !slices.ContainsFunc(s.Words, other) && slices.ContainsFunc(of.Operations, func(o comparison.Operation) bool { return o.Ops > 0 })
		}
		isEmpty := slices.ContainsFunc(empty, func(e chart.Series) bool { return slices.Equal(e.Words, s.Words) })
		switch {
		case !slices.ContainsFunc(l.Series, succeeded):
			failed = append(failed, s.Name())
		case isEmpty:
			others = append(others, s.Name())
		}
	}
	var lines []string
	if len(failed) > 0 && len(failed) < len(all) { // else the warnings say it of all
		lines = append(lines, "no operation succeeded in any run of "+strings.Join(failed, "; "))
	}
	if len(others) > 0 {
		lines = append(lines, "there is nothing to draw of "+strings.Join(others, "; "))
	}
	return lines
}
