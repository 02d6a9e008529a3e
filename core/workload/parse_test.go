package workload

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// valid is a definition that the cases below spoil.
const valid = `name: mixed
version: 2
summary: A mix
source: this test
params:
  reads: {default: 90, help: reads in a hundred}
  time: {default: 2s, help: how long}
keys: {space: shared, choose: uniform, count: 10}
values: {size: 100}
phases:
  - name: fill
    warmup: true
    mix: {create: 1}
    fill: true
  - name: mix
    mix: {get: $reads, set: rest}
    for: $time
`

func TestBind(t *testing.T) {
	d, err := Parse("w.yaml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	w, params, err := d.Bind(map[string]string{"reads": "75", "time": "1500ms"})
	if err != nil {
		t.Fatal(err)
	}
	want := &load.Load{
		Name: "mixed", Version: 2,
		Keys:   load.Keys{Space: load.SpaceShared, Choose: load.ChooseUniform, Count: 10},
		Values: load.Values{Size: 100},
		Phases: []load.Phase{
			{Name: "fill", Warmup: true, Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}, Fill: true},
			{Name: "mix", Mix: []load.Share{{Op: sample.OpGet, Weight: 0.75}, {Op: sample.OpSet, Weight: 0.25}}, For: 1500 * time.Millisecond},
		},
	}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"reads": "75", "time": "1.5s"}, params); diff != "" {
		t.Error(diff)
	}
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
	all, _, err := d.Bind(map[string]string{"reads": "100"})
	if err != nil || len(all.Phases[1].Mix) != 1 {
		t.Errorf("a share of nothing stays in the mix: %+v, %v", all, err)
	}
}

