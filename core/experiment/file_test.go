package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/workloads"
)

// valid is an experiment that the cases below spoil.
const valid = `name: choice
summary: Which store for the lock service
seed: 7
repeat: 2
labels: {purpose: review, year: 2026}
timeout: 2s
threads: [1, 10]
stores: [etcd, raftembed]
setups:
  - name: durable
    nodes: [1, 3]
    reads: [linearizable, sequential]
  - name: loose
    nodes: 3
    options:
      raftembed.sync: false
      etcd.heartbeat: 50ms
  - endpoints:
      etcd: ["10.0.0.1:2379", "10.0.0.2:2379", "10.0.0.3:2379"]
workloads:
  - create-set-delete@1
  - workload: read-write
    params:
      reads: [0, 50, 100]
      size: 10
exclude:
  - store:etcd nodes:1
  - label.setup:loose threads:10
`

func parse(source string) (Spec, error) {
	return ParseFile("x.yaml", []byte(source), workloads.Find)
}

func TestAFileIsReadWhole(t *testing.T) {
	got, err := parse(valid)
	if err != nil {
		t.Fatal(err)
	}
	wantTerms := Terms{
		Name: "choice", Summary: "Which store for the lock service", Seed: 7,
		Labels: map[string]string{"purpose": "review", "year": "2026"}, Timeout: 2 * time.Second, ReadyTimeout: time.Minute, Verify: load.VerifyReadBack,
	}
	if diff := cmp.Diff(wantTerms, got.Terms); diff != "" {
		t.Error(diff)
	}
	linearizable := []driver.Consistency{driver.Linearizable}
	wantSetups := []Setup{
		{Name: "durable", Nodes: []int{1, 3}, Reads: []driver.Consistency{driver.Linearizable, driver.Sequential}},
		{Name: "loose", Nodes: []int{3}, Reads: linearizable, Options: map[string]map[string]string{
			"raftembed": {"sync": "false"}, "etcd": {"heartbeat": "50ms"}}},
		{Nodes: []int{3}, Reads: linearizable, Endpoints: map[string][]string{
			"etcd": {"10.0.0.1:2379", "10.0.0.2:2379", "10.0.0.3:2379"}}},
	}
	if diff := cmp.Diff(wantSetups, got.Setups); diff != "" {
		t.Error(diff)
	}
	var refs []string
	for _, w := range got.Workloads {
		refs = append(refs, fmt.Sprint(w.Definition.Ref(), w.Params))
	}
	rest := []any{got.Stores, got.Threads, got.Repeat, refs, fmt.Sprint(got.Exclude)}
	want := []any{[]string{"etcd", "raftembed"}, []int{1, 10}, 2,
		[]string{"create-set-delete@1map[]", "read-write@1map[reads:[0 50 100] size:[10]]"},
		"[store:etcd nodes:1 label.setup:loose threads:10]"}
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Error(diff)
	}
	plan, err := NewPlan(got)
	if err != nil {
		t.Fatal(err)
	}
	// etcd: (2 of durable on 3 nodes + 1 without a name) × 2 threads + loose × 1 thread;
	// raftembed: (4 + 1) × 2 + 1; each with 4 loads, twice.
	if want := ((3*2 + 1) + (5*2 + 1)) * 4 * 2; len(plan.Runs) != want {
		t.Errorf("%d runs, want %d", len(plan.Runs), want)
	}
}

