package workload

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
	"github.com/benchctl/benchctl/core/load"
)

// What stands for fields that are not given. Skew is YCSB's (Cooper et al.,
// "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010); four in five
// operations to one in five keys is the usual rule of thumb.
const (
	defaultSkew    = 0.99
	defaultHotKeys = 20.0
	defaultHotOps  = 80.0
	defaultFanOut  = 10
)

var keyFields = []fieldType{
	{"space", ParamString, UnitNone}, {"choose", ParamString, UnitNone}, {"count", ParamInt, UnitNone},
	{"skew", ParamFloat, UnitNone}, {"hot-keys", ParamFloat, UnitPercent}, {"hot-ops", ParamFloat, UnitPercent},
	{"depth", ParamInt, UnitNone}, {"fan-out", ParamInt, UnitNone},
}

func (p *reading) readKeys(e yamlfile.Entry) {
	p.keys = p.scalars(e.Value, "keys", keyFields)
	if !p.keys["space"].given {
		p.Fail(e.At, "keys lacks space: thread (each has its own keys) or shared (all use the same)")
	}
}

func (b *binder) bindKeys(fs fields) load.Keys {
	k := load.Keys{
		Space:   bindWord(b, fs, "space", load.Spaces),
		Choose:  cmp.Or(bindWord(b, fs, "choose", load.Choices), load.ChooseSequential),
		Count:   int(b.integer(fs, "count", load.Limits.Count)),
		Skew:    b.number(fs, "skew", load.Limits.Skew),
		HotKeys: b.number(fs, "hot-keys", load.Limits.HotShare),
		HotOps:  b.number(fs, "hot-ops", load.Limits.HotShare),
		Depth:   int(b.integer(fs, "depth", load.Limits.Depth)),
		FanOut:  int(b.integer(fs, "fan-out", load.Limits.FanOut)),
	}
	if k.Choose.Ranked() {
		k.Skew = cmp.Or(k.Skew, defaultSkew)
	}
	if k.Choose == load.ChooseHotspot {
		k.HotKeys = cmp.Or(k.HotKeys, defaultHotKeys)
		k.HotOps = cmp.Or(k.HotOps, defaultHotOps)
	}
	switch {
	case k.Depth > 0:
		k.FanOut = cmp.Or(k.FanOut, defaultFanOut)
	case fs["depth"].given: // so that a sweep over depth can begin with 0
		k.FanOut = 0
	}
	return k
}

// canonicalKeys are the fields that were added to the canonical form.
type canonicalKeys struct {
	Skew    string `json:"skew,omitempty"`
	HotKeys string `json:"hot_keys,omitempty"`
	HotOps  string `json:"hot_ops,omitempty"`
	Depth   string `json:"depth,omitempty"`
	FanOut  string `json:"fan_out,omitempty"`
}

func (fs fields) canonicalKeys() canonicalKeys {
	var skew, hotKeys, hotOps string
	switch choice := load.Choice(fs["choose"].text); {
	case choice.Ranked():
		skew = fmt.Sprint(defaultSkew)
	case choice == load.ChooseHotspot:
		hotKeys, hotOps = fmt.Sprint(defaultHotKeys), fmt.Sprint(defaultHotOps)
	}
	form := canonicalKeys{
		Skew:    fs.text("skew", skew),
		HotKeys: fs.text("hot-keys", hotKeys),
		HotOps:  fs.text("hot-ops", hotOps),
	}
	if form.Depth = fs.used("depth", "0"); form.Depth != "" {
		form.FanOut = fs.text("fan-out", strconv.Itoa(defaultFanOut))
	}
	return form
}
