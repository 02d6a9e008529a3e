package comparison

import (
	"slices"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// Metric is a figure of single runs that sides are compared by: of an operation
// in a phase, or of a phase.
type Metric struct {
	Name   string `json:"metric"`
	Unit   Unit   `json:"unit"`
	Better string `json:"better"` // higher or lower
	Help   string `json:"-"`
	phase  bool   // it is of all operations of a phase together
	of     func(*Row) (float64, bool)
}

// Unit is what a metric is in.
type Unit string

// The units.
const (
	PerSecond   Unit = "1/s"
	Nanoseconds Unit = "ns"
	Bytes       Unit = "B"
)

// metrics are all of them, in the order in which they are shown.
var metrics = []Metric{
	{string(workload.FigureRate), PerSecond, "higher", "the highest arrivals per second that kept the bound", true, rateOf},
	{string(workload.FigureThroughput), PerSecond, "higher", "successful operations per second, all threads together", false,
		func(r *Row) (float64, bool) { return r.Throughput, true }},
	latencyOf(workload.FigureP50, "median latency", 50, func(r *Row) int64 { return r.P50NS }),
	latencyOf(workload.FigureP90, "90th percentile of the latency", 90, func(r *Row) int64 { return r.P90NS }),
	latencyOf(workload.FigureP99, "99th percentile of the latency", 99, func(r *Row) int64 { return r.P99NS }),
	latencyOf(workload.FigureP999, "99.9th percentile of the latency", 99.9, func(r *Row) int64 { return r.P999NS }),
	latencyOf(workload.FigureMax, "greatest latency", 0, func(r *Row) int64 { return r.MaxNS }),
	{"cpu", Nanoseconds, "lower", "processor time of the servers, an operation", true,
		func(r *Row) (float64, bool) {
			return perOp(r, func(c record.Cost) (float64, bool) { return c.CPUSeconds * 1e9, true })
		}},
	{"memory", Bytes, "lower", "the most memory of each server, added up", true,
		func(r *Row) (float64, bool) { c, known := r.costs[r.Phase]; return float64(c.RSSBytes), known }},
	{"written", Bytes, "lower", "what the servers wrote to storage, an operation", true,
		func(r *Row) (float64, bool) {
			return perOp(r, func(c record.Cost) (float64, bool) {
				if c.WrittenBytes == nil {
					return 0, false
				}
				return float64(*c.WrittenBytes), true
			})
		}},
}

// always are the metrics that sides are compared by whatever the workload asks.
var always = []string{string(workload.FigureThroughput), string(workload.FigureP50), string(workload.FigureP99), "cpu", "memory", "written"}

// metricsOf are those of a workload: always the same ones, and what answers its
// question.
func metricsOf(l *Workload) []Metric {
	return slices.DeleteFunc(slices.Clone(metrics), func(m Metric) bool {
		return !slices.Contains(always, m.Name) && !l.Answers.Has(workload.Figure(m.Name))
	})
}

// FindMetric finds a metric by its name.
func FindMetric(name string) (Metric, bool) {
	if i := slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == name }); i >= 0 {
		return metrics[i], true
	}
	return Metric{}, false
}

// Values returns the metric of rows: one value a run of what is of a phase, and one
// a row of the others. Rows that have none are left out.
func (m Metric) Values(rows []*Row) []float64 {
	var values []float64
	type measured struct {
		run   *Run
		phase string
	}
	seen := map[measured]bool{}
	for _, r := range rows {
		of := measured{r.Run, r.Phase}
		if m.phase && seen[of] {
			continue
		}
		seen[of] = true
		if value, is := m.of(r); is {
			values = append(values, value)
		}
	}
	return values
}

// Parts are what a metric has figures of: operations in phases, or phases.
func (m Metric) Parts(l *Workload) []Part {
	switch {
	case m.phase:
		parts := make([]Part, len(l.Phases))
		for i, phase := range l.Phases {
			parts[i] = Part{Phase: phase, Name: phase}
		}
		return parts
	case m.Name == string(workload.FigureThroughput):
		return l.Executed()
	}
	return l.Parts
}

// Metrics are all that sides are compared by.
func Metrics() []Metric { return slices.Clone(metrics) }

// MetricNames are the names of all metrics.
func MetricNames() []string {
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = m.Name
	}
	return names
}

func latencyOf(f workload.Figure, help string, percent float64, ns func(*Row) int64) Metric {
	return Metric{string(f), Nanoseconds, f.Better(), help + " of successful operations", false, func(r *Row) (float64, bool) {
		return float64(ns(r)), r.Ops > 0 && stats.Carries(r.Ops, percent)
	}}
}

// rateOf is the rate that a search has found, which is 0 where none kept the bound.
func rateOf(r *Row) (float64, bool) {
	switch o := r.offered[r.Phase]; o.Bound {
	case record.BoundKept:
		return o.Rate, true
	case record.BoundBroken:
		return 0, true
	}
	return 0, false
}

// perOp is a cost of the phase for each of its operations.
func perOp(r *Row, of func(record.Cost) (float64, bool)) (float64, bool) {
	c, known := r.costs[r.Phase]
	if !known || c.Ops == 0 {
		return 0, false
	}
	value, known := of(c)
	return value / float64(c.Ops), known
}
