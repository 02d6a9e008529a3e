package kinds

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/internal/fault"
	measured "github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/stats"
)

// ErrSeveralRuns is the kind of error of a timeline of several runs.
var ErrSeveralRuns = errors.New("timeline of several runs")

// oneRun refuses several runs: their events and nodes cannot be told apart in one
// picture, and a median over runs would have none of the moments that matter.
func oneRun(l *comparison.Workload) error {
	if l.Compared == 1 {
		return nil
	}
	return fault.Errorf(ErrSeveralRuns, "a timeline is of one run, and %d are selected: select one, such as run:%d, or last:1 for the newest", l.Compared, l.Runs[len(l.Runs)-1].ID)
}

// timeline shows what happened in the seconds of a run: the load above, and below over
// the same time what the processes used.
func timeline(l *comparison.Workload, _ Options) (chart.Figure, error) {
	run, c := l.Runs[0], l.Details.Courses[l.Series[0]]
	width := "second"
	if c.Width > time.Second {
		width = format.ExactDuration(c.Width)
	}
	f := figure("Timeline", fmt.Sprintf("run %d, %s: every %s of it, latency %s", run.ID, l.Series[0].Name, width, measuredFrom(l, l.Parts)), l)
	f.XLabel, f.Columns = "time since the load began", 3
	t := timed{course: c, ops: operationsOf(c), nodes: nodesOf(c)}
	for _, op := range t.ops {
		f.Series = append(f.Series, chart.Series{Words: []string{op}, Store: run.Store})
	}
	for _, node := range t.nodes {
		hue := "node"
		if node == measured.ClientNode {
			hue = measured.ClientNode
		}
		f.Series = append(f.Series, chart.Series{Words: []string{node}, Store: hue})
	}
	end := float64(c.Width) * float64(c.Columns)
	axis := &chart.Axis{Unit: chart.Time, High: end}
	throughput := t.load(func(p *comparison.Tally, seconds float64) float64 { return float64(p.Latency.N()) / seconds })
	p50 := t.load(percentile(50))
	p50.Thin = true
	failed := t.load(func(p *comparison.Tally, seconds float64) float64 { return float64(p.Errors) / seconds })
	perSecond := func(of func(measured.NodeSecond) float64) chart.Curves {
		return t.used(func(n measured.NodeSecond) float64 { return of(n) / n.Seconds })
	}
	spans := t.phases()
	events, more := t.events()
	for _, p := range []chart.Panel{
		{YLabel: "successful ops/s", Marks: []chart.Mark{throughput}},
		{YLabel: "latency, p50 and p99", Y: chart.Scale{Unit: chart.Time, Log: true}, Marks: []chart.Mark{p50, t.load(percentile(99))}},
		{YLabel: "failed ops/s", Marks: []chart.Mark{failed}},
		{YLabel: "processors in use", Marks: []chart.Mark{perSecond(func(n measured.NodeSecond) float64 { return n.CPUSeconds })}},
		{YLabel: "memory, MiB", Marks: []chart.Mark{t.used(func(n measured.NodeSecond) float64 { return float64(n.RSSBytes) / mebi })}},
		{YLabel: "written to disk, MiB/s", Marks: []chart.Mark{perSecond(written)}},
	} {
		if !measuredIn(p.Marks) {
			continue
		}
		p.X = axis
		p.Marks = slices.Concat([]chart.Mark{spans}, p.Marks, []chart.Mark{events})
		f.Panels = append(f.Panels, p)
		spans, events = unnamed(spans, events)
	}
	if more > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("%s more are not marked", format.Count(more, "event")))
	}
	return f, nil
}

// measuredIn reports whether curves have any value.
func measuredIn(marks []chart.Mark) bool {
	return slices.ContainsFunc(marks, func(m chart.Mark) bool {
		known := func(p chart.Point) bool { return !math.IsNaN(p.Y) }
		return slices.ContainsFunc(m.(chart.Curves).Series, func(points []chart.Point) bool { return slices.ContainsFunc(points, known) })
	})
}

// unnamed are spans and rules without their names, for panels beside one that has
// them.
func unnamed(spans chart.Spans, rules chart.Rules) (chart.Spans, chart.Rules) {
	spans, rules.X = slices.Clone(spans), slices.Clone(rules.X)
	for i := range spans {
		spans[i].Label = ""
	}
	for i := range rules.X {
		rules.X[i].Label = ""
	}
	return spans, rules
}

