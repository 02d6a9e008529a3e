package comparison

import (
	"slices"

	"github.com/benchctl/benchctl/core/stats"
)

// Alarms is how often comparisons of the runs of one series with each other report
// a difference in one metric.
type Alarms struct {
	Workload string `json:"workload"`
	Series   string `json:"series"`
	Phase    string `json:"phase"`
	Op       string `json:"op"`
	Name     string `json:"-"` // of the operation
	Metric   string `json:"metric"`
	Runs     int    `json:"runs"`
	stats.Alarms
}

// splits of the runs of a series are enough for a share to a hundredth or two.
const splits = 1000

// Self compares the runs of each series with each other, in the order of time, and
// returns with that the number of series that have too few.
func (c *Comparison) Self() (all []Alarms, tooFew int) {
	for _, l := range c.Workloads {
		for _, s := range l.Series {
			if s.Runs < FewestForSelf {
				tooFew++
				continue
			}
			for _, m := range metrics {
				if !m.phase && slices.Contains(always, m.Name) {
					all = append(all, l.alarms(s, m)...)
				}
			}
		}
	}
	return all, tooFew
}

// alarms compares the runs of a series with each other in one metric.
func (l *Workload) alarms(s *Series, m Metric) (all []Alarms) {
	for _, part := range m.Parts(l) {
		o := s.Operation(part)
		if o == nil {
			continue
		}
		if repeats := inTime(o.Rows, m); len(repeats) >= FewestForSelf {
			all = append(all, Alarms{l.Ref(), s.Name, part.Phase, part.Op, part.Name, m.Name, len(repeats), stats.FalseAlarms(repeats, splits)})
		}
	}
	return all
}

// FewestForSelf is how many runs are split into halves that can differ.
const FewestForSelf = 2 * stats.FewestBlocks

// inTime returns a metric of rows in the order in which their runs began.
func inTime(rows []*Row, m Metric) []stats.Value {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *Row) int { return a.StartedAt.Compare(b.StartedAt) })
	var values []stats.Value
	for i, r := range rows {
		if value, known := m.of(r); known {
			values = append(values, stats.Value{Block: i, Value: value})
		}
	}
	return values
}
