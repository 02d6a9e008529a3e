package archive

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// The histograms of summaries.
const (
	hdrLowest  = 1
	hdrHighest = int64(time.Hour)
	hdrDigits  = 3
)

const second = int64(time.Second)

// aggregate computes summaries and thread-seconds from chunks, while a run
// goes on and again from an archive. It keeps the latencies of the current
// second of each thread and one histogram for each phase and operation.
type aggregate struct {
	runID   int64
	threads int
	numbers int // of threads and watchers
	phases  []*phaseTotals
	rows    []record.ThreadSecond // finished seconds that nobody has taken yet
	decoder *sample.Decoder
	samples []sample.Sample
}

type phaseTotals struct {
	record.Phase
	threads map[int]*threadTotals // by number, which may be any
	ops     []*opTotals           // by operation; nil for those that did not occur
	first   int64                 // start of the earliest operation
	last    int64                 // end of the latest one
	over    bool                  // no chunk may follow
}

type threadTotals struct {
	samples int64
	end     int64 // of its latest operation
	until   int64 // when the second under way ends
	cells   []*cell
}

// cell holds what one thread did of one operation in the second under way.
type cell struct {
	latencies []int64 // of those that succeeded, from their intended start
	services  []int64 // the same from their start; empty while there is no difference
	errors    int64
	errorSum  int64
	errorMax  int64
}

type opTotals struct {
	ops                        int64
	errors, errorSum, errorMax int64
	latency                    spread
	service                    *spread // nil while no operation started late
}

// spread is durations as a summary shows them.
type spread struct {
	sum, max  int64
	histogram *hdrhistogram.Histogram
}

func newSpread() spread { return spread{histogram: hdrhistogram.New(hdrLowest, hdrHighest, hdrDigits)} }

func (s spread) clone() *spread {
	s.histogram = hdrhistogram.Import(s.histogram.Export())
	return &s
}

// take adds durations and returns their sum.
func (s *spread) take(durations []int64) int64 {
	var sum, largest int64
	for _, d := range durations {
		sum += d
		largest = max(largest, d)
		// It cannot fail: the value is neither negative nor above the range.
		_ = s.histogram.RecordValue(min(d, hdrHighest))
	}
	s.sum += sum
	s.max = max(s.max, largest)
	return sum
}

// percentiles returns the 50th, 90th, 95th, 99th and 99.9th.
func (s *spread) percentiles() (p50, p90, p95, p99, p999 int64) {
	values := s.histogram.ValueAtPercentilesSlice([]float64{50, 90, 95, 99, 99.9})
	for i := range values {
		values[i] = min(values[i], s.max)
	}
	return values[0], values[1], values[2], values[3], values[4]
}

func newAggregate(run record.Run, phases []record.Phase) *aggregate {
	a := &aggregate{runID: run.ID, threads: run.Threads, numbers: run.Threads + run.Watchers, decoder: sample.NewDecoder()}
	for i, p := range phases {
		p.Index = i
		a.phases = append(a.phases, &phaseTotals{Phase: p, threads: map[int]*threadTotals{}, first: math.MaxInt64, last: math.MinInt64})
	}
	return a
}

// add takes one chunk. The chunks of a thread and phase must come in order.
func (a *aggregate) add(h sample.Header, data []byte) error {
	if h.Phase < 0 || h.Phase >= len(a.phases) || h.Thread < 0 || h.Thread >= a.numbers {
		return faultf(ErrDamaged, "run %d: there is a chunk of phase %d, thread %d; the run has %d phases and %d threads",
			a.runID, h.Phase, h.Thread, len(a.phases), a.numbers)
	}
	phase := a.phases[h.Phase]
	thread := phase.thread(h.Thread)
	fail := func(format string, args ...any) error {
		return faultf(ErrDamaged, "run %d, phase %s, thread %d, chunk from sample %d: %s",
			a.runID, phase.Name, h.Thread, h.First, fmt.Sprintf(format, args...))
	}
	if phase.over {
		return fail("it came after the end of its phase")
	}
	if h.First != thread.samples {
		return fail("the samples before it end at %d", thread.samples)
	}
	var err error
	if a.samples, err = a.decoder.Decode(a.samples[:0], data); err != nil {
		return fail("%v", err)
	}
	if len(a.samples) != h.Count {
		return fail("it holds %d samples, should hold %d", len(a.samples), h.Count)
	}
	if at := disorder(a.samples, thread.end); at >= 0 {
		return fail("sample %d ends before it starts or before the one ahead of it", h.First+int64(at))
	}
	thread.samples += int64(h.Count)
	phase.Samples += int64(h.Count)
	a.count(phase, thread, h.Thread)
	return nil
}

