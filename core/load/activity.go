package load

import (
	"cmp"
	"math"
	"math/bits"
	"sort"
	"time"
)

// staircase goes from one number to another in equal steps over a time, both
// numbers included.
type staircase struct {
	from, to float64
	steps    int // 1: it stays at from
	over     time.Duration
}

// at returns the step, from 0, that is on at a time.
func (s staircase) at(at time.Duration) int {
	if s.steps == 1 || at <= 0 {
		return 0
	}
	if at >= s.over {
		return s.steps - 1
	}
	hi, lo := bits.Mul64(uint64(at), uint64(s.steps))
	step, _ := bits.Div64(hi, lo, uint64(s.over))
	return int(step)
}

// begins returns when a step begins, and for the one after the last when the
// last one ends.
func (s staircase) begins(step int) time.Duration {
	hi, lo := bits.Mul64(uint64(step), uint64(s.over))
	at, more := bits.Div64(hi, lo, uint64(s.steps))
	if more > 0 {
		at++
	}
	return time.Duration(at)
}

func (s staircase) level(step int) float64 {
	if s.steps == 1 {
		return s.from
	}
	return s.from + (s.to-s.from)*float64(step)/float64(s.steps-1)
}

// active returns how many threads of a run are active over the phase.
func (p Phase) active(threads int) staircase {
	from := threads
	if p.Active > 0 {
		from = min(p.Active, threads)
	}
	to := from
	if p.ActiveTo > 0 {
		to = min(p.ActiveTo, threads)
	}
	steps := 1
	if from != to {
		steps = cmp.Or(p.Steps, max(from, to)-min(from, to)+1)
	}
	return staircase{float64(from), float64(to), steps, p.For}
}

func (s staircase) threads(step int) int { return int(math.Round(s.level(step))) }

// ActiveAt returns how many of a run's threads are active at a time since the
// phase began: those with the lowest numbers.
func (p Phase) ActiveAt(at time.Duration, threads int) int {
	s := p.active(threads)
	return s.threads(s.at(at))
}

// Activity returns when one of a run's threads is active, from its beginning
// until just before its end, since the phase began. ok is false for one that
// never is. A phase that no time ends has the largest duration as its end.
func (p Phase) Activity(thread, threads int) (from, to time.Duration, ok bool) {
	s := p.active(threads)
	end := cmp.Or(p.For, math.MaxInt64)
	first, last := s.threads(0), s.threads(s.steps-1)
	if thread >= max(first, last) {
		return 0, 0, false
	}
	switch {
	case thread >= first:
		from = s.begins(sort.Search(s.steps, func(step int) bool { return s.threads(step) > thread }))
	case thread >= last:
		end = s.begins(sort.Search(s.steps, func(step int) bool { return s.threads(step) <= thread }))
	}
	return from, end, true
}
