package workload

import (
	"cmp"

	"github.com/benchctl/benchctl/core/internal/yamlfile"
)

// Space says who owns the keys.
type Space string

// The key spaces.
const (
	SpaceThread Space = "thread" // each thread works on keys of its own
	SpaceShared Space = "shared" // all threads work on the same Count keys
)

// Choice says how an operation picks among the keys that exist.
type Choice string

// The choices.
const (
	ChooseSequential Choice = "sequential"
	ChooseUniform    Choice = "uniform"
	ChooseZipfian    Choice = "zipfian" // the earlier created, the more often
	ChooseLatest     Choice = "latest"  // the later created, the more often
	ChooseHotspot    Choice = "hotspot" // some keys get most operations
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

var (
	spaces  = []Space{SpaceThread, SpaceShared}
	choices = []Choice{ChooseSequential, ChooseUniform, ChooseZipfian, ChooseLatest, ChooseHotspot}
	counts  = span[int64]{1, 100_000_000} // keeps a slip of the finger from filling memory
	skews   = span[float64]{0.001, 100}
	shares  = span[float64]{0.001, 100} // in percent
	depths  = span[int64]{0, 16}
	fanOuts = span[int64]{1, 10_000}
)

// Keys describes the keys of a workload. In a workload that was bound from a
// definition the defaults of what the choice and the tree need are filled in.
type Keys struct {
	Space   Space   `json:"space"`
	Choose  Choice  `json:"choose"`
	Count   int     `json:"count,omitempty"`    // keys of a shared space
	Skew    float64 `json:"skew,omitempty"`     // exponent of zipfian and latest
	HotKeys float64 `json:"hot_keys,omitempty"` // hotspot: percent of the keys that are hot
	HotOps  float64 `json:"hot_ops,omitempty"`  // hotspot: percent of the operations that go to them
	Depth   int     `json:"depth,omitempty"`    // folders between the space's folder and a key
	FanOut  int     `json:"fan_out,omitempty"`  // folders in each folder of the tree
}

var keyFields = []fieldType{
	{"space", ParamString}, {"choose", ParamString}, {"count", ParamInt},
	{"skew", ParamFloat}, {"hot-keys", ParamFloat}, {"hot-ops", ParamFloat},
	{"depth", ParamInt}, {"fan-out", ParamInt},
}

func (p *reading) readKeys(e yamlfile.Entry) {
	p.keys = p.scalars(e.Value, "keys", keyFields)
	if !p.keys["space"].given {
		p.Fail(e.At, "keys lacks space: thread (each has its own keys) or shared (all use the same)")
	}
}

func (b *binder) bindKeys(fs fields) Keys {
	k := Keys{
		Space:   bindWord(b, fs, "space", spaces),
		Choose:  cmp.Or(bindWord(b, fs, "choose", choices), ChooseSequential),
		Count:   int(b.integer(fs, "count", counts)),
		Skew:    b.number(fs, "skew", skews),
		HotKeys: b.number(fs, "hot-keys", shares),
		HotOps:  b.number(fs, "hot-ops", shares),
		Depth:   int(b.integer(fs, "depth", depths)),
		FanOut:  int(b.integer(fs, "fan-out", fanOuts)),
	}
	if k.ranked() {
		k.Skew = cmp.Or(k.Skew, defaultSkew)
	}
	if k.Choose == ChooseHotspot {
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

// ranked reports whether keys are chosen by their rank, with a skew.
func (k Keys) ranked() bool { return k.Choose == ChooseZipfian || k.Choose == ChooseLatest }

func (k Keys) breach() *breach {
	shared, hotspot := k.Space == SpaceShared, k.Choose == ChooseHotspot
	return cmp.Or(
		oneOf("space", k.Space, spaces),
		oneOf("choose", k.Choose, choices),
		within("count", k.Count, counts),
		within("skew", k.Skew, skews),
		within("hot-keys", k.HotKeys, shares),
		within("hot-ops", k.HotOps, shares),
		within("depth", k.Depth, depths),
		within("fan-out", k.FanOut, fanOuts),
		rule(!shared || k.Count != 0, "space", "a shared key space needs a count: add count, the number of keys that all threads share"),
		rule(shared || k.Count == 0, "count", "count belongs to a shared key space: a thread's own keys are those it creates"),
		rule(k.ranked() || k.Skew == 0, "skew", "skew belongs to the choices zipfian and latest, and this one is %s: take skew away", k.Choose),
		rule(!k.ranked() || k.Skew != 0, "choose", "%s needs a skew above 0", k.Choose),
		rule(hotspot || k.HotKeys == 0, "hot-keys", "hot-keys belongs to the choice hotspot, and this one is %s: take hot-keys away", k.Choose),
		rule(hotspot || k.HotOps == 0, "hot-ops", "hot-ops belongs to the choice hotspot, and this one is %s: take hot-ops away", k.Choose),
		rule(!hotspot || k.HotKeys != 0 && k.HotOps != 0, "choose", "hotspot needs hot-keys and hot-ops above 0"),
		rule(k.Depth != 0 || k.FanOut == 0, "fan-out", "fan-out belongs to a tree: give its depth, the folders between the space's folder and a key"),
		rule(k.Depth == 0 || k.FanOut != 0, "depth", "a tree needs a fan-out: the number of folders in each folder"),
	)
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
	switch Choice(fs["choose"].text) {
	case ChooseZipfian, ChooseLatest:
		skew = plain(defaultSkew)
	case ChooseHotspot:
		hotKeys, hotOps = plain(defaultHotKeys), plain(defaultHotOps)
	}
	form := canonicalKeys{
		Skew:    fs.text("skew", skew),
		HotKeys: fs.text("hot-keys", hotKeys),
		HotOps:  fs.text("hot-ops", hotOps),
	}
	if form.Depth = fs.used("depth", "0"); form.Depth != "" {
		form.FanOut = fs.text("fan-out", plain(int64(defaultFanOut)))
	}
	return form
}