// disorder returns the index of the first sample that no thread could have
// executed after one that ended at end, or -1.
func disorder(samples []sample.Sample, end int64) int {
	for i := range samples {
		s := &samples[i]
		if s.Latency < 0 || s.End() < end {
			return i
		}
		end = s.End()
	}
	return -1
}

func (a *aggregate) count(phase *phaseTotals, thread *threadTotals, number int) {
	for i := range a.samples {
		s := &a.samples[i]
		end := s.End()
		if end >= thread.until {
			a.endSecond(phase, thread, number)
			thread.until = end - end%second + second
		}
		phase.first = min(phase.first, s.Start)
		c := thread.cell(s.Op)
		latency := end - s.Intended
		if s.Status == sample.OK {
			if latency != s.Latency && len(c.services) == 0 {
				c.services = append(c.services, c.latencies...)
			}
			if latency != s.Latency || len(c.services) > 0 {
				c.services = append(c.services, s.Latency)
			}
			c.latencies = append(c.latencies, latency)
			continue
		}
		c.errors++
		c.errorSum += latency
		c.errorMax = max(c.errorMax, latency)
	}
	thread.end = a.samples[len(a.samples)-1].End()
	phase.last = max(phase.last, thread.end)
}

func (p *phaseTotals) thread(number int) *threadTotals {
	t, known := p.threads[number]
	if !known {
		t = &threadTotals{end: math.MinInt64, until: math.MinInt64}
		p.threads[number] = t
	}
	return t
}

func (t *threadTotals) cell(op sample.Op) *cell {
	for int(op) >= len(t.cells) {
		t.cells = append(t.cells, nil)
	}
	c := t.cells[op]
	if c == nil {
		c = &cell{}
		t.cells[op] = c
	}
	return c
}

func (p *phaseTotals) op(op sample.Op) *opTotals {
	for int(op) >= len(p.ops) {
		p.ops = append(p.ops, nil)
	}
	if p.ops[op] == nil {
		p.ops[op] = &opTotals{latency: newSpread()}
	}
	return p.ops[op]
}

// endSecond moves what the thread's cells hold into the phase's totals and a row.
func (a *aggregate) endSecond(phase *phaseTotals, thread *threadTotals, number int) {
	for op, c := range thread.cells {
		if c == nil || len(c.latencies) == 0 && c.errors == 0 {
			continue
		}
		row := record.ThreadSecond{
			RunID: a.runID, Phase: phase.Name, Warmup: phase.Warmup, Thread: number,
			Op: sample.Op(op).String(), Second: int(thread.until/second - 1),
			Ops: int64(len(c.latencies)), Errors: c.errors,
		}
		sum := phase.op(sample.Op(op)).take(c)
		if row.Ops > 0 {
			row.MeanNS = divide(sum, row.Ops)
			row.P50NS, row.P99NS, row.MaxNS = ranks(c.latencies)
		}
		a.rows = append(a.rows, row)
		*c = cell{latencies: c.latencies[:0], services: c.services[:0]}
	}
}

// take adds a cell and returns the sum of its latencies.
func (o *opTotals) take(c *cell) int64 {
	if len(c.services) > 0 && o.service == nil {
		o.service = o.latency.clone()
	}
	switch {
	case len(c.services) > 0:
		o.service.take(c.services)
	case o.service != nil:
		o.service.take(c.latencies)
	}
	o.ops += int64(len(c.latencies))
	o.errors += c.errors
	o.errorSum += c.errorSum
	o.errorMax = max(o.errorMax, c.errorMax)
	return o.latency.take(c.latencies)
}

