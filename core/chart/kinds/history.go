package kinds

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// ErrHistory is the kind of error of what no history can be drawn over.
var ErrHistory = errors.New("history over")

// history shows how what answers the question of a workload went over time, and where
// its level changed: a point for each experiment or, of one alone, for each run.
// Options may name a label or another key in the place of time: its values stand in
// the order in which they were first measured.
func history(l *comparison.Workload, o Options) (chart.Figure, error) {
	key, err := recalled(l.Runs, o.Over)
	if err != nil {
		return chart.Figure{}, err
	}
	shown := shownOf(l)
	f := figure(shown.title+" over time", shown.subtitle, l)
	moments := momentsOf(l.Runs, key)
	f.XLabel = key + "s in the order of time (UTC)"
	if key != "experiment" && key != "run" {
		name := selection.Short(key)
		f.Title, f.XLabel = shown.title+" over "+name, name+", in the order in which it was first measured"
	}
	over := recurring(along(l, key), l.Runs)
	f.Series = over.legend()
	axis := &chart.Axis{}
	for i, m := range moments {
		axis.Places, axis.Names = append(axis.Places, float64(i+1)), append(axis.Names, m.name)
	}
	cells := celled(l, over, moments)
	var worse, others []string // changes
	var without missing
	for _, a := range shown.figures {
		values := make(chart.Estimates, len(over.series))
		levels := make(chart.Levels, len(over.series))
		for i := range over.series {
			for j := range moments {
				values[i] = append(values[i], estimateOf(a.of, a.part, cells[i][j]))
			}
			levels[i] = levelsOf(values[i], a.of)
			for _, level := range levels[i] {
				said := fmt.Sprintf("%s: %s of %s %s from %s on", f.Series[i].Name(), called(a.of), a.part.Name, strings.TrimSpace(level.Label+" "+level.Interval), moments[level.From].name)
				switch {
				case level.Worse:
					worse = append(worse, said)
				case level.Label != "":
					others = append(others, said)
				}
			}
		}
		if !anyOf(values) {
			without.add(l, a.of, a.part)
			continue
		}
		panel := chart.Panel{YLabel: label(l, a.of), X: axis, Marks: []chart.Mark{levels, chart.Lines{Estimates: values, Bridge: true}}}
		if !a.of.OfPhase() || len(l.Phases) > 1 {
			panel.YLabel = a.part.Name + ", " + panel.YLabel
		}
		if a.of.OfLatency() {
			panel.Y = chart.Scale{Unit: chart.Time, Log: true}
		} else {
			panel.Y.Log = apart(values)
		}
		f.Panels = append(f.Panels, panel)
	}
	switch {
	case len(worse)+len(others) > 0:
		f.Notes = append([]string{"dashed: levels, which change by what is written; in a ring: a regression"}, worse...)
		f.Caption = append(f.Caption, others...)
	case len(moments) < stats.FewestForChanges:
		f.Notes = []string{fmt.Sprintf("a change is found among %d points at least", stats.FewestForChanges)}
	default:
		f.Notes = []string{"no change of level was found"}
	}
	f.Missing = without.lines()
	return f, nil
}

// recalled is the key of what a history is drawn over.
func recalled(runs []*comparison.Run, over string) (string, error) {
	if over == "" {
		if selection.Varies(runs, "experiment") {
			return "experiment", nil
		}
		return "run", nil
	}
	for _, name := range []string{over, selection.LabelPrefix + over} {
		if _, known := selection.Lookup(name); !known || !slices.Contains(append(selection.KeysOf(runs), "run", "experiment"), name) {
			continue
		}
		if !selection.Varies(runs, name) {
			return "", fault.Errorf(ErrHistory, "over %s: it is %s in all selected runs, and a history needs two values at least", over, runs[0].Value(name))
		}
		return name, nil
	}
	return "", fault.Errorf(ErrHistory, "over %s: no selected run has such a label or key: leave it out for time, or label the runs", over)
}

