package load

import (
	"math"
	"math/rand/v2"
	"time"
)

// Arrivals are the times at which a thread of an open loop should start its
// operations. The same seed gives the same times. Between two of them it
// allocates nothing. It is not safe for concurrent use.
//
// Constant arrivals are those of all threads together: the k-th comes when the
// integral of the rate reaches k, and they go to the active threads in turn.
// Poisson arrivals are each thread's own, with an equal part of the rate;
// together they are again a Poisson process, of the whole rate. They come when
// the integral reaches the next arrival of a Poisson process of rate 1: E.
// Çinlar, "Introduction to Stochastic Processes" (1975), chapter 4.
type Arrivals struct {
	thread    int
	perThread bool
	poisson   bool
	random    *rand.Rand

	rates  staircase
	smooth bool // the rate is a straight line
	active staircase
	over   time.Duration // when the phase ends

	stretch
	number int64   // constant: of the next arrival, among those of all threads
	due    float64 // Poisson: what the integral of the thread's rate reaches then
}

// stretch is a part of a phase in which no step begins. What it counts are the
// arrivals of all threads if they are constant, and the thread's own if not.
type stretch struct {
	begin, end  time.Duration
	threads     int
	rate, slope float64 // a second, and its change in a second
	before      float64 // the integral of the rate when it begins
	after       float64 // and when it ends
}

// NewArrivals returns the arrivals of one of several threads in a phase that
// has a rate; index is the phase's position in the load. A phase that
// searches is asked for one rate at a time: see Phase.At.
func NewArrivals(p Phase, seed uint64, index, thread, threads int) *Arrivals {
	a := &Arrivals{
		thread:    thread,
		perThread: p.Per == PerThread,
		poisson:   p.Arrivals == ProcessPoisson,
		random:    rand.New(rand.NewPCG(seed, 1<<63|uint64(thread)<<16|uint64(index+1))),
		rates:     staircase{p.Rate, p.RateTo, max(p.Steps, 1), p.For},
		smooth:    p.RateTo > 0 && p.Steps == 0,
		active:    p.active(threads),
		over:      p.For,
	}
	if p.RateTo == 0 {
		a.rates.steps = 1
	}
	if a.over == 0 {
		a.over = math.MaxInt64
	}
	a.due = a.random.ExpFloat64()
	a.enter(0)
	return a
}

// Next returns the next intended start since the phase began, and false when
// there is none before its end.
func (a *Arrivals) Next() (time.Duration, bool) {
	for {
		if at, ok := a.inStretch(); ok {
			return at, true
		}
		if a.end >= a.over {
			return 0, false
		}
		a.enter(a.end)
	}
}

// inStretch returns the thread's next arrival if it comes in the stretch.
func (a *Arrivals) inStretch() (time.Duration, bool) {
	due := float64(a.number)
	if a.poisson {
		due = a.due
	}
	if a.thread >= a.threads || due >= a.after {
		return 0, false
	}
	if a.poisson {
		a.due += a.random.ExpFloat64()
	} else {
		a.number += int64(a.threads)
	}
	return a.reach(due), true
}

// enter begins the stretch that begins at a time.
func (a *Arrivals) enter(begin time.Duration) {
	rateStep, activeStep := a.rates.at(begin), a.active.at(begin)
	s := stretch{begin: begin, end: a.over, threads: a.active.threads(activeStep), before: a.after}
	if rateStep < a.rates.steps-1 {
		s.end = min(s.end, a.rates.begins(rateStep+1))
	}
	if activeStep < a.active.steps-1 {
		s.end = min(s.end, a.active.begins(activeStep+1))
	}
	s.rate = a.rates.level(rateStep)
	if a.smooth {
		s.slope = (a.rates.to - a.rates.from) / a.over.Seconds()
		s.rate += s.slope * begin.Seconds()
	}
	if part := a.part(s.threads); part != 1 {
		s.rate *= part
		s.slope *= part
	}
	seconds := (s.end - s.begin).Seconds()
	s.after = s.before + seconds*(s.rate+s.slope*seconds/2)
	a.stretch = s
	first := int64(math.Ceil(s.before))
	a.number = first + int64(mod(a.thread-int(first%int64(s.threads)), s.threads))
}

// part is how much of the given rate the stretch counts.
func (a *Arrivals) part(threads int) float64 {
	switch {
	case a.poisson && a.thread >= threads:
		return 0
	case a.poisson && !a.perThread:
		return 1 / float64(threads)
	case !a.poisson && a.perThread:
		return float64(threads)
	}
	return 1
}

// reach returns when the integral of the rate reaches a number.
func (s *stretch) reach(number float64) time.Duration {
	more := number - s.before
	seconds := more / s.rate
	if s.slope != 0 {
		seconds = 2 * more / (s.rate + math.Sqrt(s.rate*s.rate+2*s.slope*more))
	}
	return min(s.begin+time.Duration(math.Round(seconds*1e9)), s.end-1)
}

func mod(a, n int) int { return (a%n + n) % n }
