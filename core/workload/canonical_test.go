package workload

import (
	"strings"
	"testing"
)

// parsed returns a definition, or that the test is wrong.
func parsed(t *testing.T, source string) *Definition {
	t.Helper()
	d, err := Parse("w.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestReleasedFormIsKept holds the bytes that the hash of every definition
// released so far is made of: a field that is not used leaves no trace.
func TestReleasedFormIsKept(t *testing.T) {
	const want = `{"name":"mixed","version":2,"seed":1,` +
		`"params":[{"name":"reads","type":"int","default":"90"},{"name":"time","type":"duration","default":"2s"}],` +
		`"space":"shared","choose":"uniform","count":"10","size":"100","phases":[` +
		`{"name":"fill","warmup":true,"mix":[{"op":"create","weight":"1"}],"for":"","ops":"","fill":true},` +
		`{"name":"mix","warmup":false,"mix":[{"op":"set","weight":"rest"},{"op":"get","weight":"$reads"}],"for":"$time","ops":"","fill":false}]}`
	if got := string(parsed(t, valid).Canonical()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// change replaces a part of a definition.
type change struct{ old, new string }

func (c change) of(t *testing.T, source string) string {
	t.Helper()
	if !strings.Contains(source, c.old) {
		t.Fatalf("%q is not in the definition", c.old)
	}
	return strings.ReplaceAll(source, c.old, c.new)
}

func TestHashIsOfTheMeaning(t *testing.T) {
	const keys, size, end = "choose: uniform, count: 10", "size: 100", "for: $time"
	same := map[string][2]change{
		"a comment":             {{}, {"name: mixed", "# hello\nname: mixed"}},
		"another way":           {{}, {"{get: $reads, set: rest}", "\n      set: rest\n      get: $reads"}},
		"the summary":           {{}, {"A mix", "Another text"}},
		"a spelling":            {{}, {"2s", "2000ms"}},
		"the usual skew":        {{keys, "choose: zipfian, count: 10"}, {keys, "choose: zipfian, count: 10, skew: 0.990"}},
		"the usual hotspot":     {{keys, "choose: hotspot, count: 10"}, {keys, "choose: hotspot, count: 10, hot-ops: 80, hot-keys: 20"}},
		"no tree":               {{}, {keys, keys + ", depth: 0"}},
		"no tree, fanned":       {{}, {keys, keys + ", depth: 0, fan-out: 3"}},
		"the usual tree":        {{keys, keys + ", depth: 2"}, {keys, keys + ", depth: 2, fan-out: 10"}},
		"a size to the same":    {{}, {size, size + ", size-to: 100"}},
		"the order of sizes":    {{size, "sizes: {1: 2, 3: 4}"}, {size, "sizes: {3: 4.0, 1: 2}"}},
		"the usual transaction": {{"set: rest", "transaction: rest"}, {"set: rest}", "transaction: rest}\n    keys-per-transaction: 2"}},
		"no pause":              {{}, {end, end + "\n    think: 0ms"}},
		"the usual rate":        {{end, end + "\n    rate: 5"}, {end, end + "\n    rate: 5.0\n    per: total\n    arrivals: constant"}},
		"the usual search":      {{end, end + "\n    rate: 5\n    rate-to: 9\n    until: p99 < 1ms"}, {end, end + "\n    rate: 5\n    rate-to: 9\n    until: p99<1000us\n    steps: 10"}},
		"no watchers":           {{}, {end, end + "\n    watchers: 0"}},
		"not compressible":      {{}, {size, size + ", compressible: 0"}},
	}
	for name, c := range same {
		if parsed(t, c[0].of(t, valid)).SHA256() != parsed(t, c[1].of(t, valid)).SHA256() {
			t.Errorf("%s changes the hash", name)
		}
	}
	hashes := map[string]string{}
	for name, c := range map[string]change{
		"nothing":             {},
		"a default":           {"2s", "3s"},
		"a size":              {size, "size: 101"},
		"an op":               {"set: rest", "put: rest"},
		"the seed":            {"version: 2", "version: 2\nseed: 5"},
		"zipfian":             {keys, "choose: zipfian, count: 10"},
		"a skew":              {keys, "choose: zipfian, count: 10, skew: 1"},
		"latest":              {keys, "choose: latest, count: 10"},
		"hotspot":             {keys, "choose: hotspot, count: 10"},
		"hot keys":            {keys, "choose: hotspot, count: 10, hot-keys: 10"},
		"hot ops":             {keys, "choose: hotspot, count: 10, hot-ops: 90"},
		"a tree":              {keys, keys + ", depth: 2"},
		"a deep tree":         {keys, keys + ", depth: 3"},
		"a broad tree":        {keys, keys + ", depth: 2, fan-out: 20"},
		"sizes between":       {size, "size: 100, size-to: 200"},
		"sizes to":            {size, "size: 100, size-to: 201"},
		"a histogram":         {size, "sizes: {100: 1, 200: 2}"},
		"other sizes":         {size, "sizes: {100: 1, 201: 2}"},
		"other weights":       {size, "sizes: {100: 1, 200: 3}"},
		"compressible":        {size, size + ", compressible: 50"},
		"transactions":        {"set: rest", "transaction: rest"},
		"larger transactions": {"set: rest}", "transaction: rest}\n    keys-per-transaction: 3"},
		"watchers":            {end, end + "\n    watchers: 1"},
		"think":               {end, end + "\n    think: 1ms"},
		"rate":                {end, end + "\n    rate: 5"},
		"per thread":          {end, end + "\n    rate: 5\n    per: thread"},
		"Poisson":             {end, end + "\n    rate: 5\n    arrivals: poisson"},
		"a ramp":              {end, end + "\n    rate: 5\n    rate-to: 6"},
		"steps":               {end, end + "\n    rate: 5\n    rate-to: 6\n    steps: 3"},
		"search":              {end, end + "\n    rate: 5\n    rate-to: 6\n    until: p99 < 1ms"},
		"search max":          {end, end + "\n    rate: 5\n    rate-to: 6\n    until: max < 1ms"},
		"search 2ms":          {end, end + "\n    rate: 5\n    rate-to: 6\n    until: p99 < 2ms"},
		"active":              {end, end + "\n    active: 2"},
		"active to":           {end, end + "\n    active-to: 2"},
		"active from":         {end, end + "\n    active: 1\n    active-to: 2"},
		"compressible 2":      {size, size + ", compressible: 51"},
	} {
		hash := parsed(t, c.of(t, valid)).SHA256()
		if other, ok := hashes[hash]; ok {
			t.Errorf("%s has the hash of %s", name, other)
		}
		hashes[hash] = name
	}
}
