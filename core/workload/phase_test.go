package workload

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// The key spaces that the phases below are tried on.
const (
	own      = "space: thread"
	together = "space: shared, count: 10"
)

// withPhase is a definition of one phase, which stands in line 8 from column
// 15 on.
func withPhase(keys, phase string) string {
	return "name: one\nversion: 1\nsummary: s\nsource: t\nkeys: {" + keys + "}\nvalues: {size: 2000000}\nphases:\n  - {name: p, " + phase + "}\n"
}

var phaseMistakes = map[string]struct{ keys, phase, want string }{
	"locks of a thread":     {own, "ops: 1, mix: {lock: 1}", "8:28: phase p: lock picks among locks that threads share: it needs space: shared"},
	"watching a thread":     {own, "ops: 1, mix: {get: 1}, watchers: 2", "8:48: phase p: watchers watch the keys that threads share: they need space: shared"},
	"too many watchers":     {together, "ops: 1, mix: {get: 1}, watchers: 10001", "8:48: watchers: 10001 is not within 0 to 10000"},
	"no transaction":        {own, "ops: 1, mix: {get: 1}, keys-per-transaction: 2", "8:60: phase p: keys-per-transaction belongs to a mix with transaction: add it to the mix, or take keys-per-transaction away"},
	"one key":               {own, "ops: 1, mix: {transaction: 1}, keys-per-transaction: 1", "8:68: keys-per-transaction: 1 is not within 2 to 100"},
	"keys there are not":    {together, "ops: 1, mix: {transaction: 1}, keys-per-transaction: 11", "8:68: phase p: a transaction of 11 keys does not fit into a shared space of 10: raise count"},
	"think in an open loop": {own, "for: 1s, mix: {get: 1}, think: 1ms, rate: 5", "8:46: phase p: think is a pause in a closed loop, and rate opens the loop: take one of them away"},
	"negative think":        {own, "for: 1s, mix: {get: 1}, think: -1ms", "8:46: think: -1ms is negative"},
	"think of what":         {own, "for: 1s, mix: {get: 1}, think: long", `8:46: think: "long" is no duration such as 500ms, 10s or 2m`},
	"no rate":               {own, "for: 1s, mix: {get: 1}, rate: 0", "8:45: rate: 0 is not within 0.001 to 10000000"},
	"ramp from nothing":     {own, "for: 1s, mix: {get: 1}, rate-to: 5", "8:48: phase p: rate-to is where a ramp ends: give rate, where it begins"},
	"per of nothing":        {own, "for: 1s, mix: {get: 1}, per: total", "8:44: phase p: per says whose rate it is: give rate"},
	"arrivals of nothing":   {own, "for: 1s, mix: {get: 1}, arrivals: poisson", "8:49: phase p: arrivals says how those of a rate lie in time: give rate"},
	"per whom":              {own, "for: 1s, mix: {get: 1}, rate: 5, per: node", `8:53: per: "node" is none of total, thread`},
	"arrivals of whom":      {own, "for: 1s, mix: {get: 1}, rate: 5, arrivals: often", `8:58: arrivals: "often" is none of constant, poisson`},
	"ramp without time":     {own, "ops: 5, mix: {get: 1}, rate: 5, rate-to: 6", "8:56: phase p: a ramp takes time: end the phase with for"},
	"threads without time":  {own, "ops: 5, mix: {get: 1}, active-to: 6", "8:49: phase p: a ramp takes time: end the phase with for"},
	"no threads":            {own, "ops: 5, mix: {get: 1}, active: 0", "8:46: active: 0 is not within 1 to 1000000"},
	"steps of nothing":      {own, "for: 1s, mix: {get: 1}, rate: 5, steps: 3", "8:55: phase p: steps divide a ramp: give rate-to or active-to"},
	"one step":              {own, "for: 1s, mix: {get: 1}, rate: 5, rate-to: 6, steps: 1", "8:67: steps: 1 is not within 2 to 1000"},
	"some fill":             {together, "fill: true, mix: {create: 1}, active: 3", "8:53: phase p: all threads fill, each its part of the keys: take active away"},
	"search without rates":  {own, "for: 1s, mix: {get: 1}, until: p99 < 1ms", "8:46: phase p: until searches between two rates: give rate and rate-to"},
	"search with think":     {own, "for: 1s, mix: {get: 1}, until: p99 < 1ms, think: 1s", "8:46: phase p: until searches between two rates: give rate and rate-to"},
	"search downwards":      {own, "for: 1s, mix: {get: 1}, rate: 5, rate-to: 4, until: p99 < 1ms", "8:57: phase p: until searches upwards: give a rate-to above rate"},
	"search without time":   {own, "ops: 5, mix: {get: 1}, rate: 5, rate-to: 6, until: p99 < 1ms", "8:66: phase p: until tries every rate for a time: end the phase with for"},
	"search with a ramp":    {own, "for: 1s, mix: {get: 1}, rate: 5, rate-to: 6, active-to: 2, until: p99 < 1ms", "8:71: phase p: until searches with one number of threads: take active-to away"},
	"search for nothing":    {own, "for: 1s, mix: {get: 1}, rate: 5, rate-to: 6, until: 10ms", `8:67: until: "10ms" is no bound such as p99 < 10ms`},
	"search the wrong way":  {own, "for: 1s, mix: {get: 1}, rate: 5, rate-to: 6, until: p99 > 10ms", `8:67: until: "p99 > 10ms" is no bound such as p99 < 10ms`},
	"unknown statistic":     {own, "for: 1s, mix: {get: 1}, rate: 5, rate-to: 6, until: p98 < 10ms", `8:67: until: "p98" is none of p50, p90, p95, p99, p999, max, mean`},
	"search below nothing":  {own, "for: 1s, mix: {get: 1}, rate: 5, rate-to: 6, until: p99 < 0s", `8:67: until: "0s" is no duration above 0, such as 500us, 10ms or 1s`},
	"too many bytes":        {own, "ops: 1, mix: {transaction: 1}, keys-per-transaction: 9", "8:68: phase p: the values of a transaction of 9 keys may have 18000000 bytes together, which is more than 16777216: make them smaller or fewer"},
}

