package load

import "cmp"

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

// The words of the fields of keys.
var (
	Spaces  = Words[Space]{SpaceThread, SpaceShared}
	Choices = Words[Choice]{ChooseSequential, ChooseUniform, ChooseZipfian, ChooseLatest, ChooseHotspot}
)

// Keys describes the keys of a load. In one that was bound from a definition
// the defaults of what the choice and the tree need are filled in.
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

// Ranked reports whether keys are chosen by their rank, with a skew.
func (c Choice) Ranked() bool { return c == ChooseZipfian || c == ChooseLatest }

// Breach returns the first rule that the keys do not keep, if there is one.
func (k Keys) Breach() *Breach {
	shared, ranked, hotspot := k.Space == SpaceShared, k.Choose.Ranked(), k.Choose == ChooseHotspot
	return cmp.Or(
		oneOf("space", k.Space, Spaces),
		oneOf("choose", k.Choose, Choices),
		within("count", k.Count, Limits.Count),
		within("skew", k.Skew, Limits.Skew),
		within("hot-keys", k.HotKeys, Limits.HotShare),
		within("hot-ops", k.HotOps, Limits.HotShare),
		within("depth", k.Depth, Limits.Depth),
		within("fan-out", k.FanOut, Limits.FanOut),
		rule(!shared || k.Count != 0, "space", "a shared key space needs a count: add count, the number of keys that all threads share"),
		rule(shared || k.Count == 0, "count", "count belongs to a shared key space: a thread's own keys are those it creates"),
		rule(ranked || k.Skew == 0, "skew", "skew belongs to the choices zipfian and latest, and this one is %s: take skew away", k.Choose),
		rule(!ranked || k.Skew != 0, "choose", "%s needs a skew above 0", k.Choose),
		rule(hotspot || k.HotKeys == 0, "hot-keys", "hot-keys belongs to the choice hotspot, and this one is %s: take hot-keys away", k.Choose),
		rule(hotspot || k.HotOps == 0, "hot-ops", "hot-ops belongs to the choice hotspot, and this one is %s: take hot-ops away", k.Choose),
		rule(!hotspot || k.HotKeys != 0 && k.HotOps != 0, "choose", "hotspot needs hot-keys and hot-ops above 0"),
		rule(k.Depth != 0 || k.FanOut == 0, "fan-out", "fan-out belongs to a tree: give its depth, the folders between the space's folder and a key"),
		rule(k.Depth == 0 || k.FanOut != 0, "depth", "a tree needs a fan-out: the number of folders in each folder"),
	)
}
