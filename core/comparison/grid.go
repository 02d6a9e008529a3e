package comparison

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// grid counts the samples of a run by phase and operation, and by column: the time in
// which they ended, or without a width the number of their thread. No sample is kept.
type grid struct {
	begin, width time.Duration
	columns      int
	phases       []record.Phase
	wanted       func(record.Phase, string) bool
}

// mostTakers are as many as one reader of the archive can feed.
const mostTakers = 8

// scan counts on all processors.
func (g *grid) scan(ctx context.Context, from Detailed, run int64) ([]CoursePart, error) {
	counts := make([]*counter, min(runtime.GOMAXPROCS(0), mostTakers))
	takers := make([]func(sample.Header, []sample.Sample), len(counts))
	for i := range counts {
		counts[i] = g.counter()
		takers[i] = counts[i].take
	}
	if err := from.Scan(ctx, run, takers); err != nil {
		return nil, err
	}
	for _, c := range counts[1:] {
		counts[0].add(c)
	}
	return counts[0].parts(g.phases), nil
}

// operations are as many as a sample can name.
const operations = math.MaxUint8 + 1

// counter is what one goroutine counts.
type counter struct {
	begin, width int64
	columns      int
	wanted       [][operations]bool // by phase and operation
	counts       [][operations][]Tally
}

func (g *grid) counter() *counter {
	c := &counter{begin: int64(g.begin), width: int64(g.width), columns: g.columns,
		wanted: make([][operations]bool, len(g.phases)), counts: make([][operations][]Tally, len(g.phases))}
	for i, p := range g.phases {
		for op := range operations {
			o := sample.Op(op)
			c.wanted[i][op] = o.Known() && g.wanted(p, o.String())
		}
	}
	return c
}

// take counts a chunk. The samples of a thread end one after the other, so that a
// column is looked for only where one is over.
func (c *counter) take(h sample.Header, samples []sample.Sample) {
	if h.Phase >= len(c.counts) || c.width == 0 && h.Thread >= c.columns {
		return
	}
	wanted, counts := &c.wanted[h.Phase], &c.counts[h.Phase]
	column, until := h.Thread, int64(math.MaxInt64)
	if c.width > 0 {
		until = math.MinInt64
	}
	for i := range samples {
		s := &samples[i]
		end := s.End()
		if end >= until {
			column, until = c.column(end)
		}
		tallies := counts[s.Op]
		if tallies == nil {
			if !wanted[s.Op] {
				continue
			}
			tallies = make([]Tally, c.columns)
			counts[s.Op] = tallies
		}
		if s.Status != sample.OK {
			tallies[column].Errors++
			continue
		}
		tallies[column].Latency.Add(end - s.Intended)
	}
}

// column is where a moment lies, and when the column is over. What lies outside is
// counted in the first and the last.
func (c *counter) column(at int64) (column int, until int64) {
	column = int(min(max((at-c.begin)/c.width, 0), int64(c.columns-1)))
	if column == c.columns-1 {
		return column, math.MaxInt64
	}
	return column, c.begin + int64(column+1)*c.width
}

// add adds what another one has counted.
func (c *counter) add(other *counter) {
	for phase := range c.counts {
		for op, tallies := range other.counts[phase] {
			c.counts[phase][op] = together(c.counts[phase][op], tallies)
		}
	}
}

// together adds tallies to others, which are as many. Either may be nil.
func together(tallies, more []Tally) []Tally {
	if tallies == nil {
		return more
	}
	for i := range more {
		tallies[i].Latency.Merge(&more[i].Latency)
		tallies[i].Errors += more[i].Errors
	}
	return tallies
}

// parts are what was counted, in the order of phases and operations.
func (c *counter) parts(phases []record.Phase) []CoursePart {
	var parts []CoursePart
	for phase := range c.counts {
		for op, tallies := range c.counts[phase] {
			if tallies != nil {
				name := sample.Op(op).String()
				parts = append(parts, CoursePart{Part{Phase: phases[phase].Name, Op: name, Name: name}, phases[phase].Warmup, tallies})
			}
		}
	}
	return parts
}

// merged adds parts to others, which have as many columns.
func merged(parts, more []CoursePart) []CoursePart {
	for _, p := range more {
		i := slices.IndexFunc(parts, func(other CoursePart) bool { return other.Part == p.Part })
		if i < 0 {
			parts = append(parts, p)
			continue
		}
		parts[i].Columns = together(parts[i].Columns, p.Columns)
	}
	return parts
}
