package load

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Per says whose rate it is.
type Per string

// Whose a rate may be.
const (
	PerTotal  Per = "total"  // of all threads together
	PerThread Per = "thread" // of each active thread
)

// Process is how arrivals lie in time.
type Process string

// The arrival processes.
const (
	ProcessConstant Process = "constant" // at equal distances
	ProcessPoisson  Process = "poisson"  // independently of each other
)

// Bound is what a search keeps a phase within: a statistic of the latencies of
// its successful operations that stays below a time.
type Bound struct {
	Of    Statistic     `json:"of"`
	Below time.Duration `json:"below_ns"`
}

// Statistic sums up latencies.
type Statistic string

// The words of the fields of a pace.
var (
	Pers       = Words[Per]{PerTotal, PerThread}
	Processes  = Words[Process]{ProcessConstant, ProcessPoisson}
	Statistics = Words[Statistic]{"p50", "p90", "p95", "p99", "p999", "max", "mean"}
)

func (b Bound) String() string { return fmt.Sprintf("%s < %v", b.Of, b.Below) }

func (p Phase) breachOfPace() *Breach {
	open, ramp, search := p.Rate != 0, p.RateTo != 0, p.Until != nil
	return cmp.Or(
		within("rate", p.Rate, Limits.Rate),
		within("rate-to", p.RateTo, Limits.Rate),
		within("steps", p.Steps, Limits.Steps),
		within("active", p.Active, Limits.Active),
		within("active-to", p.ActiveTo, Limits.Active),
		rule(p.Think >= 0, "think", "think: %v is negative", p.Think),
		rule(!open || p.Think == 0, "think", "think is a pause in a closed loop, and rate opens the loop: take one of them away"),
		rule(open || !ramp, "rate-to", "rate-to is where a ramp ends: give rate, where it begins"),
		rule(open || p.Per == "", "per", "per says whose rate it is: give rate"),
		rule(open || p.Arrivals == "", "arrivals", "arrivals says how those of a rate lie in time: give rate"),
		rule(!open || slices.Contains(Pers, p.Per), "per", "per: %q is none of %s", p.Per, Pers),
		rule(!open || slices.Contains(Processes, p.Arrivals), "arrivals", "arrivals: %q is none of %s", p.Arrivals, Processes),
		rule(!search || ramp, "until", "until searches between two rates: give rate and rate-to"),
		rule(!search || p.RateTo > p.Rate, "rate-to", "until searches upwards: give a rate-to above rate"),
		rule(!search || p.For != 0, "until", "until tries every rate for a time: end the phase with for"),
		rule(!search || p.ActiveTo == 0, "active-to", "until searches with one number of threads: take active-to away"),
		rule(!search || p.Steps != 0, "until", "until needs steps, the number of rates that are tried"),
		rule(!search || slices.Contains(Statistics, p.Until.Of) && p.Until.Below > 0, "until", "until needs one of %s, and a duration above 0", Statistics),
		rule(!ramp || p.For != 0, "rate-to", "a ramp takes time: end the phase with for"),
		rule(p.ActiveTo == 0 || p.For != 0, "active-to", "a ramp takes time: end the phase with for"),
		rule(p.Steps == 0 || ramp || p.ActiveTo != 0, "steps", "steps divide a ramp: give rate-to or active-to"),
		rule(p.Active == 0 || !p.Fill, "active", "all threads fill, each its part of the keys: take active away"),
	)
}

// Searches reports whether the phase tries several rates, each for its time.
func (p Phase) Searches() bool { return p.Until != nil }

// At returns the phase in which a search tries a rate.
func (p Phase) At(rate float64) Phase {
	p.Rate, p.RateTo, p.Steps, p.Until = rate, 0, 0, nil
	return p
}

// Offered returns how many operations arrive in a second, of all threads
// together and on average over the phase. It is 0 in a closed loop.
func (p Phase) Offered(threads int) float64 {
	rates := staircase{p.Rate, cmp.Or(p.RateTo, p.Rate), cmp.Or(p.Steps, 1), p.For}
	middle := (rates.from + rates.to) / 2 // of a straight line, and of steps of equal length
	if p.Per != PerThread {
		return middle
	}
	active := p.active(threads)
	if active.steps == 1 {
		return middle * active.from
	}
	const pieces = 10_000 // both may change
	sum := 0.0
	for i := range pieces {
		at := time.Duration((float64(i) + 0.5) / pieces * float64(p.For))
		rate := rates.level(rates.at(at))
		if p.Steps == 0 {
			rate = rates.from + (rates.to-rates.from)*float64(at)/float64(p.For)
		}
		sum += rate * float64(active.threads(active.at(at)))
	}
	return sum / pieces
}
