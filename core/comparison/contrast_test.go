package comparison_test

import (
	"math"
	"testing"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
)

func TestWhatAReaderComparesFirst(t *testing.T) {
	type record = comparisontest.Record
	for name, c := range map[string]struct {
		a, b record
		want string
	}{
		"nothing":      {record{Store: "x", Nodes: 1, Threads: 1}, record{Store: "x", Nodes: 1, Threads: 1}, ""},
		"the store":    {record{Store: "x", Nodes: 1, Threads: 1}, record{Store: "y", Nodes: 3, Threads: 10}, "store"},
		"the nodes":    {record{Store: "x", Nodes: 1, Threads: 1, Options: map[string]string{"sync": "a"}}, record{Store: "x", Nodes: 3, Threads: 10, Options: map[string]string{"sync": "b"}}, "nodes"},
		"an option":    {record{Store: "x", Threads: 1, Options: map[string]string{"sync": "a"}}, record{Store: "x", Threads: 10, Options: map[string]string{"sync": "b"}}, "option.sync"},
		"a label":      {record{Store: "x", Labels: map[string]string{"build": "a"}, Params: map[string]string{"reads": "1"}}, record{Store: "x", Labels: map[string]string{"build": "b"}, Params: map[string]string{"reads": "2"}}, "label.build"},
		"a parameter":  {record{Store: "x", Threads: 1, Params: map[string]string{"reads": "1"}}, record{Store: "x", Threads: 10, Params: map[string]string{"reads": "2"}}, "param.reads"},
		"only threads": {record{Store: "x", Threads: 1}, record{Store: "x", Threads: 10}, "threads"},
	} {
		c.a.Run, c.b.Run = 1, 2
		c.a.Op, c.b.Op, c.a.Ops, c.b.Ops = "set", "set", 1, 1
		both := comparisontest.Compare(t, []record{c.a, c.b})
		if got := both.Workloads[0].Contrast(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if all := both.Contrasts(); len(all) > 0 != (c.want != "") {
			t.Errorf("%s: %d comparisons", name, len(all))
		}
	}
}

// Differences of too few repeats are not among those that are corrected for.
func TestWhatCannotBeJudgedHidesNothing(t *testing.T) {
	var records []comparisontest.Record
	for repeat := range 8 {
		for s, store := range []string{"a", "b"} {
			id := int64(1 + 2*repeat + s)
			value := 100*float64(1+s) + float64(repeat)
			records = append(records, comparisontest.Record{Run: id, Experiment: 1, Repeat: repeat, Store: store, Phase: "load", Op: "set", Ops: 1, Throughput: value})
			if repeat < 2 {
				for _, op := range []string{"get", "list", "delete", "create"} {
					records = append(records, comparisontest.Record{Run: id, Phase: "load", Op: op, Ops: 1, Throughput: value})
				}
			}
		}
	}
	c := comparisontest.Compare(t, records)
	all, err := c.By([]string{"store"}, "")
	if err != nil {
		t.Fatal(err)
	}
	judged := comparison.Judge(all)
	few := 0
	for _, row := range all[0].Tables[0].Rows {
		cell := row.Cells[1]
		if cell.Verdict == comparison.TooFew {
			if few++; !math.IsNaN(cell.Adjusted) {
				t.Errorf("%s: p is corrected to %g", row.Name, cell.Adjusted)
			}
		}
		if row.Op == "set" && cell.Verdict != comparison.Better {
			t.Errorf("set: %s, p %g", cell.Verdict, cell.Adjusted)
		}
	}
	if few != 4 || judged == 0 {
		t.Errorf("%d of too few repeats, %d judged", few, judged)
	}
}