// endPhase ends the second that each of the phase's threads was in.
func (a *aggregate) endPhase(index int) {
	phase := a.phases[index]
	phase.over = true
	for _, number := range slices.Sorted(maps.Keys(phase.threads)) {
		thread := phase.threads[number]
		a.endSecond(phase, thread, number)
		thread.cells = nil
	}
}

// takeRows returns the thread-seconds that were finished since the last call.
func (a *aggregate) takeRows() []record.ThreadSecond {
	rows := a.rows
	a.rows = nil
	return rows
}

// summaries ends every phase and returns the run's summaries, by phase and
// number of the operation.
func (a *aggregate) summaries() ([]record.Summary, error) {
	var summaries []record.Summary
	for index, phase := range a.phases {
		a.endPhase(index)
		for op, totals := range phase.ops {
			if totals == nil {
				continue
			}
			s, err := totals.summary(phase.seconds(), a.threads)
			if err != nil {
				return nil, fmt.Errorf("summarise run %d, phase %s: %w", a.runID, phase.Name, err)
			}
			s.RunID, s.Phase, s.Warmup, s.Op = a.runID, phase.Name, phase.Warmup, sample.Op(op).String()
			summaries = append(summaries, s)
		}
	}
	return summaries, nil
}

// seconds is the time from the phase's start until its last operation's end.
func (p *phaseTotals) seconds() float64 {
	start := p.first
	if p.Begun {
		start = min(start, int64(p.Started))
	}
	return float64(max(p.last-start, 1)) / 1e9
}

func (o *opTotals) summary(seconds float64, threads int) (record.Summary, error) {
	s := record.Summary{
		Ops: o.ops, Errors: o.errors, Seconds: seconds,
		Throughput:          float64(o.ops) / seconds,
		ThroughputPerThread: float64(o.ops) / seconds / float64(threads),
		ErrorMaxNS:          o.errorMax,
	}
	if o.errors > 0 {
		s.ErrorMeanNS = divide(o.errorSum, o.errors)
	}
	if o.ops == 0 {
		return s, nil
	}
	s.MeanNS, s.MaxNS = divide(o.latency.sum, o.ops), o.latency.max
	s.P50NS, s.P90NS, s.P95NS, s.P99NS, s.P999NS = o.latency.percentiles()
	s.ServiceMeanNS, s.ServiceP50NS, s.ServiceP90NS, s.ServiceP95NS = s.MeanNS, s.P50NS, s.P90NS, s.P95NS
	s.ServiceP99NS, s.ServiceP999NS, s.ServiceMaxNS = s.P99NS, s.P999NS, s.MaxNS
	if o.service != nil {
		s.ServiceMeanNS, s.ServiceMaxNS = divide(o.service.sum, o.ops), o.service.max
		s.ServiceP50NS, s.ServiceP90NS, s.ServiceP95NS, s.ServiceP99NS, s.ServiceP999NS = o.service.percentiles()
	}
	text, err := o.latency.histogram.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return s, err
	}
	s.HDR, err = base64.StdEncoding.DecodeString(string(text))
	return s, err
}

// divide rounds to the nearest integer.
func divide(sum, count int64) int64 { return (sum + count/2) / count }

// ranks returns the 50th and 99th percentile and the greatest of latencies,
// exactly, by the nearest-rank rule of the histograms. It reorders latencies.
func ranks(latencies []int64) (p50, p99, largest int64) {
	n := len(latencies)
	at := func(percent int) int { return max((n*percent+50)/100, 1) - 1 }
	i, j := at(50), at(99)
	p50 = selectRank(latencies, i)
	p99 = selectRank(latencies[i:], j-i)
	largest = p99
	for _, latency := range latencies[j:] {
		largest = max(largest, latency)
	}
	return p50, p99, largest
}

// selectRank returns the element that would be at index k if values were
// sorted. It leaves the smaller ones before it and the greater ones after it.
func selectRank(values []int64, k int) int64 {
	low, high := 0, len(values)-1
	for depth := 0; high-low > 16; depth++ {
		if depth == 64 { // hostile order
			break
		}
		pivot := median(values[low], values[low+(high-low)/2], values[high])
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return values[k]
		}
	}
	rest := values[low : high+1]
	slices.Sort(rest)
	return values[k]
}

func median(a, b, c int64) int64 { return max(min(a, b), min(max(a, b), c)) }
