package engine

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// What is said to be a standstill: a second in which no operation ended, and so
// many times what half of them take, so that those are not accused that take
// long. Time is looked at in steps.
const (
	standstillLeast = time.Second
	standstillTimes = 10
	standstillStep  = 10 * time.Millisecond
	standstillMost  = 1 << 23 // steps, which are 23 hours
)

// standstills finds out when nothing went on in a phase, from its samples and from
// how late the encoder is woken: a process that is stopped wakes nobody. It costs
// the threads nothing. Only the encoder's goroutine uses it.
type standstills struct {
	zero      time.Time     // of the run
	began     time.Duration // when the phase did
	ended     []uint64      // a bit for each step in which an operation ended
	due       []uint64      // the same, in which one should have been on its way
	latencies [65]int64     // operations, by how many bits their latency has
	looked    time.Duration // when the encoder last did
	late      []gap         // times in which it was not woken
}

// gap is a time from the run's zero.
type gap struct{ from, until time.Duration }

func (g gap) long() time.Duration { return g.until - g.from }

func newStandstills(zero time.Time, began time.Duration) *standstills {
	return &standstills{zero: zero, began: began, looked: began}
}

// look notes that the encoder comes round, which was to sleep for a time.
func (s *standstills) look(now, slept time.Duration) {
	if g := (gap{s.looked, now}); g.long() >= standstillLeast+slept {
		s.late = append(s.late, g)
	}
	s.looked = now
}

// observe takes samples of the phase.
func (s *standstills) observe(samples []sample.Sample) {
	for i := range samples {
		o := &samples[i]
		s.latencies[bits.Len64(uint64(o.Latency))]++
		from, to := s.step(o.Intended), s.step(o.End())
		if to >= standstillMost {
			continue
		}
		for to/64 >= len(s.ended) {
			s.ended, s.due = append(s.ended, 0), append(s.due, 0)
		}
		s.ended[to/64] |= 1 << (to % 64)
		for ; from <= to; from++ {
			s.due[from/64] |= 1 << (from % 64)
		}
	}
}

// step is the one that a time from the run's zero lies in.
func (s *standstills) step(at int64) int {
	return max(0, int((time.Duration(at)-s.began)/standstillStep))
}

// usual is what half of the operations take at most, to a factor of two.
func (s *standstills) usual() time.Duration {
	var all, below int64
	for _, n := range s.latencies {
		all += n
	}
	for length, n := range s.latencies {
		if below += n; 2*below >= all {
			return 1 << min(length, 62)
		}
	}
	return 0
}

// find returns when the load generator stood still, and when the store did or
// the way to it.
func (s *standstills) find() (client, store []gap) {
	least := max(standstillLeast, standstillTimes*s.usual())
	for _, g := range s.runs(func(word int) uint64 { return ^s.ended[word] }, standstillLeast) {
		if slices.ContainsFunc(s.late, func(late gap) bool { return min(late.until, g.until)-max(late.from, g.from) > g.long()/2 }) {
			client = append(client, g)
		}
	}
	for _, g := range s.runs(func(word int) uint64 { return s.due[word] &^ s.ended[word] }, least) {
		if !slices.ContainsFunc(client, func(c gap) bool { return c.from <= g.from && g.until <= c.until }) {
			store = append(store, g)
		}
	}
	return client, store
}

// runs returns the times of a length whose steps all have a bit.
func (s *standstills) runs(bit func(word int) uint64, least time.Duration) (gaps []gap) {
	from := -1
	for step := range 64*len(s.ended) + 1 {
		if step < 64*len(s.ended) && bit(step/64)>>(step%64)&1 == 1 {
			if from < 0 {
				from = step
			}
			continue
		}
		g := gap{s.began + time.Duration(max(from, 0))*standstillStep, s.began + time.Duration(step)*standstillStep}
		if from >= 0 && g.long() >= least {
			gaps = append(gaps, g)
		}
		from = -1
	}
	return gaps
}

// warnings says of a phase when it stood still.
func (s *standstills) warnings(phase string) (warnings []string) {
	client, store := s.find()
	if len(client) > 0 {
		warnings = append(warnings, fmt.Sprintf("%s: the load generator stood still for %s, as a process does that is stopped or gets no processor; what was to be measured then was not", phase, times(client)))
	}
	if len(store) > 0 {
		warnings = append(warnings, fmt.Sprintf("%s: no operation ended for %s, though some were on their way or due: the store stood still, or the way to it", phase, times(store)))
	}
	return warnings
}

// times names the longest of some times, and how many there are.
func times(gaps []gap) string {
	longest := slices.MaxFunc(gaps, func(a, b gap) int { return int(a.long() - b.long()) })
	text := fmt.Sprintf("%.1f s from %.1f s of the run on", longest.long().Seconds(), longest.from.Seconds())
	if len(gaps) > 1 {
		text += fmt.Sprintf(" (the longest of %d times)", len(gaps))
	}
	return text
}