// recurring are lines without the labels and versions that only say at which moment
// a run was made, such as that of a nightly build: they would tell each point apart.
func recurring(over lines, runs []*comparison.Run) lines {
	if over.key == "run" {
		return over
	}
	over.keys = slices.DeleteFunc(over.keys, func(key string) bool {
		if !strings.HasPrefix(key, selection.LabelPrefix) && !slices.Contains([]string{"store-version", "plugin-version", "plugin"}, key) {
			return false
		}
		varies := func(g selection.Group[*comparison.Run]) bool { return selection.Varies(g.Rows, key) }
		return !slices.ContainsFunc(selection.GroupBy(runs, over.key, "store"), varies)
	})
	over.series = selection.GroupBy(runs, over.keys...)
	return over
}

// moment is a place of a history: the runs of an experiment, or of a value.
type moment struct {
	name  string
	value string
	first time.Time
}

// momentsOf are the values of a key in the order of the first run of each.
func momentsOf(runs []*comparison.Run, key string) []moment {
	var moments []moment
	for _, g := range selection.GroupBy(runs, key) {
		m := moment{name: g.Values[0], value: g.Values[0], first: g.Rows[0].StartedAt}
		for _, r := range g.Rows {
			if r.StartedAt.Before(m.first) {
				m.first = r.StartedAt
			}
		}
		if m.name == "" {
			m.name = "none"
		}
		moments = append(moments, m)
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.first.Compare(b.first) })
	if key != "experiment" && key != "run" {
		return moments
	}
	first, last := moments[0].first.UTC(), moments[len(moments)-1].first.UTC()
	days := map[string]bool{}
	for _, m := range moments {
		days[m.first.UTC().Format(time.DateOnly)] = true
	}
	layout := "2 Jan"
	switch {
	case len(days) == 1:
		layout = "15:04"
	case len(days) < len(moments):
		layout = "2 Jan 15:04"
	case first.Year() != last.Year():
		layout = time.DateOnly
	}
	for i := range moments {
		moments[i].name = moments[i].first.UTC().Format(layout)
	}
	return moments
}

// celled are the rows of each series at each moment.
func celled(l *comparison.Workload, over lines, moments []moment) [][][]*comparison.Row {
	at := map[*comparison.Run][2]int{}
	for i, s := range over.series {
		for _, r := range s.Rows {
			value := r.Value(over.key)
			at[r] = [2]int{i, slices.IndexFunc(moments, func(m moment) bool { return m.value == value })}
		}
	}
	cells := make([][][]*comparison.Row, len(over.series))
	for i := range cells {
		cells[i] = make([][]*comparison.Row, len(moments))
	}
	for _, r := range l.Rows {
		i, j := at[r.Run][0], at[r.Run][1]
		cells[i][j] = append(cells[i][j], r)
	}
	return cells
}

// levelsOf are the levels of a series, if it has several.
func levelsOf(values []stats.Estimate, of workload.Figure) (levels []chart.Level) {
	var series []float64
	var places []int
	for j, e := range values {
		if e.N > 0 {
			series, places = append(series, e.Value), append(places, j)
		}
	}
	changes := stats.Changes(series)
	for i, c := range changes {
		end := len(places) - 1
		if i+1 < len(changes) {
			end = changes[i+1].At - 1
		}
		if i == 0 {
			levels = append(levels, chart.Level{From: places[0], To: places[c.At-1], Value: c.Before})
		}
		levels = append(levels, chart.Level{
			From: places[c.At], To: places[end], Value: c.After, First: series[c.At],
			Label: format.Change(c.Effect), Interval: format.Changes(c.Low, c.High),
			Worse: (c.After > c.Before) != (of.Better() == "higher"),
		})
	}
	return levels
}

// called is what people call a figure of the answers.
func called(f workload.Figure) string { return cmp.Or(names[f], string(f)) }
