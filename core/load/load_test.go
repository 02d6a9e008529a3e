package load

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/sample"
)

// everything uses all members that one load can have.
func everything() *Load {
	return &Load{
		Name: "w", Version: 1,
		Keys:   Keys{Space: SpaceShared, Choose: ChooseZipfian, Count: 10, Skew: 0.99, Depth: 2, FanOut: 3},
		Values: Values{Sizes: []SizeShare{{9, 0.25}, {100, 0.75}}, Compressible: 20},
		Phases: []Phase{
			{Name: "fill", Warmup: true, Mix: []Share{{sample.OpCreate, 1}}, Fill: true},
			{
				Name: "ramp", Mix: []Share{{sample.OpTransaction, 0.5}, {sample.OpLock, 0.5}}, For: time.Second,
				Rate: 10, RateTo: 20, Per: PerThread, Arrivals: ProcessPoisson, Steps: 3, Active: 1, ActiveTo: 5,
				KeysPerTransaction: 3, Watchers: 2,
			},
			{
				Name: "search", Mix: []Share{{sample.OpGet, 1}}, For: time.Second,
				Rate: 10, RateTo: 20, Per: PerTotal, Arrivals: ProcessConstant, Steps: 8, Until: &Bound{"p99", time.Millisecond},
			},
			{Name: "closed", Mix: []Share{{sample.OpGet, 1}}, Ops: 7, Think: time.Millisecond},
		},
	}
}

