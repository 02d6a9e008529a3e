package kinds

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/stats"
	"github.com/benchctl/benchctl/core/workload"
)

// publication is what others measured with the load of a workload.
type publication struct {
	source   string // with what it says of its runs
	workload string
	threads  int
	figure   workload.Figure
	values   []publishedValue
}

type publishedValue struct {
	setup, op string
	value     float64
}

// publications are those whose load a shipped workload has. Figures of other loads do
// not compare: those of dbtester (github.com/etcd-io/dbtester, 2018Q1-02) are of up to
// 1,000 clients on machines of their own, those of Hunt, Konar, Junqueira and Reed
// (USENIX ATC 2010) of 250 clients with 100 requests in flight each.
var publications = []publication{{
	source:   `"Zookeeper vs Etcd" (about 2014): 10 threads; the machine, the versions and the size of a value are not given`,
	workload: "create-set-delete", threads: 10, figure: workload.FigurePerThread,
	values: []publishedValue{
		{"etcd", "create", 0.9}, {"etcd", "set", 1.9}, {"etcd", "delete", 1.9},
		{"ZooKeeper, 1 node", "create", 50}, {"ZooKeeper, 1 node", "set", 110}, {"ZooKeeper, 1 node", "delete", 125},
		{"ZooKeeper, 3 nodes", "create", 5.2}, {"ZooKeeper, 3 nodes", "set", 11}, {"ZooKeeper, 3 nodes", "delete", 10},
	},
}}

// ErrPublished is the kind of error of runs with which no published figure compares.
var ErrPublished = errors.New("published figures")

// withPublished draws what others have published of a figure into its panel, whose
// groups are operations.
func withPublished(f chart.Figure, l *comparison.Workload, of workload.Figure) (chart.Figure, error) {
	var known []string
	drawn := false
	for _, p := range publications {
		known = append(known, fmt.Sprintf("%s of %s with %d threads", called(p.figure), p.workload, p.threads))
		threads := slices.ContainsFunc(l.Runs, func(r *comparison.Run) bool { return r.Threads == p.threads })
		if p.workload != l.Name || p.figure != of || !threads {
			continue
		}
		for i := range f.Panels {
			panel := &f.Panels[i]
			if panel.YLabel != label(l, of) {
				continue
			}
			var references chart.References
			for _, v := range p.values {
				if place := slices.Index(panel.Groups, v.op); place >= 0 {
					references = append(references, chart.Reference{Place: place, At: v.value, Label: v.setup})
				}
			}
			panel.Marks = append(panel.Marks, references)
			panel.Y.Log = panel.Y.Log || farFrom(panel.Marks[0], references)
			drawn = drawn || len(references) > 0
		}
		f.Notes = append(f.Notes, "dashed: published in "+p.source)
	}
	if !drawn {
		return f, fault.Errorf(ErrPublished, "no published figure compares with these runs: there are %s", strings.Join(known, "; "))
	}
	return f, nil
}

// farFrom reports whether published figures lie so far from what was measured that
// they need a logarithmic axis.
func farFrom(bars chart.Mark, references chart.References) bool {
	measured, ok := bars.(chart.Bars)
	if !ok {
		return false
	}
	all := slices.Clone(measured.Estimates)
	for _, r := range references {
		all = append(all, []stats.Estimate{{Value: r.At, N: 1}})
	}
	return apart(all)
}
