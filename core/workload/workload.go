// Package workload is the language in which a load is written: it parses and
// validates definitions, gives each a canonical form and hash, binds their
// parameters, and generates the operations and keys of every thread from a
// seed. It does not run anything.
package workload

import (
	"errors"
	"fmt"
	"math"
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

// Space says who owns the keys.
type Space string

// The key spaces.
const (
	SpaceThread Space = "thread" // each thread works on keys of its own
	SpaceShared Space = "shared" // all threads work on the same Count keys
)

// Choice says how an operation picks among the keys that exist.
type Choice string

// The choices.
const (
	ChooseSequential Choice = "sequential"
	ChooseUniform    Choice = "uniform"
)

// Keys describes the keys of a workload.
type Keys struct {
	Space  Space  `json:"space"`
	Choose Choice `json:"choose"`
	Count  int    `json:"count,omitempty"` // keys of a shared space
}

// Values describes the values that are written.
type Values struct {
	Size int `json:"size"` // bytes
}

// Phase is a part of a workload. Exactly one of For, Ops and Fill ends it.
type Phase struct {
	Name   string        `json:"name"`
	Warmup bool          `json:"warmup,omitempty"`
	Mix    []Share       `json:"mix"`
	For    time.Duration `json:"for_ns,omitempty"` // ends after this time
	Ops    int64         `json:"ops,omitempty"`    // ends after so many operations of each thread
	Fill   bool          `json:"fill,omitempty"`   // ends when every key of the shared space was created
}

// Share is an operation's part in a phase's mix.
type Share struct {
	Op     sample.Op `json:"op"`
	Weight float64   `json:"weight"` // share of the phase's operations, all shares sum to 1
}

// Limits of a workload. They keep a slip of the finger from filling memory.
const (
	maxValueSize = 16 << 20
	maxKeys      = 100_000_000
	maxPhases    = 100
)

// Ops returns the operations that the workload asks for, in the order of their
// numbers.
func (w *Workload) Ops() []sample.Op {
	var ops []sample.Op
	for _, phase := range w.Phases {
		for _, share := range phase.Mix {
			if !slices.Contains(ops, share.Op) {
				ops = append(ops, share.Op)
			}
		}
	}
	slices.Sort(ops)
	return ops
}

// Duration returns how long the phases that are bounded by time last together,
// and whether there are others.
func (w *Workload) Duration() (total time.Duration, others bool) {
	for _, phase := range w.Phases {
		total += phase.For
		others = others || phase.For == 0
	}
	return total, others
}

// Validate checks a workload that came from elsewhere.
func (w *Workload) Validate() error {
	switch {
	case w.Keys.Space != SpaceThread && w.Keys.Space != SpaceShared:
		return fmt.Errorf("key space %q is neither %s nor %s", w.Keys.Space, SpaceThread, SpaceShared)
	case w.Keys.Choose != ChooseSequential && w.Keys.Choose != ChooseUniform:
		return fmt.Errorf("choice of keys %q is neither %s nor %s", w.Keys.Choose, ChooseSequential, ChooseUniform)
	case w.Keys.Space == SpaceShared && (w.Keys.Count < 1 || w.Keys.Count > maxKeys):
		return fmt.Errorf("a shared space needs a count of 1 to %d keys, not %d", maxKeys, w.Keys.Count)
	case w.Values.Size < 0 || w.Values.Size > maxValueSize:
		return fmt.Errorf("value size %d is not within 0 to %d bytes", w.Values.Size, maxValueSize)
	case len(w.Phases) == 0 || len(w.Phases) > maxPhases:
		return fmt.Errorf("%d phases: there must be 1 to %d", len(w.Phases), maxPhases)
	}
	for _, phase := range w.Phases {
		if err := phase.validate(w.Keys.Space); err != nil {
			return fmt.Errorf("phase %s: %w", phase.Name, err)
		}
	}
	return nil
}

func (p Phase) validate(space Space) error {
	ends := 0
	for _, is := range []bool{p.For > 0, p.Ops > 0, p.Fill} {
		if is {
			ends++
		}
	}
	if ends != 1 || p.For < 0 || p.Ops < 0 {
		return errors.New("exactly one of for, ops and fill must end it")
	}
	if len(p.Mix) == 0 {
		return errors.New("its mix is empty")
	}
	sum := 0.0
	for _, share := range p.Mix {
		if !slices.Contains(sample.Ops(), share.Op) || !(share.Weight > 0) {
			return fmt.Errorf("its mix gives %s the share %v", share.Op, share.Weight)
		}
		sum += share.Weight
	}
	if math.Abs(sum-1) > 1e-6 {
		return fmt.Errorf("the shares of its mix sum to %v, not 1", sum)
	}
	if p.Fill && (space != SpaceShared || len(p.Mix) != 1 || p.Mix[0].Op != sample.OpCreate) {
		return errors.New("fill creates the keys of a shared space: its mix can only be {create: 1}")
	}
	return nil
}