func TestBindKeysAndValues(t *testing.T) {
	const before = "name: n\nversion: 1\nsummary: s\nsource: t\nparams: {depth: {default: 0, help: h}, c: {default: zipfian, help: h}}\n"
	const after = "\nphases: [{name: p, mix: {create: 1}, ops: 1}]\n"
	cases := map[string]struct {
		source string
		params map[string]string
		keys   load.Keys
		values load.Values
	}{
		"defaults": {
			"keys: {space: thread, depth: $depth, choose: $c}\nvalues: {size: 5}", nil,
			load.Keys{Space: load.SpaceThread, Choose: load.ChooseZipfian, Skew: 0.99}, load.Values{Size: 5},
		},
		"a parameter chooses": {
			"keys: {space: thread, depth: $depth, choose: $c}\nvalues: {size: 5}", map[string]string{"c": "hotspot", "depth": "2"},
			load.Keys{Space: load.SpaceThread, Choose: load.ChooseHotspot, HotKeys: 20, HotOps: 80, Depth: 2, FanOut: 10}, load.Values{Size: 5},
		},
		"no tree by a parameter": {
			"keys: {space: thread, depth: $depth, fan-out: 3, choose: $c, skew: 1.5}\nvalues: {size: 5}", nil,
			load.Keys{Space: load.SpaceThread, Choose: load.ChooseZipfian, Skew: 1.5}, load.Values{Size: 5},
		},
		"all of a histogram": {
			"keys: {space: thread, depth: $depth, fan-out: 3, choose: $c}\nvalues: {sizes: {30: 1, 9: 3, 50: 0}, compressible: 12.5}", map[string]string{"depth": "1"},
			load.Keys{Space: load.SpaceThread, Choose: load.ChooseZipfian, Skew: 0.99, Depth: 1, FanOut: 3}, load.Values{Sizes: []load.SizeShare{{Size: 9, Weight: 0.75}, {Size: 30, Weight: 0.25}}, Compressible: 12.5},
		},
		"between sizes": {
			"keys: {space: thread, depth: $depth, choose: $c}\nvalues: {size: 5, size-to: 7}", nil,
			load.Keys{Space: load.SpaceThread, Choose: load.ChooseZipfian, Skew: 0.99}, load.Values{Size: 5, SizeTo: 7},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w, _, err := parsed(t, before+c.source+after).Bind(c.params)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.keys, w.Keys); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.values, w.Values); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// mistakes gives for each spoiled definition the message, place included.
var mistakes = map[string]struct{ old, new, want string }{
	"no YAML":             {"name: mixed", "name: [", "w.yaml:1:7: sequence end token ']' not found"},
	"unknown field":       {"version: 2", "version: 2\nphase: 3", `w.yaml:3:1: a definition has no field "phase" (did you mean phases?); it can have name, version, summary, source, description, seed, params, keys, values, phases, answers`},
	"field twice":         {"version: 2", "version: 2\nversion: 3", `w.yaml:3:1: mapping key "version" already defined at [2:1]`},
	"missing field":       {"version: 2\n", "", "w.yaml:1:1: the definition lacks version"},
	"wrong type":          {"version: 2", "version: two", `w.yaml:2:10: version: "two" is no whole number`},
	"wrong kind":          {"name: mixed", "name: {a: 1}", "w.yaml:1:7: name is a mapping: it should be text"},
	"number for text":     {"name: mixed", "name: 5", "w.yaml:1:7: name is a number: it should be text"},
	"bad name":            {"name: mixed", "name: Mixed", `w.yaml:1:7: name: "Mixed" should be lower-case letters, digits and hyphens, a letter first`},
	"version 0":           {"version: 2", "version: 0", "w.yaml:2:10: version: 0 is not within 1 to 1000000"},
	"text for boolean":    {"warmup: true", "warmup: 1", "w.yaml:12:13: warmup is a number: it should be true or false"},
	"bad duration":        {"for: $time", "for: 10", `w.yaml:17:10: for: "10" is no duration such as 500ms, 10s or 2m`},
	"no duration":         {"default: 2s", "default: 0s", "w.yaml:17:10: for (parameter time): a phase of 0s can never be measured: give it a duration above 0"},
	"no operations":       {"fill: true", "ops: 0", "w.yaml:14:10: ops: 0 is not within 1 to 9223372036854775807"},
	"never ends":          {"    for: $time\n", "", "w.yaml:15:5: phase mix can never end: give it for (a time), ops (operations of each thread) or fill: true"},
	"ends twice":          {"for: $time", "for: $time\n    ops: 5", "w.yaml:15:5: phase mix has for and ops: one thing can end it"},
	"unknown operation":   {"set: rest", "steal: 1", `w.yaml:16:24: no operation "steal"; the operations are create, set, put, get, delete, list, create-ephemeral, create-sequential, compare-and-set, read-modify-write, transaction, open-session, expire, lock, election, barrier-enter`},
	"closing sessions":    {"set: rest", "close-session: 1", "w.yaml:16:24: close-session is not chosen from a mix: open-session closes what it has opened"},
	"unlocking":           {"set: rest", "unlock: 1", "w.yaml:16:24: unlock is not chosen from a mix: lock gives back what it holds"},
	"leaving":             {"set: rest", "barrier-leave: 1", "w.yaml:16:24: barrier-leave is not chosen from a mix: barrier-enter leaves again when all have entered"},
	"watching":            {"set: rest", "watch: 1", "w.yaml:16:24: watch is not chosen from a mix: sessions beside the threads watch: give the phase watchers, their number"},
	"mix of nothing":      {"{create: 1}", "{create: 0}", "w.yaml:13:10: phase fill: its mix sums to nothing: give at least one operation a weight above 0"},
	"negative weight":     {"set: rest", "set: -1", "w.yaml:16:29: the weight of set: -1 is negative"},
	"nothing left":        {"{default: 90", "{default: 110", "w.yaml:16:10: phase mix: nothing is left for set: the others already have 110 of 100"},
	"two rests":           {"get: $reads", "get: rest", "w.yaml:16:27: two operations have the weight rest: only one can have what the others leave"},
	"empty mix":           {"{get: $reads, set: rest}", "{}", "w.yaml:16:5: the mix is empty: name at least one operation, such as {get: 1}"},
	"unknown parameter":   {"$reads", "$writes", `w.yaml:16:16: get: there is no parameter "writes"; params has reads, time`},
	"unused parameter":    {"$reads", "50", "w.yaml:5:1: parameter reads is not used: write $reads where its value belongs, or take it away"},
	"default of bad type": {"default: 2s", "default: soon", `w.yaml:17:10: for (parameter time): "soon" is no duration such as 500ms, 10s or 2m`},
	"unknown space":       {"space: shared", "space: common", `w.yaml:8:15: space: "common" is none of thread, shared`},
	"no count":            {", count: 10", "", "w.yaml:8:15: a shared key space needs a count: add count, the number of keys that all threads share"},
	"count of a thread":   {"space: shared", "space: thread", "w.yaml:8:47: count belongs to a shared key space: a thread's own keys are those it creates"},
	"too many keys":       {"count: 10", "count: 1000000000", "w.yaml:8:47: count: 1000000000 is not within 1 to 100000000"},
	"too large":           {"size: 100", "size: 1000000000", "w.yaml:9:16: size: 1000000000 is not within 0 to 16777216"},
	"no number of keys":   {"count: 10", "count: ten", `w.yaml:8:47: count: "ten" is no whole number`},
	"unknown choice":      {"choose: uniform", "choose: any", `w.yaml:8:31: choose: "any" is none of sequential, uniform, zipfian, latest, hotspot`},
	"skew of uniform":     {"count: 10", "count: 10, skew: 1", "w.yaml:8:57: skew belongs to the choices zipfian and latest, and this one is uniform: take skew away"},
	"no skew":             {"uniform, count: 10", "zipfian, count: 10, skew: 0", "w.yaml:8:57: skew: 0 is not within 0.001 to 100"},
	"hot keys of zipfian": {"uniform, count: 10", "zipfian, count: 10, hot-keys: 5", "w.yaml:8:61: hot-keys belongs to the choice hotspot, and this one is zipfian: take hot-keys away"},
	"hot ops of zipfian":  {"uniform, count: 10", "zipfian, count: 10, hot-ops: 5", "w.yaml:8:60: hot-ops belongs to the choice hotspot, and this one is zipfian: take hot-ops away"},
	"all too hot":         {"uniform, count: 10", "hotspot, count: 10, hot-ops: 101", "w.yaml:8:60: hot-ops: 101 is not within 0.001 to 100"},
	"too deep":            {"count: 10", "count: 10, depth: 17", "w.yaml:8:58: depth: 17 is not within 0 to 16"},
	"no tree":             {"count: 10", "count: 10, fan-out: 3", "w.yaml:8:60: fan-out belongs to a tree: give its depth, the folders between the space's folder and a key"},
	"too broad":           {"count: 10", "count: 10, depth: 1, fan-out: 0", "w.yaml:8:70: fan-out: 0 is not within 1 to 10000"},
	"no size":             {"size: 100", "", "w.yaml:9:1: values lacks size, the bytes of a value, or sizes, such as {100: 90, 1000: 10}"},
	"size and sizes":      {"size: 100", "size: 100, sizes: {5: 1}", "w.yaml:9:21: values has size and sizes: one thing can say how large they are"},
	"size-to of sizes":    {"size: 100", "size-to: 100, sizes: {5: 1}", "w.yaml:9:19: size-to belongs to size, where the sizes begin: give it instead of sizes, or take size-to away"},
	"only size-to":        {"size: 100", "size-to: 100", "w.yaml:9:1: values lacks size, the bytes of a value, or sizes, such as {100: 90, 1000: 10}"},
	"sizes backwards":     {"size: 100", "size: 100, size-to: 99", "w.yaml:9:30: size-to: 99 is less than size, which is 100"},
	"sizes of no kind":    {"size: 100", "sizes: 100", "w.yaml:9:17: sizes is a number: it should give bytes and their weights, such as {100: 90, 1000: 10}"},
	"no sizes":            {"size: 100", "sizes: {}", "w.yaml:9:10: sizes lists 0 sizes: there should be 1 to 100"},
	"a size in letters":   {"size: 100", "sizes: {big: 1}", `w.yaml:9:18: sizes: "big" is no whole number of bytes`},
	"a size too large":    {"size: 100", "sizes: {16777217: 1}", "w.yaml:9:18: sizes: 16777217 is not within 0 to 16777216"},
	"a size twice":        {"size: 100", "sizes: {10: 1, 010: 1}", "w.yaml:9:25: sizes has 10 twice"},
	"sizes of nothing":    {"size: 100", "sizes: {10: 0}", "w.yaml:9:10: sizes sum to nothing: give at least one a weight above 0"},
	"sizes of almost no":  {"size: 100", "sizes: {10: 1e300, 20: 1e-300}", "w.yaml:9:10: sizes gives 20 the share 0"},
	"a negative size":     {"size: 100", "sizes: {10: -2}", "w.yaml:9:22: the weight of 10: -2 is negative"},
	"too compressible":    {"size: 100", "size: 100, compressible: 101", "w.yaml:9:35: compressible: 101 is not within 0 to 100"},
	"fill of other":       {"{create: 1}", "{put: 1}", "w.yaml:13:10: phase fill: fill only creates keys: its mix can only be {create: 1}"},
	"same names":          {"name: fill", "name: mix", "w.yaml:15:5: two phases are called mix: give each a name of its own"},
	"only warm-up":        {"name: mix\n", "name: mix\n    warmup: true\n", "w.yaml:10:1: all phases are warm-up: there should be at least one that is measured"},
	"an anchor":           {"{size: 100}", "{size: &a 100}", "w.yaml:9:16: anchors, aliases, merges and tags are not part of the language: write the value out, or make it a parameter"},
	"a list":              {"keys: {", "keys: [{", "w.yaml:9:1: ',' or ']' must be specified"},
	"two documents":       {"name: mixed", "a: 1\n---\nname: mixed", "w.yaml:3:1: a file holds one definition: move this one to a file of its own"},
}

func TestMistakes(t *testing.T) {
	for name, c := range mistakes {
		t.Run(name, func(t *testing.T) {
			spoiled := strings.Replace(valid, c.old, c.new, 1)
			if spoiled == valid {
				t.Fatal("the case spoils nothing")
			}
			_, err := Parse("w.yaml", []byte(spoiled))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			var typed *Error
			if !errors.As(err, &typed) {
				t.Errorf("the error is a %T", err)
			}
		})
	}
	if _, err := Parse("w.yaml", nil); err == nil || err.Error() != "w.yaml:1:1: the file is empty: a definition begins with name: and version:" {
		t.Errorf("empty file: %v", err)
	}
}

func TestMistakesInParameters(t *testing.T) {
	d, err := Parse("w.yaml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"size=1":    `w.yaml:1:1: workload mixed@2 has no parameter "size"; it has reads, time`,
		"reads=all": `w.yaml:1:1: parameter reads=all: "all" is no whole number`,
		"time=long": `w.yaml:1:1: parameter time=long: "long" is no duration such as 500ms, 10s or 2m`,
		"reads=-5":  "w.yaml:16:16: the weight of get (parameter reads): -5 is negative",
		"time=-5s":  "w.yaml:17:10: for (parameter time): a phase of -5s can never be measured: give it a duration above 0",
	}
	for given, want := range cases {
		name, value, _ := strings.Cut(given, "=")
		if _, _, err := d.Bind(map[string]string{name: value}); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", given, err, want)
		}
	}
}

