package workload

import (
	"cmp"
	"fmt"
	"regexp"
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

var (
	pers       = []Per{PerTotal, PerThread}
	processes  = []Process{ProcessConstant, ProcessPoisson}
	statistics = []Statistic{"p50", "p90", "p95", "p99", "p999", "max", "mean"}

	rates   = span[float64]{0.001, 10_000_000} // arrivals a second
	steps   = span[int64]{2, 1000}
	actives = span[int64]{1, 1_000_000}

	boundPattern = regexp.MustCompile(`^([a-z0-9]+)\s*<\s*(\S+)$`)
)

const defaultTries = 10 // rates that a search tries

// parseBound reads a bound such as p99 < 10ms.
func parseBound(text string) (*Bound, error) {
	parts := boundPattern.FindStringSubmatch(text)
	if parts == nil {
		return nil, fmt.Errorf("%q is no bound such as p99 < 10ms", text)
	}
	of := Statistic(parts[1])
	if !slices.Contains(statistics, of) {
		return nil, fmt.Errorf("%q is none of %s", of, list(statistics))
	}
	below, err := time.ParseDuration(parts[2])
	if err != nil || below <= 0 {
		return nil, fmt.Errorf("%q is no duration above 0, such as 500us, 10ms or 1s", parts[2])
	}
	return &Bound{of, below}, nil
}

func (b Bound) String() string { return fmt.Sprintf("%s < %v", b.Of, b.Below) }

var paceFields = []fieldType{
	{"think", ParamDuration},
	{"rate", ParamFloat}, {"rate-to", ParamFloat}, {"per", ParamString}, {"arrivals", ParamString},
	{"steps", ParamInt}, {"active", ParamInt}, {"active-to", ParamInt}, {"until", ParamString},
}

// readPace spells a bound in its one way.
func (p *reading) readPace(fs fields) {
	f := fs["until"]
	if _, ok := f.param(); ok || !f.given {
		return
	}
	bound, err := parseBound(f.text)
	if err != nil {
		p.Fail(f.place, "until: %v", err)
	}
	f.text = bound.String()
	fs["until"] = f
}

func (b *binder) pace(fs fields, p *Phase) {
	if p.Think = b.duration(fs, "think"); p.Think < 0 {
		b.fail(fs["think"].place, "%s: %v is negative", b.what("think", fs["think"]), p.Think)
	}
	p.Rate = b.number(fs, "rate", rates)
	p.RateTo = b.number(fs, "rate-to", rates)
	p.Per = bindWord(b, fs, "per", pers)
	p.Arrivals = bindWord(b, fs, "arrivals", processes)
	p.Steps = int(b.integer(fs, "steps", steps))
	p.Active = int(b.integer(fs, "active", actives))
	p.ActiveTo = int(b.integer(fs, "active-to", actives))
	if p.Rate != 0 {
		p.Per = cmp.Or(p.Per, PerTotal)
		p.Arrivals = cmp.Or(p.Arrivals, ProcessConstant)
	}
	if f := fs["until"]; f.given {
		var err error
		if p.Until, err = parseBound(b.value(f)); err != nil {
			b.fail(f.place, "%s: %v", b.what("until", f), err)
		}
		p.Steps = cmp.Or(p.Steps, defaultTries)
	}
}

func (p Phase) breachOfPace() *breach {
	open, ramp, search := p.Rate != 0, p.RateTo != 0, p.Until != nil
	return cmp.Or(
		within("rate", p.Rate, rates),
		within("rate-to", p.RateTo, rates),
		within("steps", p.Steps, steps),
		within("active", p.Active, actives),
		within("active-to", p.ActiveTo, actives),
		rule(p.Think >= 0, "think", "think: %v is negative", p.Think),
		rule(!open || p.Think == 0, "think", "think is a pause in a closed loop, and rate opens the loop: take one of them away"),
		rule(open || !ramp, "rate-to", "rate-to is where a ramp ends: give rate, where it begins"),
		rule(open || p.Per == "", "per", "per says whose rate it is: give rate"),
		rule(open || p.Arrivals == "", "arrivals", "arrivals says how those of a rate lie in time: give rate"),
		rule(!open || slices.Contains(pers, p.Per), "per", "per: %q is none of %s", p.Per, list(pers)),
		rule(!open || slices.Contains(processes, p.Arrivals), "arrivals", "arrivals: %q is none of %s", p.Arrivals, list(processes)),
		rule(!search || ramp, "until", "until searches between two rates: give rate and rate-to"),
		rule(!search || p.RateTo > p.Rate, "rate-to", "until searches upwards: give a rate-to above rate"),
		rule(!search || p.For != 0, "until", "until tries every rate for a time: end the phase with for"),
		rule(!search || p.ActiveTo == 0, "active-to", "until searches with one number of threads: take active-to away"),
		rule(!search || p.Steps != 0, "until", "until needs steps, the number of rates that are tried"),
		rule(!search || slices.Contains(statistics, p.Until.Of) && p.Until.Below > 0, "until", "until needs one of %s, and a duration above 0", list(statistics)),
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

// canonicalPace are the fields that were added to the canonical form.
type canonicalPace struct {
	Think    string `json:"think,omitempty"`
	Rate     string `json:"rate,omitempty"`
	RateTo   string `json:"rate_to,omitempty"`
	Per      string `json:"per,omitempty"`
	Arrivals string `json:"arrivals,omitempty"`
	Steps    string `json:"steps,omitempty"`
	Active   string `json:"active,omitempty"`
	ActiveTo string `json:"active_to,omitempty"`
	Until    string `json:"until,omitempty"`
}

func (fs fields) canonicalPace() canonicalPace {
	form := canonicalPace{
		Think:    fs.used("think", "0s"),
		Rate:     fs.text("rate", ""),
		RateTo:   fs.text("rate-to", ""),
		Steps:    fs.text("steps", ""),
		Active:   fs.text("active", ""),
		ActiveTo: fs.text("active-to", ""),
		Until:    fs.text("until", ""),
	}
	if form.Rate != "" {
		form.Per = fs.text("per", string(PerTotal))
		form.Arrivals = fs.text("arrivals", string(ProcessConstant))
	}
	if form.Until != "" {
		form.Steps = cmp.Or(form.Steps, plain(int64(defaultTries)))
	}
	return form
}
