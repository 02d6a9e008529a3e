package workloads

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/benchctl/benchctl/core/workload"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, source []byte) error {
	t.Helper()
	document, err := yaml.YAMLToJSON(source)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

// TestSchemaAccepts tries it on every definition that is shipped and on every
// example of docs/workloads.md.
func TestSchemaAccepts(t *testing.T) {
	s := compiled(t)
	definitions, err := All()
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{}
	for _, d := range definitions {
		sources[d.Ref()] = d.Text()
	}
	page, err := os.ReadFile("../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range regexp.MustCompile("(?s)```yaml\nname: (.*?)\n.*?```").FindAllSubmatch(page, -1) {
		sources[string(example[1])] = bytes.TrimSuffix(bytes.TrimPrefix(example[0], []byte("```yaml\n")), []byte("```"))
	}
	if len(sources) < 8 {
		t.Fatalf("%d definitions", len(sources))
	}
	for name, source := range sources {
		if err := validate(t, s, source); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// whole uses most of the language.
const whole = `name: whole
version: 1
summary: s
source: t
params: {rate: {default: 50.0, help: h}}
keys: {space: shared, count: 10, choose: zipfian, skew: 0.9, depth: 2, fan-out: 3}
values: {size: 8, size-to: 9, compressible: 50}
phases:
  - {name: fill, warmup: true, mix: {create: 1}, fill: true}
` + measured

const measured = `  - {name: a, mix: {transaction: 5, get: rest}, for: 1m30s, rate: $rate, rate-to: 90, steps: 5, per: thread, arrivals: poisson, active: 2, active-to: 3, keys-per-transaction: 3, watchers: 1}
  - {name: b, mix: {get: 1}, for: 1s, rate: 5, rate-to: 9, until: p99 < 10ms}
  - {name: c, mix: {lock: 1}, ops: 5, think: 0}
`

// TestSchemaRefuses spoils that definition in ways that the language refuses
// as well.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	if err := validate(t, s, []byte(whole)); err != nil {
		t.Fatal(err)
	}
	if _, err := workload.Parse("w.yaml", []byte(whole)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"a field there is not":    {"version: 1", "version: 1\nphase: 2"},
		"no version":              {"version: 1\n", ""},
		"a name in capitals":      {"name: whole", "name: Whole"},
		"no count":                {"count: 10, ", ""},
		"a count of a thread":     {"space: shared", "space: thread"},
		"a choice there is not":   {"zipfian, skew: 0.9", "any"},
		"skew of hotspot":         {"zipfian", "hotspot"},
		"too deep":                {"depth: 2", "depth: 17"},
		"a fan without a tree":    {"depth: 2, ", ""},
		"size and sizes":          {"size: 8, ", "size: 8, sizes: {1: 1}, "},
		"size-to alone":           {"size: 8, ", ""},
		"sizes in letters":        {"size: 8, size-to: 9", "sizes: {big: 1}"},
		"too compressible":        {"compressible: 50", "compressible: 101"},
		"an operation of another": {"lock: 1", "unlock: 1"},
		"no such operation":       {"lock: 1", "steal: 1"},
		"two ends":                {"ops: 5", "ops: 5, for: 1s"},
		"no end":                  {"ops: 5, ", ""},
		"no duration":             {"1m30s", "90"},
		"think in an open loop":   {"rate: $rate", "rate: $rate, think: 5ms"},
		"a ramp from nothing":     {"rate: $rate, ", ""},
		"steps of nothing":        {"think: 0", "steps: 3"},
		"a search for nothing":    {"p99 < 10ms", "10ms"},
		"a search without rates":  {"rate: 5, rate-to: 9, ", ""},
		"transactions of what":    {"transaction: 5, ", ""},
		"some fill":               {"fill: true", "fill: true, active: 2"},
		"fill of other":           {"{create: 1}", "{put: 1}"},
		"only warm-up":            {measured, ""},
	} {
		t.Run(name, func(t *testing.T) {
			spoiled := []byte(strings.Replace(whole, c[0], c[1], 1))
			if string(spoiled) == whole {
				t.Fatal("the case spoils nothing")
			}
			if validate(t, s, spoiled) == nil {
				t.Error("the schema accepts it")
			}
			if _, err := workload.Parse("w.yaml", spoiled); err == nil {
				t.Error("the language accepts it")
			}
		})
	}
}
