package comparison

import (
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/selection"
)

// Contrast is the key by which a reader compares first what varies between the runs
// of the workload: the store, else the nodes, else what else of a setup, else a
// parameter, else the threads. It is empty if nothing varies.
func (l *Workload) Contrast() string {
	var of [5][]string // keys that vary, by rank
	for _, key := range l.Keys {
		if !selection.Varies(l.Runs, key) {
			continue
		}
		rank := 2
		switch {
		case key == "store":
			rank = 0
		case key == "nodes":
			rank = 1
		case strings.HasPrefix(key, selection.ParamPrefix):
			rank = 3
		case key == "threads":
			rank = 4
		}
		of[rank] = append(of[rank], key)
	}
	if all := slices.Concat(of[:]...); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Contrasts compares the sides of each workload by its contrast, and judges the
// differences. A workload in which nothing varies has none.
func (c *Comparison) Contrasts() []*Differences {
	var all []*Differences
	for _, l := range c.Workloads {
		if key := l.Contrast(); key != "" {
			all = append(all, differ(l, sidesBy(l, []string{key}), []string{key}))
		}
	}
	Judge(all)
	return all
}
