package comparison

import (
	"slices"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/stats"
)

// Series is the runs that differ only in when they ran.
type Series struct {
	Name       string      `json:"name"`
	Store      string      `json:"store"`
	Values     []string    `json:"values"` // of the keys that tell series apart
	Runs       int         `json:"runs"`
	Operations []Operation `json:"operations"`
	All        *Operation  `json:"all,omitempty"` // of a mix: its operations together, which have no latency
	Phases     []Phase     `json:"phases,omitempty"`
	Rows       []*Row      `json:"-"`
}

// Phase is what a measured phase of a series came to, all operations together.
type Phase struct {
	Name       string         `json:"phase"`
	Throughput stats.Estimate `json:"throughput"`
	Offered    stats.Estimate `json:"offered"` // arrivals a second, of an open loop
	Rate       stats.Estimate `json:"rate"`    // that a search has found; 0 where no rate kept the bound
	Searches   int            `json:"searches,omitempty"`
	Found      int            `json:"found,omitempty"` // of the searches
}

// Operation is what one operation of a series came to: medians of its runs.
type Operation struct {
	Phase      string         `json:"phase,omitempty"`
	Op         string         `json:"op,omitempty"`
	Ops        int64          `json:"ops"`    // that succeeded, in all runs
	Errors     int64          `json:"errors"` // that failed
	Throughput stats.Estimate `json:"throughput"`
	PerThread  stats.Estimate `json:"throughput_per_thread"`
	Latency    *Latency       `json:"latency,omitempty"` // if it was asked for, and any succeeded
	Rows       []*Row         `json:"-"`
}

// Latency is the percentiles of successful operations, in nanoseconds. They are
// those of single runs, of which the median is taken. One that the operations of a
// run are too few to carry is left out.
type Latency struct {
	P50  stats.Estimate `json:"p50_ns"`
	P90  stats.Estimate `json:"p90_ns"`
	P99  stats.Estimate `json:"p99_ns"`
	P999 stats.Estimate `json:"p999_ns"`
	Max  stats.Estimate `json:"max_ns"`
}

// Operation finds an operation of the series, or nil.
func (s *Series) Operation(of Part) *Operation {
	if i := slices.IndexFunc(s.Operations, func(o Operation) bool { return o.Phase == of.Phase && o.Op == of.Op }); i >= 0 {
		return &s.Operations[i]
	}
	return nil
}

func operation(phase, op string, rows []*Row, latency bool) Operation {
	o := Operation{Phase: phase, Op: op, Throughput: Estimate(rows, Throughput), PerThread: Estimate(rows, (*Row).PerThread), Rows: rows}
	for _, r := range rows {
		o.Ops, o.Errors = o.Ops+r.Ops, o.Errors+r.Errors
	}
	if answered := Answered(rows); latency && len(answered) > 0 {
		o.Latency = &Latency{
			P50:  Percentile(answered, 50, func(r *Row) int64 { return r.P50NS }),
			P90:  Percentile(answered, 90, func(r *Row) int64 { return r.P90NS }),
			P99:  Percentile(answered, 99, func(r *Row) int64 { return r.P99NS }),
			P999: Percentile(answered, 99.9, func(r *Row) int64 { return r.P999NS }),
			Max:  Percentile(answered, 0, func(r *Row) int64 { return r.MaxNS }),
		}
	}
	return o
}

// Percentile summarises a percentile of the latency of rows. Those whose
// operations are too few to carry it are left out.
func Percentile(rows []*Row, percent float64, figure func(*Row) int64) stats.Estimate {
	carrying := slices.DeleteFunc(slices.Clone(rows), func(r *Row) bool { return r.Ops == 0 || !stats.Carries(r.Ops, percent) })
	return Estimate(carrying, func(r *Row) float64 { return float64(figure(r)) })
}

// Throughput returns the successful operations a second of all threads.
func Throughput(r *Row) float64 { return r.Throughput }

// P99 returns the 99th percentile of the latency in nanoseconds.
func P99(r *Row) int64 { return r.P99NS }

// Estimate summarises a figure of rows, one row a run.
func Estimate(rows []*Row, figure func(*Row) float64) stats.Estimate {
	values := make([]float64, len(rows))
	for i, r := range rows {
		values[i] = figure(r)
	}
	return stats.Summarize(values)
}

// Answered leaves out operations of which none succeeded: they have no latency.
func Answered(rows []*Row) []*Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r *Row) bool { return r.Ops == 0 })
}

// Totals puts the operations of each phase of each run together: how many there
// were and their throughput, which add up because all are counted over the time
// of the phase. Latencies do not add up, so a total has none, and no operation.
// What watchers were told is not among them.
func Totals(rows []*Row) []*Row {
	type part struct {
		run   *Run
		phase string
	}
	var totals []*Row
	at := map[part]*Row{}
	var total *Row // of the row before, which mostly is of the same part
	for _, r := range rows {
		if watched(r.Op) {
			continue
		}
		if total == nil || total.Run != r.Run || total.Phase != r.Phase {
			of := part{r.Run, r.Phase}
			if total = at[of]; total == nil {
				total = &Row{r.Run, &record.Summary{RunID: r.RunID, Phase: r.Phase, Seconds: r.Seconds}}
				at[of] = total
				totals = append(totals, total)
			}
		}
		total.Ops, total.Errors = total.Ops+r.Ops, total.Errors+r.Errors
		total.Throughput += r.Throughput
	}
	return totals
}
