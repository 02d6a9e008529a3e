// Package load is what the threads of a run execute: a workload whose parameters
// are bound, its rules, and the operations, keys, values and arrivals that
// follow from it and a seed. It does not run anything, and knows nothing of the
// language that a workload is written in.
package load

import (
	"fmt"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// A Load is a workload with every parameter bound: exactly what the threads of a
// run execute. Its JSON form is what a plugin receives.
type Load struct {
	Name    string  `json:"name"`
	Version int     `json:"version"`
	Keys    Keys    `json:"keys"`
	Values  Values  `json:"values"`
	Phases  []Phase `json:"phases"`
}

// Ops returns the operations that the load asks for, in the order of their
// numbers: those of the mixes, and watch where there are watchers.
func (l *Load) Ops() []sample.Op {
	var ops []sample.Op
	for _, phase := range l.Phases {
		for _, share := range phase.Mix {
			if !slices.Contains(ops, share.Op) {
				ops = append(ops, share.Op)
			}
		}
	}
	if slices.ContainsFunc(l.Phases, func(p Phase) bool { return p.Watchers > 0 }) {
		ops = append(ops, sample.OpWatch)
	}
	slices.Sort(ops)
	return ops
}

// Watchers returns how many watchers the load needs beside its threads.
func (l *Load) Watchers() int {
	most := 0
	for _, phase := range l.Phases {
		most = max(most, phase.Watchers)
	}
	return most
}

// Duration returns how long the phases that are bounded by time last together,
// and whether there are others. A search lasts as long as all the rates that
// it tries.
func (l *Load) Duration() (total time.Duration, others bool) {
	for _, phase := range l.Phases {
		if phase.Searches() {
			total += phase.For * time.Duration(phase.Steps-1)
		}
		total += phase.For
		others = others || phase.For == 0
	}
	return total, others
}

// Validate checks a load that came from elsewhere, by the rules of the
// language.
func (l *Load) Validate() error {
	if broken := l.Keys.Breach(); broken != nil {
		return fmt.Errorf("keys: %w", broken)
	}
	if broken := l.Values.Breach(); broken != nil {
		return fmt.Errorf("values: %w", broken)
	}
	if len(l.Phases) == 0 || len(l.Phases) > MaxPhases {
		return fmt.Errorf("%d phases: there must be 1 to %d", len(l.Phases), MaxPhases)
	}
	for _, phase := range l.Phases {
		if broken := phase.Breach(l); broken != nil {
			return fmt.Errorf("phase %s: %w", phase.Name, broken)
		}
	}
	return nil
}
