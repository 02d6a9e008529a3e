// Package workload is the language in which a load is written: it parses and
// validates definitions, gives each a canonical form and hash, binds their
// parameters, and generates the operations and keys of every thread from a
// seed. It does not run anything.
package workload

import (
	"fmt"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// A Workload is a definition with every parameter bound: exactly what the
// threads of a run execute. Its JSON form is what a plugin receives.
type Workload struct {
	Name    string  `json:"name"`
	Version int     `json:"version"`
	Keys    Keys    `json:"keys"`
	Values  Values  `json:"values"`
	Phases  []Phase `json:"phases"`
}

// Ops returns the operations that the workload asks for, in the order of their
// numbers: those of the mixes, and watch where there are watchers.
func (w *Workload) Ops() []sample.Op {
	var ops []sample.Op
	for _, phase := range w.Phases {
		for _, share := range phase.Mix {
			if !slices.Contains(ops, share.Op) {
				ops = append(ops, share.Op)
			}
		}
	}
	if slices.ContainsFunc(w.Phases, func(p Phase) bool { return p.Watchers > 0 }) {
		ops = append(ops, sample.OpWatch)
	}
	slices.Sort(ops)
	return ops
}

// Duration returns how long the phases that are bounded by time last together,
// and whether there are others. A search lasts as long as all the rates that
// it tries.
func (w *Workload) Duration() (total time.Duration, others bool) {
	for _, phase := range w.Phases {
		if phase.Searches() {
			total += phase.For * time.Duration(phase.Steps-1)
		}
		total += phase.For
		others = others || phase.For == 0
	}
	return total, others
}

// Validate checks a workload that came from elsewhere, by the rules of the
// language.
func (w *Workload) Validate() error {
	if broken := w.Keys.breach(); broken != nil {
		return fmt.Errorf("keys: %w", broken)
	}
	if broken := w.Values.breach(); broken != nil {
		return fmt.Errorf("values: %w", broken)
	}
	if len(w.Phases) == 0 || len(w.Phases) > maxPhases {
		return fmt.Errorf("%d phases: there must be 1 to %d", len(w.Phases), maxPhases)
	}
	for _, phase := range w.Phases {
		if broken := phase.breach(w); broken != nil {
			return fmt.Errorf("phase %s: %w", phase.Name, broken)
		}
	}
	return nil
}