// TestUnits gives one parameter p to fields of each unit.
func TestUnits(t *testing.T) {
	const before = "name: n\nversion: 1\nsummary: s\nsource: t\nparams: {p: {default: 5, help: h}}\n"
	cases := map[string]struct {
		keys, values, phase string
		want                Unit
	}{
		"bytes":              {"space: thread", "size: 1, size-to: $p", "mix: {get: 1}, ops: 1", UnitBytes},
		"a count":            {"space: shared, count: $p", "size: 1", "mix: {get: 1}, ops: 1", UnitNone},
		"a rate":             {"space: thread", "size: 1", "mix: {get: 1}, rate: $p, ops: 1", UnitRate},
		"percent":            {"space: thread", "size: 1, compressible: $p", "mix: {get: 1}, ops: 1", UnitPercent},
		"what is left":       {"space: thread", "size: 1", "mix: {get: $p, set: rest}, ops: 1", UnitPercent},
		"what is left first": {"space: thread", "size: 1", "mix: {set: rest, get: $p}, ops: 1", UnitPercent},
		"a weight":           {"space: thread", "size: 1", "mix: {get: $p, set: 3}, ops: 1", UnitWeight},
		"a size's weight":    {"space: thread", "sizes: {10: $p, 20: 1}", "mix: {get: 1}, ops: 1", UnitWeight},
		"twice the same":     {"space: thread", "size: $p, size-to: $p", "mix: {get: 1}, ops: 1", UnitBytes},
		"different ones":     {"space: thread", "size: $p, size-to: $p", "mix: {get: 1}, ops: $p", UnitNone},
		"and again":          {"space: shared, count: $p", "size: $p, size-to: $p", "mix: {get: 1}, ops: 1", UnitNone},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := parsed(t, before+"keys: {"+c.keys+"}\nvalues: {"+c.values+"}\nphases: [{name: p, "+c.phase+"}]\n")
			if got := d.Params[0].Unit; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
