package workload

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
)

var (
	spaces  = []Space{SpaceThread, SpaceShared}
	choices = []Choice{ChooseSequential, ChooseUniform}
	counts  = span[int64]{1, 100_000_000} // keeps a slip of the finger from filling memory
)

// Keys describes the keys of a workload.
type Keys struct {
	Space  Space  `json:"space"`
	Choose Choice `json:"choose"`
	Count  int    `json:"count,omitempty"` // keys of a shared space
}

var keyFields = []fieldType{{"space", ParamString}, {"choose", ParamString}, {"count", ParamInt}}

func (p *reading) readKeys(e entry) {
	p.keys = p.scalars(e.value, "keys", keyFields)
	if !p.keys["space"].given {
		p.fail(e.at, "keys lacks space: thread (each has its own keys) or shared (all use the same)")
	}
}

func (b *binder) bindKeys(fs fields) Keys {
	return Keys{
		Space:  bindWord(b, fs, "space", spaces),
		Choose: cmp.Or(bindWord(b, fs, "choose", choices), ChooseSequential),
		Count:  int(b.integer(fs, "count", counts)),
	}
}

func (k Keys) breach() *breach {
	shared := k.Space == SpaceShared
	return cmp.Or(
		oneOf("space", k.Space, spaces),
		oneOf("choose", k.Choose, choices),
		within("count", k.Count, counts),
		rule(!shared || k.Count != 0, "space", "a shared key space needs a count: add count, the number of keys that all threads share"),
		rule(shared || k.Count == 0, "count", "count belongs to a shared key space: a thread's own keys are those it creates"),
	)
}
