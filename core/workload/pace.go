package workload

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/benchctl/benchctl/core/load"
)

const defaultTries = 10 // rates that a search tries

var boundPattern = regexp.MustCompile(`^([a-z0-9]+)\s*<\s*(\S+)$`)

// parseBound reads a bound such as p99 < 10ms.
func parseBound(text string) (*load.Bound, error) {
	parts := boundPattern.FindStringSubmatch(text)
	if parts == nil {
		return nil, fmt.Errorf("%q is no bound such as p99 < 10ms", text)
	}
	of := load.Statistic(parts[1])
	if !slices.Contains(load.Statistics, of) {
		return nil, fmt.Errorf("%q is none of %s", of, load.Statistics)
	}
	below, err := time.ParseDuration(parts[2])
	if err != nil || below <= 0 {
		return nil, fmt.Errorf("%q is no duration above 0, such as 500us, 10ms or 1s", parts[2])
	}
	return &load.Bound{Of: of, Below: below}, nil
}

var paceFields = []fieldType{
	{"think", ParamDuration, UnitDuration},
	{"rate", ParamFloat, UnitRate}, {"rate-to", ParamFloat, UnitRate}, {"per", ParamString, UnitNone}, {"arrivals", ParamString, UnitNone},
	{"steps", ParamInt, UnitNone}, {"active", ParamInt, UnitNone}, {"active-to", ParamInt, UnitNone}, {"until", ParamString, UnitNone},
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

func (b *binder) pace(fs fields, p *load.Phase) {
	if p.Think = b.duration(fs, "think"); p.Think < 0 {
		b.fail(fs["think"].place, "%s: %v is negative", b.what("think", fs["think"]), p.Think)
	}
	p.Rate = b.number(fs, "rate", load.Limits.Rate)
	p.RateTo = b.number(fs, "rate-to", load.Limits.Rate)
	p.Per = bindWord(b, fs, "per", load.Pers)
	p.Arrivals = bindWord(b, fs, "arrivals", load.Processes)
	p.Steps = int(b.integer(fs, "steps", load.Limits.Steps))
	p.Active = int(b.integer(fs, "active", load.Limits.Active))
	p.ActiveTo = int(b.integer(fs, "active-to", load.Limits.Active))
	if p.Rate != 0 {
		p.Per = cmp.Or(p.Per, load.PerTotal)
		p.Arrivals = cmp.Or(p.Arrivals, load.ProcessConstant)
	}
	if f := fs["until"]; f.given {
		var err error
		if p.Until, err = parseBound(b.value(f)); err != nil {
			b.fail(f.place, "%s: %v", b.what("until", f), err)
		}
		p.Steps = cmp.Or(p.Steps, defaultTries)
	}
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
		form.Per = fs.text("per", string(load.PerTotal))
		form.Arrivals = fs.text("arrivals", string(load.ProcessConstant))
	}
	if form.Until != "" {
		form.Steps = cmp.Or(form.Steps, strconv.Itoa(defaultTries))
	}
	return form
}
