package experiment

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestTheSchemaHasTheFields(t *testing.T) {
	var document struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `yaml:"$defs"`
	}
	if err := yaml.Unmarshal(Schema(), &document); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		has  map[string]any
		want []string
	}{
		"an experiment": {document.Properties, experimentFields},
		"a setup":       {document.Defs["setup"].Properties, setupFields},
		"a workload":    {document.Defs["workload"].Properties, workloadFields},
	} {
		if got := slices.Sorted(maps.Keys(c.has)); !slices.Equal(got, slices.Sorted(slices.Values(c.want))) {
			t.Errorf("%s has %v, want %v", name, got, c.want)
		}
	}
}

func TestTheSchemaTakesWhatTheDocsHave(t *testing.T) {
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", text); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/experiments.md")
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1) {
		sources = append(sources, string(block[1]))
	}
	if len(sources) < 3 {
		t.Fatalf("only %d examples", len(sources))
	}
	check := func(source string) error {
		var value any
		if err := yaml.Unmarshal([]byte(source), &value); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	for _, source := range sources {
		if err := check(source); err != nil {
			t.Errorf("%s\n%v", source, err)
		}
	}
	for name, more := range map[string]string{
		"unknown field": "colour: red\n", "no thread": "threads: 0\n", "no percentage": "until_decided: 5\n", "no duration": "timeout: soon\n", "no setup": "setups: []\n", "wrong reads": "setups: [{reads: stale}]\n",
	} {
		if err := check("name: a\nstores: etcd\nworkloads: [lock]\n" + more); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
