package workload

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/sample"
)

// property is what the JSON Schema says of a field.
type property struct {
	Default any
	AnyOf   []struct {
		Minimum, Maximum *float64
		Enum             []string
	}
	Properties map[string]property
}

// TestSchemaHasTheFields compares the JSON Schema for editors with the tables
// that definitions are read by.
func TestSchemaHasTheFields(t *testing.T) {
	document, err := os.ReadFile("../../workloads/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]property `json:"$defs"`
	}
	if err := json.Unmarshal(document, &schema); err != nil {
		t.Fatal(err)
	}
	for mapping, fields := range map[string][]string{
		"keys":   names(keyFields),
		"values": append(names(valueFields), "sizes"),
		"phase":  append(names(phaseFields), "name", "warmup", "mix", "fill"),
		"mix":    inAMix(),
	} {
		slices.Sort(fields)
		if got := slices.Sorted(maps.Keys(schema.Defs[mapping].Properties)); !slices.Equal(got, fields) {
			t.Errorf("%s has %v, want %v", mapping, got, fields)
		}
	}
	keys, values, phase := schema.Defs["keys"].Properties, schema.Defs["values"].Properties, schema.Defs["phase"].Properties
	for name, c := range map[string]struct {
		property property
		span     load.Span[float64]
	}{
		"count":                {keys["count"], asFloats(load.Limits.Count)},
		"skew":                 {keys["skew"], load.Limits.Skew},
		"hot-keys":             {keys["hot-keys"], load.Limits.HotShare},
		"hot-ops":              {keys["hot-ops"], load.Limits.HotShare},
		"depth":                {keys["depth"], asFloats(load.Limits.Depth)},
		"fan-out":              {keys["fan-out"], asFloats(load.Limits.FanOut)},
		"size":                 {values["size"], asFloats(load.Limits.Size)},
		"size-to":              {values["size-to"], asFloats(load.Limits.Size)},
		"compressible":         {values["compressible"], load.Limits.Compressible},
		"ops":                  {phase["ops"], asFloats(load.Limits.Ops)},
		"rate":                 {phase["rate"], load.Limits.Rate},
		"rate-to":              {phase["rate-to"], load.Limits.Rate},
		"steps":                {phase["steps"], asFloats(load.Limits.Steps)},
		"active":               {phase["active"], asFloats(load.Limits.Active)},
		"active-to":            {phase["active-to"], asFloats(load.Limits.Active)},
		"keys-per-transaction": {phase["keys-per-transaction"], asFloats(load.Limits.KeysPerTransaction)},
		"watchers":             {phase["watchers"], asFloats(load.Limits.Watchers)},
	} {
		number := c.property.AnyOf[0]
		if number.Minimum == nil || *number.Minimum != c.span.Least || number.Maximum == nil || *number.Maximum != c.span.Most {
			t.Errorf("%s: %+v, want %v", name, number, c.span)
		}
	}
	for name, c := range map[string]struct {
		property property
		words    []string
	}{
		"space":    {keys["space"], words(load.Spaces)},
		"choose":   {keys["choose"], words(load.Choices)},
		"per":      {phase["per"], words(load.Pers)},
		"arrivals": {phase["arrivals"], words(load.Processes)},
	} {
		if got := c.property.AnyOf[0].Enum; !slices.Equal(got, c.words) {
			t.Errorf("%s: %v, want %v", name, got, c.words)
		}
	}
	for name, c := range map[string]struct{ got, want any }{
		"skew":                 {keys["skew"].Default, defaultSkew},
		"hot-keys":             {keys["hot-keys"].Default, defaultHotKeys},
		"hot-ops":              {keys["hot-ops"].Default, defaultHotOps},
		"fan-out":              {keys["fan-out"].Default, float64(defaultFanOut)},
		"keys-per-transaction": {phase["keys-per-transaction"].Default, float64(defaultKeysPerTransaction)},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v unless given, want %v", name, c.got, c.want)
		}
	}
}

func inAMix() []string {
	var names []string
	for _, op := range sample.Ops() {
		if load.BreachOfOp(op) == nil {
			names = append(names, op.String())
		}
	}
	return names
}

func asFloats(s load.Span[int64]) load.Span[float64] {
	return load.Span[float64]{Least: float64(s.Least), Most: float64(s.Most)}
}

func words[T ~string](of load.Words[T]) []string {
	texts := make([]string, len(of))
	for i, word := range of {
		texts[i] = string(word)
	}
	return texts
}
