package workload_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

const asking = `name: w
version: 1
summary: s
source: t
keys: {space: shared, choose: uniform, count: 10}
values: {size: 10}
phases:
  - {name: fill, warmup: true, mix: {create: 1}, fill: true}
  - {name: busy, mix: {get: 1, set: 1}, for: 1s}
`

// A definition that declares nothing is answered by what its phases are.
func TestAnswersOfALoad(t *testing.T) {
	latency := []workload.Figure{"p50", "p99", "p999"}
	cases := map[string]struct {
		busy string
		want workload.Answers
	}{
		"closed loop": {"", workload.Answers{Figures: []workload.Figure{"throughput-per-thread"}}},
		"open loop":   {", rate: 10", workload.Answers{Figures: append([]workload.Figure{"offered", "throughput"}, latency...)}},
		"search":      {", rate: 10, rate-to: 90, until: p99 < 5ms", workload.Answers{Figures: append([]workload.Figure{"rate"}, latency...), Phases: []string{"busy"}}},
		"watchers":    {", rate: 10, watchers: 3", workload.Answers{Figures: []workload.Figure{"p50", "p99", "max"}, Phases: []string{"busy"}, Ops: []sample.Op{sample.OpWatch}}},
	}
	for name, c := range cases {
		d, err := workload.Parse("w.yaml", []byte(strings.Replace(asking, "for: 1s", "for: 1s"+c.busy, 1)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, d.Answers()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What answers the question changes nothing of what is executed.
func TestAnswersAreNoPartOfTheIdentity(t *testing.T) {
	bare, err := workload.Parse("w.yaml", []byte(asking))
	if err != nil {
		t.Fatal(err)
	}
	d, err := workload.Parse("w.yaml", []byte(asking+"answers: {figures: [p99, throughput], phases: [busy], ops: [get]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := workload.Answers{Figures: []workload.Figure{"p99", "throughput"}, Phases: []string{"busy"}, Ops: []sample.Op{sample.OpGet}}
	if diff := cmp.Diff(want, d.Answers()); diff != "" {
		t.Error(diff)
	}
	if d.SHA256() != bare.SHA256() {
		t.Error("it is another workload")
	}
	if a := d.Answers(); !a.Of("busy", "get") || a.Of("busy", "set") || a.Of("fill", "get") {
		t.Error("of what it is the answer")
	}
}

func TestMistakesInAnswers(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                               "w.yaml:10:1: answers lacks figures, such as [p50, p99]",
		"{figures: [p98]}":                 `w.yaml:10:21: answers: "p98" is none of rate, offered, throughput, throughput-per-thread, p50, p90, p99, p999, max`,
		"{figures: [p99, p99]}":            `w.yaml:10:26: answers: figures has "p99" twice`,
		"{figures: [p99], phases: [fill]}": `w.yaml:10:36: answers: there is no measured phase "fill"`,
		"{figures: [p99], ops: [sett]}":    `w.yaml:10:33: answers: `,
		"{figures: [rate]}":                "w.yaml:10:1: answers: rate is what a search finds, and no phase has until",
		"{figures: p99}":                   "w.yaml:10:20: figures is a single value: it should be a list",
		"{figures: [p99], of: [set]}":      `w.yaml:10:27: answers has no field "of"; it can have figures, phases, ops`,
	} {
		if _, err := workload.Parse("w.yaml", []byte(asking+"answers: "+text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