func TestLoadTravelsAsJSON(t *testing.T) {
	document, err := json.Marshal(everything())
	if err != nil {
		t.Fatal(err)
	}
	var got *Load
	if err := json.Unmarshal(document, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(everything(), got); diff != "" {
		t.Error(diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

// TestValidate spoils a load as no definition could.
func TestValidate(t *testing.T) {
	const ramp, search, closed = 1, 2, 3
	cases := map[string]struct {
		spoil func(w *Load)
		want  string
	}{
		"space":           {func(w *Load) { w.Keys.Space = "" }, `keys: space: "" is none of thread, shared`},
		"choice":          {func(w *Load) { w.Keys.Choose = "x" }, `keys: choose: "x" is none of sequential, uniform, zipfian, latest, hotspot`},
		"count":           {func(w *Load) { w.Keys.Count = -1 }, "keys: count: -1 is not within 1 to 100000000"},
		"no count":        {func(w *Load) { w.Keys.Count = 0 }, "keys: a shared key space needs a count: add count, the number of keys that all threads share"},
		"no skew":         {func(w *Load) { w.Keys.Skew = 0 }, "keys: zipfian needs a skew above 0"},
		"skew":            {func(w *Load) { w.Keys.Skew = math.NaN() }, "keys: skew: NaN is not within 0.001 to 100"},
		"skew of others":  {func(w *Load) { w.Keys.Choose = ChooseUniform }, "keys: skew belongs to the choices zipfian and latest, and this one is uniform: take skew away"},
		"no hotspot":      {func(w *Load) { w.Keys.Choose, w.Keys.Skew = ChooseHotspot, 0 }, "keys: hotspot needs hot-keys and hot-ops above 0"},
		"hotspot":         {func(w *Load) { w.Keys.HotOps = 5 }, "keys: hot-ops belongs to the choice hotspot, and this one is zipfian: take hot-ops away"},
		"depth":           {func(w *Load) { w.Keys.Depth = 17 }, "keys: depth: 17 is not within 0 to 16"},
		"no fan-out":      {func(w *Load) { w.Keys.FanOut = 0 }, "keys: a tree needs a fan-out: the number of folders in each folder"},
		"no depth":        {func(w *Load) { w.Keys.Depth = 0 }, "keys: fan-out belongs to a tree: give its depth, the folders between the space's folder and a key"},
		"size":            {func(w *Load) { w.Values = Values{Size: -1} }, "values: size: -1 is not within 0 to 16777216"},
		"size-to":         {func(w *Load) { w.Values = Values{Size: 5, SizeTo: 4} }, "values: size-to: 4 is less than size, which is 5"},
		"size and sizes":  {func(w *Load) { w.Values.Size = 4 }, "values: values has size and sizes: one thing can say how large they are"},
		"no sizes":        {func(w *Load) { w.Values.Sizes = []SizeShare{} }, "values: the shares of sizes sum to 0, not 1"},
		"sizes of half":   {func(w *Load) { w.Values.Sizes[0].Weight = 0.5 }, "values: the shares of sizes sum to 1.25, not 1"},
		"sizes backwards": {func(w *Load) { w.Values.Sizes[0].Size = 100 }, "values: sizes should ascend, and 100 comes after 100"},
		"no share":        {func(w *Load) { w.Values.Sizes[0].Weight = 0 }, "values: sizes gives 9 the share 0"},
		"a size":          {func(w *Load) { w.Values.Sizes[1].Size = 1 << 30 }, "values: sizes: 1073741824 is not within 0 to 16777216"},
		"compressible":    {func(w *Load) { w.Values.Compressible = 101 }, "values: compressible: 101 is not within 0 to 100"},
		"no phases":       {func(w *Load) { w.Phases = nil }, "0 phases: there must be 1 to 100"},
		"two ends":        {func(w *Load) { w.Phases[ramp].Ops = 4 }, "phase ramp: exactly one of for, ops and fill must end it"},
		"negative end":    {func(w *Load) { w.Phases[closed].Ops = -4 }, "phase closed: exactly one of for, ops and fill must end it"},
		"mix":             {func(w *Load) { w.Phases[closed].Mix = nil }, "phase closed: its mix is empty: name at least one operation"},
		"half a mix":      {func(w *Load) { w.Phases[closed].Mix[0].Weight = 0.5 }, "phase closed: the shares of its mix sum to 0.5, not 1"},
		"no weight":       {func(w *Load) { w.Phases[closed].Mix[0].Weight = math.NaN() }, "phase closed: its mix gives get the share NaN"},
		"operation":       {func(w *Load) { w.Phases[closed].Mix[0].Op = 99 }, "phase closed: its mix gives op-99 the share 1"},
		"watch":           {func(w *Load) { w.Phases[closed].Mix[0].Op = sample.OpWatch }, "phase closed: watch is not chosen from a mix: sessions beside the threads watch: give the phase watchers, their number"},
		"fill":            {func(w *Load) { w.Phases[0].Mix[0].Op = sample.OpPut }, "phase fill: fill only creates keys: its mix can only be {create: 1}"},
		"lock":            {func(w *Load) { w.Keys.Space, w.Keys.Count, w.Phases = SpaceThread, 0, w.Phases[ramp:] }, "phase ramp: lock picks among locks that threads share: it needs space: shared"},
		"watchers":        {func(w *Load) { w.Phases[closed].Watchers = -1 }, "phase closed: watchers: -1 is not within 0 to 10000"},
		"transaction":     {func(w *Load) { w.Phases[ramp].KeysPerTransaction = 0 }, "phase ramp: a transaction needs keys-per-transaction"},
		"transactions":    {func(w *Load) { w.Phases[closed].KeysPerTransaction = 2 }, "phase closed: keys-per-transaction belongs to a mix with transaction: add it to the mix, or take keys-per-transaction away"},
		"think":           {func(w *Load) { w.Phases[closed].Think = -1 }, "phase closed: think: -1ns is negative"},
		"think and rate":  {func(w *Load) { w.Phases[ramp].Think = 1 }, "phase ramp: think is a pause in a closed loop, and rate opens the loop: take one of them away"},
		"rate":            {func(w *Load) { w.Phases[ramp].Rate = math.Inf(1) }, "phase ramp: rate: +Inf is not within 0.001 to 10000000"},
		"per":             {func(w *Load) { w.Phases[ramp].Per = "" }, `phase ramp: per: "" is none of total, thread`},
		"arrivals":        {func(w *Load) { w.Phases[ramp].Arrivals = "x" }, `phase ramp: arrivals: "x" is none of constant, poisson`},
		"no rate":         {func(w *Load) { w.Phases[ramp].Rate = 0 }, "phase ramp: rate-to is where a ramp ends: give rate, where it begins"},
		"steps":           {func(w *Load) { w.Phases[ramp].Steps = 1 }, "phase ramp: steps: 1 is not within 2 to 1000"},
		"steps of what":   {func(w *Load) { w.Phases[closed].Steps = 2 }, "phase closed: steps divide a ramp: give rate-to or active-to"},
		"active":          {func(w *Load) { w.Phases[ramp].Active = -1 }, "phase ramp: active: -1 is not within 1 to 1000000"},
		"bound":           {func(w *Load) { w.Phases[search].Until.Of = "p42" }, "phase search: until needs one of p50, p90, p95, p99, p999, max, mean, and a duration above 0"},
		"bound of time":   {func(w *Load) { w.Phases[search].Until.Below = 0 }, "phase search: until needs one of p50, p90, p95, p99, p999, max, mean, and a duration above 0"},
		"tries":           {func(w *Load) { w.Phases[search].Steps = 0 }, "phase search: until needs steps, the number of rates that are tried"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := everything()
			c.spoil(w)
			if err := w.Validate(); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	l := &Load{Phases: []Phase{{For: time.Second}, {For: 2 * time.Second, Steps: 7, Until: &Bound{}}, {For: time.Second, Steps: 3}}}
	if total, others := l.Duration(); total != 16*time.Second || others {
		t.Errorf("%v, others %v", total, others)
	}
	l.Phases = append(l.Phases, Phase{Fill: true})
	if total, others := l.Duration(); total != 16*time.Second || !others {
		t.Errorf("%v, others %v", total, others)
	}
}
