package archive

import (
	"math/bits"
	"time"
)

// presence is when operations of a phase were on their way, in steps of
// presenceStep from the run's zero. Threads may come in any order.
type presence struct {
	marks []uint64
	last  int64 // the step that was marked last
	over  bool  // there is no room for all
}

const (
	presenceStep = int64(10 * time.Millisecond)
	presenceMost = 1 << 23 // steps, which are 23 hours
)

// mark takes an operation from its start to its end.
func (p *presence) mark(start, end int64) {
	from, to := max(start, 0)/presenceStep, end/presenceStep
	if from == to && to == p.last && len(p.marks) > 0 {
		return
	}
	if to >= presenceMost {
		p.over = true
		return
	}
	for int64(len(p.marks)) <= to/64 {
		p.marks = append(p.marks, 0)
	}
	for word := from / 64; word <= to/64; word++ {
		steps := ^uint64(0)
		if word == from/64 {
			steps <<= from % 64
		}
		if word == to/64 {
			steps &= ^uint64(0) >> (63 - to%64)
		}
		p.marks[word] |= steps
	}
	p.last = to
}

// idle is the longest time from a moment on in which no operation was on its
// way, in whole steps, before the last of them ended; 0: not known, or none.
func (p *presence) idle(from time.Duration) time.Duration {
	if p.over {
		return 0
	}
	longest, free := int64(0), from.Nanoseconds()/presenceStep+1
	for i, word := range p.marks {
		for ; word != 0; word &= word - 1 {
			step := int64(i*64 + bits.TrailingZeros64(word))
			longest = max(longest, step-free)
			free = max(free, step+1)
		}
	}
	return time.Duration(longest * presenceStep)
}