func TestWhatAFileLeavesOutHasTheFlagsDefaults(t *testing.T) {
	got, err := parse("name: small\nstores: memory\nworkloads: [read-write]\n")
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	want.Name, want.Seed, want.Stores = "small", 1, []string{"memory"}
	got.Workloads = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFileIsKnownByItsWorkloads(t *testing.T) {
	definition, err := workloads.Find("read-write")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{
		valid: true, "workloads:": true, "{workloads: [a]}": true,
		string(definition.Text()): false, "": false, "workloads: [": false, "- workloads": false, "name: workloads": false,
	}
	for source, want := range cases {
		if got := IsFile([]byte(source)); got != want {
			t.Errorf("%v for\n%s", got, source)
		}
	}
}

// mistakes gives for each spoiled file the message, place included.
var mistakes = map[string]struct{ old, new, want string }{
	"no YAML":               {"name: choice", "name: [", "x.yaml:1:7: sequence end token ']' not found"},
	"unknown field":         {"seed: 7", "sede: 7", `x.yaml:3:1: an experiment has no field "sede" (did you mean seed?); it can have name, summary, seed, repeat, until_decided, labels, timeout, verify, threads, stores, setups, workloads, exclude`},
	"missing field":         {"name: choice\n", "", "x.yaml:1:1: the experiment lacks name"},
	"bad name":              {"name: choice", "name: Choice", `x.yaml:1:7: name: "Choice" should be lower-case letters, digits and hyphens, a letter first`},
	"two lines":             {"summary: Which", "summary: |\n  x\n  Which", "x.yaml:2:10: summary should be one line"},
	"bad seed":              {"seed: 7", "seed: seven", `x.yaml:3:7: seed: "seven" is no whole number`},
	"no repeat":             {"repeat: 2", "repeat: 0", "x.yaml:4:9: repeat: 0 is not within 1 to 1000000"},
	"few blocks":            {"repeat: 2", "repeat: 2\nuntil_decided: 5%", "x.yaml:1:1: repeat is the most blocks of an experiment that runs until it is decided: 2 blocks cannot be planned for: give from 6, which a verdict takes, to 200"},
	"no percentage":         {"repeat: 2", "until_decided: 0%", `x.yaml:4:16: until_decided: "0%" is no percentage above 0 and below 100, such as 5%`},
	"labels of another":     {"{purpose: review, year: 2026}", "review", "x.yaml:5:9: labels is a single value: it should have fields"},
	"label of a setup":      {"{purpose: review", "{setup: review", `x.yaml:1:1: the label setup is the name of each run's setup here, such as "durable": call the other label something else`},
	"bad timeout":           {"timeout: 2s", "timeout: 2", `x.yaml:6:10: timeout: "2" is no duration such as 500ms, 10s or 2m`},
	"no timeout":            {"timeout: 2s", "timeout: 0s", "x.yaml:6:10: timeout: 0s should be above 0"},
	"no threads":            {"[1, 10]", "[1, 0]", "x.yaml:7:14: threads: 0 is not within 1 to 1000000"},
	"threads twice":         {"[1, 10]", "[1, 10, 1]", "x.yaml:7:18: threads has 1 twice"},
	"empty list":            {"[1, 10]", "[]", "x.yaml:7:10: threads is an empty list: name at least one, or leave it out"},
	"bad store":             {"[etcd, raftembed]", "[etcd, Raft]", `x.yaml:8:16: stores: "Raft" is no name of a store, such as etcd`},
	"store is a number":     {"[etcd, raftembed]", "[etcd, 5]", "x.yaml:8:16: stores is a number: it should be text"},
	"field of a setup":      {"    nodes: 3", "    node: 3", `x.yaml:14:5: a setup has no field "node" (did you mean nodes?); it can have name, nodes, reads, options, env, endpoints`},
	"setups of one name":    {"name: loose", "name: durable", "x.yaml:13:5: two setups are called durable: give each a name of its own"},
	"bad name of a setup":   {"name: loose", "name: a b", `x.yaml:13:11: name: "a b" should be lower-case letters, digits and hyphens, a letter first`},
	"bad reads":             {"sequential]", "stale]", `x.yaml:12:27: reads: "stale" is neither linearizable nor sequential`},
	"option without store":  {"raftembed.sync", "sync", `x.yaml:16:7: option "sync" should be written store.key: value`},
	"option of another":     {"raftembed.sync", "zookeeper.sync", "x.yaml:16:7: store zookeeper is not in this experiment, which has etcd, raftembed"},
	"option is a list":      {"sync: false", "sync: [false]", "x.yaml:16:23: raftembed.sync is a list: it should be a single value"},
	"bad variable":          {"    nodes: 3", "    env: {1A: x}\n    nodes: 3", `x.yaml:14:11: "1A" is no name of an environment variable: use letters, digits and _, no digit first`},
	"variable of ours":      {"    nodes: 3", "    env: {PLUGIN_MIN_PORT: 1}\n    nodes: 3", "x.yaml:14:11: the environment variable PLUGIN_MIN_PORT is for what benchctl and its plugins say to each other: it cannot be added"},
	"endpoints of another":  {"      etcd: [", "      consul: [", "x.yaml:19:7: store consul is not in this experiment, which has etcd, raftembed"},
	"nodes and endpoints":   {"  - endpoints:", "  - nodes: [1, 3]\n    endpoints:", "x.yaml:20:7: the endpoints of etcd are 3 nodes, so the setup's nodes can only be 3"},
	"unequal endpoints":     {"workloads:", "      raftembed: [\"10.0.0.4:1\"]\nworkloads:", "x.yaml:20:7: the endpoints of raftembed are 1 node, so the setup's nodes can only be 1"},
	"unknown workload":      {"create-set-delete@1", "create-set-delete@2", "x.yaml:21:5: no workload \"create-set-delete@2\" is shipped: `benchctl workload list` shows those that are; a file's name ends in .yaml"},
	"workload of no name":   {"workload: read-write", "wrokload: read-write", `x.yaml:22:5: a workload has no field "wrokload" (did you mean workload?); it can have workload, params`},
	"only parameters":       {"- workload: read-write\n    params", "- params", "x.yaml:22:5: the workload lacks its name: write workload: read-write, or that of a file"},
	"unknown parameter":     {"      size: 10", "      colour: 10", `x.yaml:25:7: workload read-write@1 has no parameter "colour"; it has reads, keys, size, duration, warmup`},
	"bad parameter":         {"[0, 50, 100]", "[0, half, 100]", `x.yaml:24:18: parameter reads=half: "half" is no whole number`},
	"parameter twice":       {"[0, 50, 100]", "[0, 50, 050]", "x.yaml:24:22: reads has 50 twice"},
	"parameter that is out": {"[0, 50, 100]", "[0, 50, 101]", "x.yaml:23:5: phase warm-up: nothing is left for set: the others already have 101 of 100"},
	"no selection":          {"nodes:1\n", "nodes:(1\n", `x.yaml:27:5: selection "store:etcd nodes:(1": nodes: values in parentheses are separated by OR and end with a parenthesis, such as (10 OR 50); without parentheses by commas, such as 10,50`},
	"unknown key":           {"nodes:1\n", "node:1\n", `x.yaml:27:5: selection "store:etcd node:1": there is no key "node" (did you mean nodes?); the keys are store, nodes, threads, workload, workload-version, reads, durability, promised, store-version, plugin-version, plugin, machine, filesystem, phase, op, state, lost, run, experiment, started, param.NAME, option.NAME, env.NAME and label.NAME`},
	"key of a result":       {"nodes:1\n", "op:set\n", `x.yaml:27:5: selection "store:etcd op:set": op is not known before a run is executed; what is known are store, nodes, threads, workload, workload-version, reads, param.NAME, option.NAME, env.NAME and label.NAME`},
	"excludes nothing":      {"nodes:1\n", "nodes:5\n", `x.yaml:27:5: "store:etcd nodes:5" excludes nothing: no run of this experiment is selected by it`},
	"excludes all":          {"  - store:etcd nodes:1\n", "  - store:(etcd OR raftembed)\n", "x.yaml:26:1: every run is excluded: nothing is left to run"},
	"empty selection":       {"  - store:etcd nodes:1\n", "  - ''\n", "x.yaml:27:5: an empty selection would exclude every run"},
	"too many runs":         {"repeat: 2", "repeat: 1000000", "x.yaml:1:1: these are 96000000 runs, more than an experiment may have (100000): shorten its lists or make several of it"},
	"an anchor":             {"[1, 10]", "&t [1, 10]", "x.yaml:7:10: anchors, aliases, merges and tags are not part of the language: write the value out, or make it a parameter"},
	"two documents":         {"name: choice", "a: 1\n---\nname: choice", "x.yaml:3:1: a file holds one experiment: move this one to a file of its own"},
}

func TestMistakes(t *testing.T) {
	for name, c := range mistakes {
		t.Run(name, func(t *testing.T) {
			spoiled := strings.Replace(valid, c.old, c.new, 1)
			if spoiled == valid {
				t.Fatal("the case spoils nothing")
			}
			_, err := parse(spoiled)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			var typed *workload.Error
			if !errors.As(err, &typed) {
				t.Errorf("the error is a %T", err)
			}
		})
	}
	if _, err := parse(""); err == nil || err.Error() != "x.yaml:1:1: the file is empty: an experiment begins with name: and workloads:" {
		t.Errorf("empty file: %v", err)
	}
}

func TestAMistakeInAWorkloadsFileIsFoundThere(t *testing.T) {
	_, err := ParseFile("x.yaml", []byte(valid), func(string) (*workload.Definition, error) {
		return workload.Parse("mine.yaml", []byte("name: Mine"))
	})
	if err == nil || err.Error() != "mine.yaml:1:1: the definition lacks version" {
		t.Error(err)
	}
}

func TestTwoWorkloadsOfOneNameAreRefused(t *testing.T) {
	sizes := map[string]string{"a": "5", "b": "6"}
	_, err := ParseFile("x.yaml", []byte("name: two\nstores: memory\nworkloads: [a, b]\n"), func(ref string) (*workload.Definition, error) {
		return workload.Parse(ref, []byte("name: w\nversion: 1\nsummary: s\nsource: this test\nkeys: {space: thread}\nvalues: {size: "+sizes[ref]+
			"}\nphases: [{name: create, mix: {create: 1}, ops: 1}]\n"))
	})
	if err == nil || err.Error() != "x.yaml:3:16: there are two different workloads w@1: raise the version of one of them" {
		t.Error(err)
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(valid))
	for _, c := range mistakes {
		f.Add([]byte(strings.Replace(valid, c.old, c.new, 1)))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		spec, err := ParseFile("x.yaml", source, workloads.Find)
		if err != nil {
			var typed *workload.Error
			if !errors.As(err, &typed) || typed.Line < 1 || typed.Column < 1 || typed.Line > bytes.Count(source, []byte("\n"))+2 {
				t.Fatalf("error without a place in the file: %v", err)
			}
			return
		}
		if !IsFile(source) {
			t.Error("it is not known as an experiment's")
		}
		plan, err := NewPlan(spec)
		if err != nil {
			t.Fatalf("parsed, but cannot be planned: %v", err)
		}
		document, err := plan.Document()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePlan(document, workloads.Find); err != nil {
			t.Fatalf("planned, but cannot be resumed: %v", err)
		}
	})
}
