package kinds

import (
	"math"
	"slices"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/stats"
)

// cdf shows how the latencies of successful operations are distributed: for each
// operation which share took no longer, and on a logarithmic axis which took longer,
// where the slowest are seen.
func cdf(l *comparison.Workload, _ Options) (chart.Figure, error) {
	axis := &chart.Axis{Unit: chart.Time, Log: true, Low: math.Inf(1)}
	var within, beyond []chart.Panel
	var drawn []comparison.Part
	var without missing
	for _, part := range l.Parts {
		faster, slower := chart.Curves{}, chart.Curves{}
		empty := true
		for _, s := range l.Series {
			points := distribution(l, s, part)
			tail := make([]chart.Point, len(points))
			for i, p := range points {
				axis.Low, axis.High = min(axis.Low, p.X*0.9), max(axis.High, p.X*1.1)
				tail[i] = chart.Point{X: p.X, Y: 1 - p.Y}
			}
			empty = empty && len(points) == 0
			faster.Series, slower.Series = append(faster.Series, points), append(slower.Series, tail)
		}
		if empty {
			without.latency(l, "distribution of "+part.Name, part)
			continue
		}
		drawn = append(drawn, part)
		within = append(within, chart.Panel{YLabel: part.Name + ", share that took no longer", X: axis, Y: chart.Scale{High: 1}, Marks: []chart.Mark{faster}})
		beyond = append(beyond, chart.Panel{YLabel: part.Name + ", share that took longer", X: axis, Y: chart.Scale{Log: true}, Marks: []chart.Mark{slower}})
	}
	chart.Align(beyond)
	f := figure("Distribution of latency", "successful operations, "+measuredFrom(l, drawn), l)
	f.Series, f.XLabel, f.Missing = legend(l), "latency", without.lines()
	f.Panels, f.Columns = rowed(within, beyond)
	return f, nil
}

// rowed puts panels above others that belong to them, or where they are more than a
// row has room for, beside them.
func rowed(above, below []chart.Panel) (panels []chart.Panel, columns int) {
	if len(above) <= mostPanels {
		return slices.Concat(above, below), max(len(above), 1)
	}
	for i := range above {
		panels = append(panels, above[i])
		if below != nil {
			panels = append(panels, below[i])
		}
	}
	return panels, 2
}

// distribution is the latency of a part at each share, as the median of the runs. It
// ends where the operations of any run are too few to carry it: beyond that the median
// would be of other runs, and the line could turn back.
func distribution(l *comparison.Workload, s *comparison.Series, of comparison.Part) []chart.Point {
	o := s.Operation(of)
	if o == nil {
		return nil
	}
	rows := slices.DeleteFunc(slices.Clone(o.Rows), func(r *comparison.Row) bool { return l.Details.Quantiles[r] == nil })
	var points []chart.Point
	for i, percent := range comparison.Percentiles {
		values := make([]float64, len(rows))
		for j, r := range rows {
			if !stats.Carries(r.Ops, percent) {
				return points
			}
			values[j] = float64(max(l.Details.Quantiles[r][i], 1))
		}
		if len(values) > 0 {
			points = append(points, chart.Point{X: stats.Summarize(values).Value, Y: percent / 100})
		}
	}
	return points
}
