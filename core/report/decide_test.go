package report

import (
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/stats"
)

func decisions(change ...func([]comparison.Decided)) *Decisions {
	of := func(n int, effect, low, high float64) *stats.Difference {
		return &stats.Difference{Paired: true, A: n, B: n, Effect: effect, Low: low, High: high}
	}
	pairs := []comparison.Decided{
		{A: "etcd", B: "raftembed", Both: "3 nodes, 1 thread", Decided: true, Parts: []comparison.Look{
			{Metric: "throughput", Name: "create", Blocks: 13, Decision: comparison.DecidedDifferent, Difference: of(8, -0.2, -0.25, -0.15)},
			{Metric: "throughput", Name: "set", Blocks: 13, Decision: comparison.DecidedEqual, Difference: of(13, 0.01, -0.02, 0.04)},
		}},
		{A: "etcd", B: "zookeeper", Both: "3 nodes, 1 thread", Parts: []comparison.Look{
			{Metric: "throughput", Name: "create", Blocks: 14, Decision: comparison.DecidedEqual, Difference: of(10, 0, -0.04, 0.04)},
			{Metric: "throughput", Name: "set", Blocks: 14, Decision: comparison.Undecided, Difference: of(13, 0.03, -0.01, 0.07)},
			{Metric: "throughput", Name: "delete", Blocks: 3, Decision: comparison.Undecided},
		}},
		{A: "raftembed", B: "zookeeper", Both: "3 nodes, 1 thread"},
	}
	for _, f := range change {
		f(pairs)
	}
	return &Decisions{Margin: 0.05, Looks: []int{8, 10, 13}, Level: 0.02, Pairs: pairs}
}

func TestDecisionsArePrinted(t *testing.T) {
	var b strings.Builder
	if err := decisions().Print(&b); err != nil {
		t.Fatal(err)
	}
	const want = `
decided with a margin of 5 %: 3 nodes, 1 thread

pair                                 metric      difference                      blocks
───────────────────────────────────────────────────────────────────────────────────────────────────────────
raftembed against etcd       create  throughput     -20.0 %  [-25.0 %, -15.0 %]       8  different
raftembed against etcd       set     throughput     +1.00 %  [-2.00 %, +4.00 %]      13  equal within 5 %
zookeeper against etcd       create  throughput         0 %  [-4.00 %, +4.00 %]      10  equal within 5 %
zookeeper against etcd       set     throughput     +3.00 %  [-1.00 %, +7.00 %]      13  undecided
zookeeper against etcd       delete  throughput           –                           3  undecided
zookeeper against raftembed                               –                           0  undecided

· looked at after 8, 10 and 13 blocks; 3 decisions, each wrong in less than 5 % of experiments, all looks together; 3 undecided
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhereNothingIsDecidedNoErrorIsNamed(t *testing.T) {
	d := decisions()
	d.Pairs, d.Looks = d.Pairs[2:], []int{6}
	var b strings.Builder
	if err := d.Print(&b); err != nil || !strings.HasSuffix(b.String(), "\n· looked at after 6 blocks; 1 undecided\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestWhatALookSays(t *testing.T) {
	d := decisions(func(pairs []comparison.Decided) { pairs[2].Both = "1 node, 1 thread" })
	names, both := NamesOf(d.Pairs)
	if both != "" {
		t.Errorf("they have %q in common", both)
	}
	want := []string{
		"raftembed against etcd (3 nodes, 1 thread) is decided after 13 blocks: create -20.0 %, set equal",
		"zookeeper against etcd (3 nodes, 1 thread) is undecided after 13 blocks: set, delete; decided: create equal",
	}
	for i, want := range want {
		if got := Looked(names[i], d.Pairs[i]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	d.Pairs[1].Parts = d.Pairs[1].Parts[1:]
	if got, want := Looked(names[1], d.Pairs[1]), "zookeeper against etcd (3 nodes, 1 thread) is undecided after 13 blocks: set, delete"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWhatADecisionWillTakeIsForetold(t *testing.T) {
	cases := map[string]struct {
		change func([]comparison.Decided)
		want   string
	}{
		"alike": {func([]comparison.Decided) {}, "It ends when 2 pairs of 3 nodes, 1 thread are decided with a margin of 5 %; looks are after 8, 10 and 13 blocks. " +
			"What is in no undecided pair is run no more.\n  zookeeper against etcd\n  zookeeper against raftembed\n"},
		"apart": {func(p []comparison.Decided) { p[2].Both = "1 node" }, "It ends when 2 pairs are decided with a margin of 5 %; looks are after 8, 10 and 13 blocks. " +
			"What is in no undecided pair is run no more.\n  zookeeper against etcd (3 nodes, 1 thread)\n  zookeeper against raftembed (1 node)\n"},
		"one": {func(p []comparison.Decided) { p[1].Decided = true }, "It ends when 1 pair of 3 nodes, 1 thread is decided with a margin of 5 %; looks are after 8, 10 and 13 blocks. " +
			"What is in no undecided pair is run no more.\n  zookeeper against raftembed\n"},
		"none": {func(p []comparison.Decided) { p[1].Decided, p[2].Decided = true, true }, ""},
	}
	for name, c := range cases {
		var b strings.Builder
		decisions(c.change).Foretell(&b)
		if got := b.String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}
