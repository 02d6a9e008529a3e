package kinds

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
)

// ErrBy is the kind of error of keys that runs cannot be compared by.
var ErrBy = errors.New("compared by")

// verdict shows the differences of a comparison with their intervals against a line of
// zero, as the tables of a comparison have them: a panel for each metric.
func verdict(l *comparison.Workload, o Options) (chart.Figure, error) {
	keys := strings.Split(o.By, ",")
	if o.By == "" {
		if !selection.Varies(l.Runs, "store") {
			return chart.Figure{}, fault.Errorf(ErrBy, "all selected runs are of one store: say by which key they are compared")
		}
		keys = []string{"store"}
	}
	for _, name := range keys {
		if key, known := selection.Lookup(name); !known || key.Of == selection.Operations {
			return chart.Figure{}, fault.Errorf(ErrBy, "by %q is no key of runs: there are %s", name, selection.Names(func(k selection.Key) bool { return k.Of == selection.Runs }))
		}
	}
	all, err := (&comparison.Comparison{Workloads: []*comparison.Workload{l}}).By(keys, o.Versus)
	if err != nil {
		return chart.Figure{}, err
	}
	d := all[0]
	judged := comparison.Judge(all)
	f := figure("Differences from "+sideOf(keys, d.Sides[0].Name), "of each side's runs from those of the first one", l)
	s := newSides(l, d, keys)
	f.Series = s.legend
	for _, table := range d.Tables {
		if panel, some := s.panel(table); some {
			f.Panels = append(f.Panels, panel)
		}
	}
	if len(f.Panels) == 0 && s.nothing == 0 {
		return f, fault.Errorf(ErrBy, "nothing was measured on two sides: the runs differ in %s too: compare by that as well, or select runs that have it in common", strings.Join(d.Keys, ", "))
	}
	f.Notes = []string{"hollow: too few repeats to show a difference"}
	if judged > 0 {
		f.Notes = []string{judgement(judged)}
	}
	var said []string
	for _, v := range []comparison.Verdict{comparison.Better, comparison.Worse, comparison.Different, comparison.Same, comparison.TooFew} {
		if n := s.verdicts[v]; n > 0 {
			said = append(said, fmt.Sprintf("%s %s", format.Integer(n), v))
		}
	}
	if len(said) > 0 {
		f.Notes = append(f.Notes, "of the differences: "+strings.Join(said, ", "))
	}
	if s.verdicts[comparison.Different] > 0 {
		f.Notes = append(f.Notes, "different: the guarantees are not equal, so neither side is better")
	}
	if s.nothing > 0 {
		f.Missing = append(f.Missing, format.Count(s.nothing, "difference")+" from nothing or to nothing: it has no share")
	}
	f.Warnings = append(slices.Clone(f.Warnings), d.Warnings...)
	return f, nil
}

// judgement says what the markers of so many differences mean.
func judgement(differences int) string {
	return fmt.Sprintf("filled: shown, p at most %g after correction for %s; hollow: not shown; in a ring: worse",
		comparison.Significance, format.Count(differences, "difference"))
}

// sideOf names a side as series are named.
func sideOf(keys []string, name string) string {
	values := strings.Split(name, ",")
	if len(values) != len(keys) {
		return name
	}
	return selection.Name(keys, values)
}

// sides are the series of differences: each side but the first, for each set of values
// of the keys that vary within sides.
type sides struct {
	values [][]string // of the keys, in order
	legend []chart.Series

	verdicts map[comparison.Verdict]int
	nothing  int // differences that have no share: a side's median is nothing
}

func newSides(l *comparison.Workload, d *comparison.Differences, keys []string) *sides {
	s := &sides{verdicts: map[comparison.Verdict]int{}}
	for _, table := range d.Tables {
		for _, row := range table.Rows {
			if !slices.ContainsFunc(s.values, func(v []string) bool { return slices.Equal(v, row.Values) }) {
				s.values = append(s.values, row.Values)
			}
		}
	}
	for _, side := range d.Sides[1:] {
		of := strings.Split(side.Name, ",")
		for _, values := range s.values {
			store := l.Runs[0].Store
			if i := slices.Index(d.Keys, "store"); i >= 0 {
				store = values[i]
			}
			if i := slices.Index(keys, "store"); i >= 0 && len(of) == len(keys) {
				store = of[i]
			}
			s.legend = append(s.legend, chart.Series{Words: append([]string{sideOf(keys, side.Name)}, words(d.Keys, values)...), Store: store})
		}
	}
	return s
}

// used are what people call the metrics of servers.
var used = map[string]string{"cpu": "processor time an operation", "memory": "memory", "written": "bytes written an operation"}

// steep is how many times the greatest of what sides are to each other is the least,
// from where on a logarithmic axis shows it: there half stands as far off as double.
const steep = 4

// panel shows the differences in a metric, and counts the verdicts.
func (s *sides) panel(table comparison.Table) (panel chart.Panel, some bool) {
	panel.YLabel = cmp.Or(used[table.Name], table.Name) + ", " + map[string]string{"higher": "more", "lower": "less"}[table.Better] + " is better"
	for _, row := range table.Rows {
		if !slices.Contains(panel.Groups, row.Name) {
			panel.Groups = append(panel.Groups, row.Name)
		}
	}
	mark := chart.Differences{Shown: chart.Flags{}, Worse: chart.Flags{}}
	for range s.legend {
		n := len(panel.Groups)
		mark.Estimates = append(mark.Estimates, make([]stats.Estimate, n))
		mark.Shown, mark.Worse = append(mark.Shown, make([]bool, n)), append(mark.Worse, make([]bool, n))
	}
	least, greatest := 1.0, 1.0 // of what a side is to the first one
	for _, row := range table.Rows {
		place := slices.Index(panel.Groups, row.Name)
		of := slices.IndexFunc(s.values, func(v []string) bool { return slices.Equal(v, row.Values) })
		for side, cell := range row.Cells[1:] {
			if cell.Difference == nil {
				continue
			}
			s.verdicts[cell.Verdict]++
			d := cell.Difference
			if math.IsNaN(d.Effect) || math.IsInf(d.Effect, 0) || d.Effect <= -1 {
				s.nothing++
				continue
			}
			i := side*len(s.values) + of
			some = true
			mark.Estimates[i][place] = stats.Estimate{Value: d.Effect, Low: d.Low, High: d.High, N: d.B}
			mark.Shown[i][place] = slices.Contains([]comparison.Verdict{comparison.Better, comparison.Worse, comparison.Different}, cell.Verdict)
			mark.Worse[i][place] = cell.Verdict == comparison.Worse
			least, greatest = min(least, 1+d.Effect), max(greatest, 1+d.Effect)
		}
	}
	panel.Y.Unit = chart.Percent
	if greatest/least >= steep {
		panel.Y = chart.Scale{Unit: chart.Ratio, Log: true}
		mark.Zero = 1
		for _, values := range mark.Estimates {
			for j, e := range values {
				values[j] = ratio(e)
			}
		}
	}
	panel.Marks = []chart.Mark{mark}
	return panel, some
}

// ratio is what something is to another from which it differs by an estimate.
func ratio(e stats.Estimate) stats.Estimate {
	if e.N == 0 {
		return e
	}
	const tiny = 1e-9 // in the place of nothing, which has no logarithm
	return stats.Estimate{Value: 1 + e.Value, Low: max(1+e.Low, tiny), High: 1 + e.High, N: e.N}
}