// timed makes curves of a course: of operations, and behind them of nodes.
type timed struct {
	course     *comparison.Course
	ops, nodes []string
}

// operationsOf are the operations of measured phases, in the order in which they come.
// Warm-ups have no others.
func operationsOf(c *comparison.Course) []string {
	var ops []string
	for _, p := range c.Parts {
		if !p.Warmup && !slices.Contains(ops, p.Op) {
			ops = append(ops, p.Op)
		}
	}
	return ops
}

// nodesOf are the processes of a course, the load generator's last.
func nodesOf(c *comparison.Course) []string {
	var nodes []string
	for _, n := range c.Nodes {
		if !slices.Contains(nodes, n.Node) {
			nodes = append(nodes, n.Node)
		}
	}
	slices.SortStableFunc(nodes, func(a, b string) int {
		switch {
		case a == b || a != measured.ClientNode && b != measured.ClientNode:
			return 0
		case a == measured.ClientNode:
			return 1
		}
		return -1
	})
	return nodes
}

// percentile is one of the latencies of a column, where they are enough to carry it.
func percentile(percent float64) func(*comparison.Tally, float64) float64 {
	return func(t *comparison.Tally, _ float64) float64 {
		if n := t.Latency.N(); n == 0 || !stats.Carries(n, percent) {
			return math.NaN()
		}
		return float64(max(t.Latency.Percentile(percent), 1))
	}
}

// covered is the least part of a column, or of its own time if that is shorter, that a
// phase has to cover: a rate of less says nothing.
const covered = 0.2

// load is a curve of each operation. Each phase has a line of its own, in which a
// column counts for the time that the phase was on.
func (t timed) load(of func(*comparison.Tally, float64) float64) chart.Curves {
	curves := chart.Curves{Series: make([][]chart.Point, len(t.ops)+len(t.nodes))}
	for _, p := range t.course.Parts {
		i := slices.Index(t.ops, p.Op)
		phase := t.course.Phases[slices.IndexFunc(t.course.Phases, func(of measured.Phase) bool { return of.Name == p.Phase })]
		line := curves.Series[i]
		if len(line) > 0 {
			line = append(line, chart.Point{X: float64(phase.Started), Y: math.NaN()})
		}
		for column := range p.Columns {
			from := max(t.course.Width*time.Duration(column), phase.Started)
			to := min(t.course.Width*time.Duration(column+1), phase.Ended)
			if float64(to-from) < covered*float64(min(t.course.Width, phase.Ended-phase.Started)) || from >= to {
				continue
			}
			line = append(line, chart.Point{X: float64(from+to) / 2, Y: of(&p.Columns[column], (to - from).Seconds())})
		}
		curves.Series[i] = line
	}
	return curves
}

// used is a curve of each process.
func (t timed) used(of func(measured.NodeSecond) float64) chart.Curves {
	curves := chart.Curves{Series: make([][]chart.Point, len(t.ops)+len(t.nodes))}
	for _, n := range t.course.Nodes {
		if n.Seconds < covered {
			continue
		}
		i := len(t.ops) + slices.Index(t.nodes, n.Node)
		at := time.Duration(n.Second)*time.Second + time.Second/2
		curves.Series[i] = append(curves.Series[i], chart.Point{X: float64(at), Y: of(n)})
	}
	return curves
}

const mebi = 1 << 20 // bytes

// written is what a process wrote in MiB, where that is known.
func written(n measured.NodeSecond) float64 {
	if n.WrittenBytes == nil {
		return math.NaN()
	}
	return float64(*n.WrittenBytes) / mebi
}

// phases are the parts of the run.
func (t timed) phases() chart.Spans {
	var spans chart.Spans
	for _, p := range t.course.Phases {
		if p.Begun {
			spans = append(spans, chart.Span{From: float64(p.Started), To: float64(max(p.Started, p.Ended)), Label: p.Name})
		}
	}
	return spans
}

// mostEvents are as many as lines can be told apart.
const mostEvents = 24

// events mark what happened while the load was on, and say how many more did.
func (t timed) events() (rules chart.Rules, more int) {
	end := t.course.Width * time.Duration(t.course.Columns)
	for _, e := range t.course.Events {
		if e.At < 0 || e.At > end {
			continue
		}
		if len(rules.X) == mostEvents {
			more++
			continue
		}
		label := e.Kind
		if e.Node != "" {
			label = e.Node + " " + strings.TrimPrefix(label, "node-")
		}
		rules.X = append(rules.X, chart.Rule{At: float64(e.At), Label: label})
	}
	return rules, more
}
