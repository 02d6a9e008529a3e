package kinds

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/stats"
)

// heatmap shows when operations took how long: a panel for each series, with how many
// of all its runs ended in a column of time and took as long as a row says.
func heatmap(l *comparison.Workload, _ Options) (chart.Figure, error) {
	f := figure("Latency over time", "successful operations by when they ended, latency "+measuredFrom(l, l.Parts), l)
	f.XLabel = "time since the load began"
	edges := rowsOf(l)
	common, titles := toldApart(legend(l))
	if common != "" {
		f.Subtitle += "; " + common
	}
	most := 0.0
	for i, s := range l.Series {
		c := l.Details.Courses[s]
		if c == nil || len(edges) < 2 {
			continue
		}
		counts := cells(c, edges)
		for _, column := range counts.Counts {
			most = max(most, slices.Max(column))
		}
		begin, end := float64(c.Begin), float64(c.Begin+c.Width*time.Duration(c.Columns))
		panel := chart.Panel{
			Title: titles[i], YLabel: "latency", X: &chart.Axis{Unit: chart.Time, Low: begin, High: end}, Y: chart.Scale{Unit: chart.Time, Log: true},
			Marks: []chart.Mark{counts},
		}
		if len(l.Phases) > 1 {
			panel.Marks = append(panel.Marks, begins(c, l.Phases))
		}
		f.Panels = append(f.Panels, panel)
	}
	small := len(f.Panels) > mostNamed
	if small {
		f.Notes = []string{fmt.Sprintf("colours go by the logarithm of the operations in a cell, up to %s; a line is where a phase begins", format.Exact(most))}
	}
	for i, p := range f.Panels { // one scale of colours, which is said once
		counts := p.Marks[0].(chart.Cells)
		counts.Most = most
		if i == 0 && !small {
			counts.Of = "operations"
		}
		p.Marks[0] = counts
		if small && len(p.Marks) > 1 {
			_, p.Marks[1] = unnamed(nil, p.Marks[1].(chart.Rules))
		}
	}
	chart.Align(f.Panels)
	return f, nil
}

// mostNamed are as many panels as have room for a scale of colours and names of phases.
const mostNamed = 6

// toldApart are the words that all series have in common, if there are several, and
// what is left of each.
func toldApart(series []chart.Series) (common string, names []string) {
	var shared []string
	for i, word := range series[0].Words {
		differs := func(s chart.Series) bool { return s.Words[i] != word }
		if len(series) > 1 && word != "" && !slices.ContainsFunc(series, differs) {
			shared = append(shared, word)
		}
	}
	for _, s := range series {
		s.Words = slices.DeleteFunc(slices.Clone(s.Words), func(word string) bool { return slices.Contains(shared, word) })
		names = append(names, s.Name())
	}
	return strings.Join(shared, ", "), names
}

// mostRows are what the eye tells apart in a heat map.
const mostRows = 60

// rowsOf are the edges of rows that hold the latencies of all courses: so many of
// equal height to a factor of two as there is room for. They are moved to where what
// was counted can be told apart.
func rowsOf(l *comparison.Workload) []float64 {
	low, high := int64(math.MaxInt64), int64(0)
	for _, c := range l.Details.Courses {
		for _, p := range c.Parts {
			for i := range p.Columns {
				of := &p.Columns[i].Latency
				if of.N() > 0 {
					low, high = min(low, max(of.Percentile(0), 1)), max(high, of.Most())
				}
			}
		}
	}
	if high == 0 {
		return nil
	}
	doublings := math.Log2(float64(high)/float64(low)) + 1
	each := 16.0 // to a factor of two
	for each > 1 && doublings*each > mostRows {
		each /= 2
	}
	var edges []float64
	first := math.Floor(math.Log2(float64(low)) * each)
	for i := 0.0; ; i++ {
		at := stats.Counted(int64(math.Exp2((first + i) / each)))
		edges = append(edges, float64(max(at, 1)))
		if at > high {
			return slices.Compact(edges)
		}
	}
}

// cells counts the operations of a course in rows.
func cells(c *comparison.Course, edges []float64) chart.Cells {
	of := chart.Cells{Y: edges}
	for column := range c.Columns {
		of.X = append(of.X, float64(c.Begin+c.Width*time.Duration(column)))
		counts := make([]float64, len(edges)-1)
		for _, p := range c.Parts {
			row := 0
			p.Columns[column].Latency.Each(func(low, _, n int64) {
				for row < len(counts)-1 && float64(low) >= edges[row+1] {
					row++
				}
				counts[row] += float64(n)
			})
		}
		of.Counts = append(of.Counts, counts)
	}
	of.X = append(of.X, float64(c.Begin+c.Width*time.Duration(c.Columns)))
	return of
}

// begins marks where phases begin.
func begins(c *comparison.Course, names []string) chart.Rules {
	var rules chart.Rules
	for _, p := range c.Phases {
		if p.Begun && slices.Contains(names, p.Name) {
			rules.X = append(rules.X, chart.Rule{At: float64(p.Started), Label: p.Name})
		}
	}
	return rules
}
