package workload

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

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
		span     span[float64]
	}{
		"count":                {keys["count"], asFloats(counts)},
		"skew":                 {keys["skew"], skews},
		"hot-keys":             {keys["hot-keys"], shares},
		"hot-ops":              {keys["hot-ops"], shares},
		"depth":                {keys["depth"], asFloats(depths)},
		"fan-out":              {keys["fan-out"], asFloats(fanOuts)},
		"size":                 {values["size"], asFloats(sizes)},
		"size-to":              {values["size-to"], asFloats(sizes)},
		"compressible":         {values["compressible"], percents},
		"ops":                  {phase["ops"], asFloats(operations)},
		"rate":                 {phase["rate"], rates},
		"rate-to":              {phase["rate-to"], rates},
		"steps":                {phase["steps"], asFloats(steps)},
		"active":               {phase["active"], asFloats(actives)},
		"active-to":            {phase["active-to"], asFloats(actives)},
		"keys-per-transaction": {phase["keys-per-transaction"], asFloats(keysPerTransaction)},
		"watchers":             {phase["watchers"], asFloats(watchers)},
	} {
		number := c.property.AnyOf[0]
		if number.Minimum == nil || *number.Minimum != c.span.least || number.Maximum == nil || *number.Maximum != c.span.most {
			t.Errorf("%s: %+v, want %v", name, number, c.span)
		}
	}
	for name, c := range map[string]struct {
		property property
		words    []string
	}{
		"space":    {keys["space"], words(spaces)},
		"choose":   {keys["choose"], words(choices)},
		"per":      {phase["per"], words(pers)},
		"arrivals": {phase["arrivals"], words(processes)},
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
		if _, part := parts[op]; !part {
			names = append(names, op.String())
		}
	}
	return names
}

func asFloats(s span[int64]) span[float64] { return span[float64]{float64(s.least), float64(s.most)} }

func words[T ~string](of []T) []string {
	texts := make([]string, len(of))
	for i, word := range of {
		texts[i] = string(word)
	}
	return texts
}
