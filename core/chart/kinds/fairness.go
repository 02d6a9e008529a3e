package kinds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/stats"
)

// fairness shows what each thread got: for each operation its share of those that
// succeeded, as a multiple of an equal share, and below their p99 latency.
func fairness(l *comparison.Workload, _ Options) (chart.Figure, error) {
	axis := &chart.Axis{Low: -0.5}
	var shares, slowest []chart.Panel
	var drawn []comparison.Part
	var without missing
	fair := chart.Rules{Y: []chart.Rule{{At: 1}}}
	for _, part := range l.Executed() {
		share, p99 := chart.Points{}, chart.Points{}
		empty := true
		for i, s := range l.Series {
			threads := threadsOf(l, s, part, 0.6*((float64(i)+0.5)/float64(len(l.Series))-0.5))
			axis.High = max(axis.High, float64(len(threads.share))-0.5)
			share.Series, p99.Series = append(share.Series, threads.share), append(p99.Series, threads.p99)
			empty = empty && len(threads.share) == 0
		}
		if empty {
			without.latency(l, "threads of "+part.Name, part)
			continue
		}
		drawn = append(drawn, part)
		shares = append(shares, chart.Panel{YLabel: part.Name + ", share (1: an equal one)", X: axis, Marks: []chart.Mark{fair, share}})
		slowest = append(slowest, chart.Panel{YLabel: part.Name + ", p99 latency", X: axis, Y: chart.Scale{Unit: chart.Time, Log: true}, Marks: []chart.Mark{p99}})
	}
	if axis.High < mostPlaces {
		for thread := range int(axis.High + 0.5) {
			axis.Places = append(axis.Places, float64(thread))
		}
	}
	chart.Align(shares)
	chart.Align(slowest)
	if !slices.ContainsFunc(slowest, carried) {
		slowest = nil
		without.few = append(without.few, "p99 of single threads")
	}
	f := figure("Fairness to threads", "what each thread did; latency "+measuredFrom(l, drawn), l)
	f.Series, f.XLabel, f.Missing = legend(l), "number of the thread", without.lines()
	f.Panels, f.Columns = rowed(shares, slowest)
	f.Notes = jainOf(l, drawn)
	return f, nil
}

// carried reports whether any thread of a panel has a p99.
func carried(p chart.Panel) bool {
	return slices.ContainsFunc(p.Marks[0].(chart.Points).Series, func(points []chart.Point) bool { return len(points) > 0 })
}

// mostPlaces are as many threads as have a tick each.
const mostPlaces = 50

// byThread is what the threads of a series did, as medians of its runs.
type byThread struct{ share, p99 []chart.Point }

// threadsOf places them a little beside their numbers, by a shift, so that equal ones of
// several series do not hide each other.
func threadsOf(l *comparison.Workload, s *comparison.Series, of comparison.Part, shift float64) byThread {
	var shares, p99s [][]float64 // by thread, and then by run
	for _, totals := range totalsOf(l, s, of) {
		ops := int64(0)
		for _, t := range totals {
			ops += t.Ops
		}
		for i, t := range totals {
			if i == len(shares) {
				shares, p99s = append(shares, nil), append(p99s, nil)
			}
			shares[i] = append(shares[i], float64(t.Ops)*float64(len(totals))/float64(ops))
			if t.P99NS > 0 {
				p99s[i] = append(p99s[i], float64(t.P99NS))
			}
		}
	}
	var by byThread
	for i := range shares {
		x := float64(i) + shift
		by.share = append(by.share, chart.Point{X: x, Y: stats.Summarize(shares[i]).Value})
		if len(p99s[i]) > 0 {
			by.p99 = append(by.p99, chart.Point{X: x, Y: stats.Summarize(p99s[i]).Value})
		}
	}
	return by
}

// totalsOf are what the threads did in each run of a series in which any operation
// succeeded.
func totalsOf(l *comparison.Workload, s *comparison.Series, of comparison.Part) [][]comparison.ThreadTotal {
	o := s.Operation(of)
	if o == nil {
		return nil
	}
	var all [][]comparison.ThreadTotal
	for _, r := range o.Rows {
		if totals := l.Details.Threads[r]; slices.ContainsFunc(totals, func(t comparison.ThreadTotal) bool { return t.Ops > 0 }) {
			all = append(all, totals)
		}
	}
	return all
}

// jain is the index of fairness of Jain, Chiu and Hawe: 1 where all threads did as much
// as each other, and 1/n where one of n did everything.
func jain(totals []comparison.ThreadTotal) float64 {
	sum, squares := 0.0, 0.0
	for _, t := range totals {
		x := float64(t.Ops)
		sum, squares = sum+x, squares+x*x
	}
	return min(sum*sum/(float64(len(totals))*squares), 1)
}

// jainOf says the least index of each series, the least first.
func jainOf(l *comparison.Workload, parts []comparison.Part) []string {
	const few = 6
	type index struct {
		name  string
		value float64
	}
	var all []index
	for _, s := range l.Series {
		least := index{s.Name, 2}
		for _, p := range parts {
			var values []float64
			for _, totals := range totalsOf(l, s, p) {
				values = append(values, jain(totals))
			}
			if len(values) > 0 {
				least.value = min(least.value, stats.Summarize(values).Value)
			}
		}
		if least.value <= 1 {
			all = append(all, least)
		}
	}
	slices.SortStableFunc(all, func(a, b index) int { return cmp.Compare(a.value, b.value) })
	var said []string
	for _, i := range all[:min(len(all), few)] {
		said = append(said, fmt.Sprintf("%s %.3f", i.name, i.value))
	}
	if len(said) == 0 {
		return nil
	}
	if len(all) > few {
		said = append(said, fmt.Sprintf("all others up to %.3f", all[len(all)-1].value))
	}
	return []string{"Jain's index of the operations of threads (1: all did as many), of the least fair operation: " + strings.Join(said, "; ")}
}