func TestMistakesInPhases(t *testing.T) {
	for name, c := range phaseMistakes {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("w.yaml", []byte(withPhase(c.keys, c.phase))); err == nil || err.Error() != "w.yaml:"+c.want {
				t.Errorf("got  %v\nwant w.yaml:%s", err, c.want)
			}
		})
	}
}

func TestBindPhase(t *testing.T) {
	get := []load.Share{{Op: sample.OpGet, Weight: 1}}
	cases := map[string]struct {
		phase string
		want  load.Phase
	}{
		"transactions": {
			"ops: 1, mix: {transaction: 1}, watchers: 3",
			load.Phase{Ops: 1, Mix: []load.Share{{Op: sample.OpTransaction, Weight: 1}}, KeysPerTransaction: 2, Watchers: 3},
		},
		"a closed loop with pauses": {
			"for: 2s, mix: {get: 1}, think: 5ms, active: 1, active-to: 4, steps: 2",
			load.Phase{For: 2 * time.Second, Mix: get, Think: 5 * time.Millisecond, Active: 1, ActiveTo: 4, Steps: 2},
		},
		"no pauses": {
			"for: 2s, mix: {get: 1}, think: 0s, rate: 0.5",
			load.Phase{For: 2 * time.Second, Mix: get, Rate: 0.5, Per: load.PerTotal, Arrivals: load.ProcessConstant},
		},
		"a ramp": {
			"for: 2s, mix: {get: 1}, rate: 100, rate-to: 50, per: thread, arrivals: poisson, active: 3",
			load.Phase{For: 2 * time.Second, Mix: get, Rate: 100, RateTo: 50, Per: load.PerThread, Arrivals: load.ProcessPoisson, Active: 3},
		},
		"a search": {
			"for: 2s, mix: {get: 1}, rate: 100, rate-to: 500, until: p999<1500us",
			load.Phase{For: 2 * time.Second, Mix: get, Rate: 100, RateTo: 500, Per: load.PerTotal, Arrivals: load.ProcessConstant, Steps: 10, Until: &load.Bound{Of: "p999", Below: 1500 * time.Microsecond}},
		},
		"an open fill": {
			"fill: true, mix: {create: 1}, rate: 100",
			load.Phase{Fill: true, Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}, Rate: 100, Per: load.PerTotal, Arrivals: load.ProcessConstant},
		},
		"no transactions": {
			"ops: 1, mix: {transaction: 0, get: 1}, keys-per-transaction: 5",
			load.Phase{Ops: 1, Mix: []load.Share{{Op: sample.OpGet, Weight: 1}}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w, _, err := parsed(t, withPhase(together, c.phase)).Bind(nil)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Name = "p"
			if diff := cmp.Diff(c.want, w.Phases[0]); diff != "" {
				t.Error(diff)
			}
			if err := w.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMistakesInPhaseParameters(t *testing.T) {
	source := strings.Replace(withPhase(own, "for: 1s, mix: {get: 1}, rate: $low, rate-to: 50, steps: $steps, until: $bound"), "keys:",
		"params: {low: {default: 10.0, help: h}, steps: {default: 4, help: h}, bound: {default: p99 < 10ms, help: h}}\nkeys:", 1)
	d := parsed(t, source)
	for given, want := range map[string]string{
		"low=0":     "9:45: rate (parameter low): 0 is not within 0.001 to 10000000",
		"low=50":    "9:60: phase p: until searches upwards: give a rate-to above rate",
		"steps=1":   "9:71: steps (parameter steps): 1 is not within 2 to 1000",
		"bound=p99": `9:86: until (parameter bound): "p99" is no bound such as p99 < 10ms`,
	} {
		name, value, _ := strings.Cut(given, "=")
		if _, _, err := d.Bind(map[string]string{name: value}); err == nil || err.Error() != "w.yaml:"+want {
			t.Errorf("%s:\ngot  %v\nwant w.yaml:%s", given, err, want)
		}
	}
}
