package kinds

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// tradeoff shows latency at throughput: a point for each load, joined in the order of
// the load. The load is the number of threads, or a parameter such as the rate; where
// neither varies, each series is one point. What throughput costs in latency is read
// off one line, and what stores differ in between two.
func tradeoff(l *comparison.Workload, o Options) (chart.Figure, error) {
	key, err := swept(l.Runs, o.Over)
	if errors.Is(err, ErrNothingSwept) || err == nil && o.Over == "" && key == "nodes" {
		key, err = "threads", nil // one point a series
	}
	if err != nil {
		return chart.Figure{}, err
	}
	over := along(l, key)
	parts := l.Parts
	figures := []workload.Figure{workload.FigureP50, workload.FigureP99}
	if len(parts) > mostPanels {
		figures = figures[1:]
	}
	f := figure("Latency at throughput", "latency "+measuredFrom(l, parts), l)
	f.Series, f.XLabel = over.legend(), label(l, workload.FigureThroughput)
	if len(parts) > 1 {
		f.Columns = min(len(parts), mostPanels)
	}
	if len(over.values) > 1 {
		f.Notes = []string{"beside the points: " + strings.TrimPrefix(key, selection.ParamPrefix)}
	}
	var without missing
	for _, of := range figures {
		var row []chart.Panel
		for _, part := range parts {
			points, flagged := pointsOf(l, over, of, part)
			if len(slices.Concat(points.Series...)) == 0 {
				without.add(l, of, part)
			}
			if flagged {
				ringed(&f, chart.Flags{{true}})
			}
			row = append(row, chart.Panel{
				YLabel: part.Name + ", " + label(l, of), X: across(points), Y: chart.Scale{Unit: chart.Time, Log: true}, Marks: []chart.Mark{points},
			})
		}
		if slices.ContainsFunc(row, func(p chart.Panel) bool { return len(slices.Concat(p.Marks[0].(chart.Points).Series...)) > 0 }) {
			chart.Align(row)
			f.Panels = append(f.Panels, row...)
		}
	}
	f.Missing = without.lines()
	return f, nil
}

// pointsOf are the latency of a part over the throughput of its phase.
func pointsOf(l *comparison.Workload, over lines, of workload.Figure, part comparison.Part) (points chart.Points, flagged bool) {
	points.Joined = len(over.values) > 1
	type pair struct {
		throughput, latency stats.Estimate
		saturated           bool
	}
	pairs := each(over, l, func(s *comparison.Series) pair {
		return pair{s.Answer(workload.FigureThroughput, part), answer(s, of, part), isSaturated(s, part.Phase)}
	})
	for _, along := range pairs {
		var line []chart.Point
		for i, p := range along {
			if p.throughput.N == 0 || p.latency.N == 0 {
				continue
			}
			point := chart.Point{X: p.throughput.Value, Y: p.latency.Value, Across: p.throughput, Up: p.latency, Flagged: p.saturated}
			if points.Joined {
				point.Label = over.values[i]
			}
			flagged = flagged || p.saturated
			line = append(line, point)
		}
		points.Series = append(points.Series, line)
	}
	return points, flagged
}

// across is an axis of the throughputs of points, from 0 unless they are far apart.
func across(points chart.Points) *chart.Axis {
	low, high := math.Inf(1), 0.0
	for _, p := range slices.Concat(points.Series...) {
		low, high = min(low, p.X), max(high, p.X)
		if p.Across.Known() {
			high = max(high, min(p.Across.High, 1.2*p.X))
		}
	}
	if low > 0 && high/low > 100 && high > 0 {
		return &chart.Axis{Log: true, Low: low / 1.5, High: high * 1.5}
	}
	return &chart.Axis{Low: 0, High: max(high*1.08, 1)}
}
