package comparison

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/stats"
)

// Detailed is what the archive has of single runs.
type Detailed interface {
	// Quantiles hands summaries of measured phases that have latencies to take,
	// with these at percentiles in ascending order.
	Quantiles(ctx context.Context, percentiles []float64, take func(record.Summary, []int64) error, ids ...int64) error
	// Scan hands every sample of a run to one of several takers, a chunk of a
	// thread and phase at a time and in any order. Takers work side by side.
	Scan(ctx context.Context, run int64, takers []func(sample.Header, []sample.Sample)) error
	Phases(ctx context.Context, ids ...int64) ([]record.Phase, error)
	NodeSeconds(ctx context.Context, run int64) ([]record.NodeSecond, error)
	Events(ctx context.Context, run int64) ([]record.Event, error)
}

// Wanted is what is to be read of single runs.
type Wanted struct {
	Quantiles bool
	Seconds   bool // the course of the only run, from its zero on
	Moments   bool // the course of each series over its measured phases
	Threads   bool // what each thread did
}

// Details are what single runs came to. What was not asked for is empty.
type Details struct {
	Quantiles map[*Row][]int64       // latencies at Percentiles
	Courses   map[*Series]*Course    // the runs of each series put together
	Threads   map[*Row][]ThreadTotal // by number
}

// Course is what happened over the time of runs, in columns of one width that count
// from the zeros of the runs. What is not of the load is that of the first run.
type Course struct {
	Begin, Width time.Duration
	Columns      int
	Parts        []CoursePart
	Phases       []record.Phase
	Events       []record.Event      // of the seconds
	Nodes        []record.NodeSecond // of the seconds
}

// CoursePart is what came of an operation in a phase, by the column in which it ended.
type CoursePart struct {
	Part
	Warmup  bool
	Columns []Tally
}

// Tally is operations: latencies in nanoseconds from the intended start of those that
// succeeded, and the number of those that failed.
type Tally struct {
	Latency stats.Histogram
	Errors  int64
}

// ThreadTotal is what a thread did of an operation in a phase.
type ThreadTotal struct {
	Ops   int64 // that succeeded
	P99NS int64 // 0 where they are too few to carry it
}

// Percentiles are those at which distributions are kept: each half one, and of the
// slowest operations ten for each power of ten, up to one in a million.
var Percentiles = percentiles()

func percentiles() []float64 {
	var all []float64
	for half := range 180 {
		all = append(all, float64(half)/2)
	}
	return append(all, tail...)
}

// tail are the percentiles from 90 on: what is left to 100 shrinks by a tenth of a
// power of ten, and is exact at p99, p99.9 and so on.
var tail = func() []float64 {
	var all []float64
	left := []float64{10, 7.9, 6.3, 5, 4, 3.2, 2.5, 2, 1.6, 1.3}
	for scale := 1.0; scale <= 1e5; scale *= 10 {
		for _, x := range left {
			if x/scale >= 1e-4 {
				all = append(all, 100-x/scale)
			}
		}
	}
	return all
}()

// Detail reads what is wanted of the runs that are compared.
func (l *Workload) Detail(ctx context.Context, from Detailed, of Wanted) error {
	var err error
	if of.Quantiles {
		if l.Details.Quantiles, err = l.quantiles(ctx, from); err != nil {
			return err
		}
	}
	if of.Threads {
		if l.Details.Threads, err = l.threads(ctx, from); err != nil {
			return err
		}
	}
	switch {
	case of.Seconds:
		l.Details.Courses, err = l.seconds(ctx, from)
	case of.Moments:
		l.Details.Courses, err = l.moments(ctx, from)
	}
	return err
}

// part is what tells the rows of a run apart.
type part struct {
	run       int64
	phase, op string
}

// rowsBy finds the rows that are compared.
func (l *Workload) rowsBy() map[part]*Row {
	rows := make(map[part]*Row, len(l.Rows))
	for _, r := range l.Rows {
		rows[part{r.RunID, r.Phase, r.Op}] = r
	}
	return rows
}

func (l *Workload) ids() []int64 {
	ids := make([]int64, len(l.Runs))
	for i, r := range l.Runs {
		ids[i] = r.ID
	}
	return ids
}

func (l *Workload) quantiles(ctx context.Context, from Detailed) (map[*Row][]int64, error) {
	rows := l.rowsBy()
	read := map[*Row][]int64{}
	err := from.Quantiles(ctx, Percentiles, func(s record.Summary, at []int64) error {
		if row := rows[part{s.RunID, s.Phase, s.Op}]; row != nil {
			read[row] = slices.Clone(at)
		}
		return nil
	}, l.ids()...)
	return read, err
}

func (l *Workload) threads(ctx context.Context, from Detailed) (map[*Row][]ThreadTotal, error) {
	phases, err := l.phasesBy(ctx, from)
	if err != nil {
		return nil, err
	}
	rows, read := l.rowsBy(), map[*Row][]ThreadTotal{}
	for _, run := range l.Runs {
		g := grid{columns: run.Threads, phases: phases[run.ID], wanted: func(p record.Phase, op string) bool { return rows[part{run.ID, p.Name, op}] != nil }}
		parts, err := g.scan(ctx, from, run.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			totals := make([]ThreadTotal, run.Threads)
			for i := range totals {
				of := &p.Columns[i].Latency
				totals[i].Ops = of.N()
				if stats.Carries(of.N(), 99) {
					totals[i].P99NS = of.Percentile(99)
				}
			}
			read[rows[part{run.ID, p.Phase, p.Op}]] = totals
		}
	}
	return read, nil
}

func (l *Workload) phasesBy(ctx context.Context, from Detailed) (map[int64][]record.Phase, error) {
	all, err := from.Phases(ctx, l.ids()...)
	if err != nil {
		return nil, err
	}
	by := map[int64][]record.Phase{}
	for _, p := range all {
		by[p.RunID] = append(by[p.RunID], p)
	}
	return by, nil
}

// The most columns of a course.
const (
	mostSeconds = 240
	mostMoments = 160 // of a series that is alone, and fewer where several share a picture
)

// seconds is the course of the first run that is compared. Of warm-ups it has the
// operations that are compared.
func (l *Workload) seconds(ctx context.Context, from Detailed) (map[*Series]*Course, error) {
	run, series := l.Runs[0], l.Series[l.Rows[0].group]
	phases, err := from.Phases(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	c := &Course{Phases: phases}
	_, end := extent(phases, func(record.Phase) bool { return true })
	c.Width = max(end/mostSeconds+time.Second-1, time.Second).Truncate(time.Second)
	c.Columns = int(end/c.Width) + 1
	rows := l.rowsBy()
	g := grid{width: c.Width, columns: c.Columns, phases: phases, wanted: func(p record.Phase, op string) bool {
		compared := func(other Part) bool { return other.Op == op }
		return p.Warmup && slices.ContainsFunc(l.Parts, compared) || rows[part{run.ID, p.Name, op}] != nil
	}}
	if c.Parts, err = g.scan(ctx, from, run.ID); err != nil {
		return nil, err
	}
	if c.Events, err = from.Events(ctx, run.ID); err != nil {
		return nil, err
	}
	if c.Nodes, err = from.NodeSeconds(ctx, run.ID); err != nil {
		return nil, err
	}
	return map[*Series]*Course{series: c}, nil
}

// moments are the courses of all series, over one time: that of their measured phases.
func (l *Workload) moments(ctx context.Context, from Detailed) (map[*Series]*Course, error) {
	phases, err := l.phasesBy(ctx, from)
	if err != nil {
		return nil, err
	}
	begin, end := extent(slices.Concat(l.values(phases)...), func(p record.Phase) bool { return slices.Contains(l.Phases, p.Name) })
	columns := max(mostMoments/int(math.Ceil(math.Sqrt(float64(len(l.Series))))), mostMoments/4)
	rows := l.rowsBy()
	courses := map[*Series]*Course{}
	for _, s := range l.Series {
		c := &Course{Begin: begin, Width: (end-begin)/time.Duration(columns) + 1, Columns: columns}
		for _, run := range runsOf(s.Rows) {
			if c.Phases == nil {
				c.Phases = phases[run.ID]
			}
			g := grid{begin: begin, width: c.Width, columns: c.Columns, phases: phases[run.ID], wanted: func(p record.Phase, op string) bool { return rows[part{run.ID, p.Name, op}] != nil }}
			parts, err := g.scan(ctx, from, run.ID)
			if err != nil {
				return nil, err
			}
			c.Parts = merged(c.Parts, parts)
		}
		courses[s] = c
	}
	return courses, nil
}

// values are the phases of the runs, in their order.
func (l *Workload) values(phases map[int64][]record.Phase) [][]record.Phase {
	var all [][]record.Phase
	for _, run := range l.Runs {
		all = append(all, phases[run.ID])
	}
	return all
}

// extent is from the begin of the first of some phases to the end of the last.
func extent(phases []record.Phase, of func(record.Phase) bool) (begin, end time.Duration) {
	first := true
	for _, p := range phases {
		if !p.Begun || !of(p) {
			continue
		}
		if first || p.Started < begin {
			begin = p.Started
		}
		end, first = max(end, p.Started, p.Ended), false
	}
	return begin, end
}
