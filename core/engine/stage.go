package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

// stages executes all phases, and the rates that those try which search, and
// returns the number of samples.
func (e *engine) stages(ctx context.Context) (total int64, err error) {
	rings := make([]*ring, 0, e.Threads+len(e.watchers))
	for _, w := range e.workers {
		rings = append(rings, w.samples)
	}
	for _, w := range e.watchers {
		rings = append(rings, w.samples)
	}
	encoder := newEncoder(rings, e.outbox)
	verifier := &verifier{engine: e}
	var searching *search
	for i, stage := range e.Load.Stages() {
		phase := stage.Phase
		if phase.Until != nil {
			if stage.Try == 1 {
				searching = newSearch(phase)
			}
			if phase, err = e.searched(searching, i, stage); err != nil {
				return total, err
			}
			if phase.Name == "" { // not worth trying
				continue
			}
			encoder.observe = searching.observe
		}
		if phase.Rate > 0 {
			if err := e.outbox.Put(protocol.Offered(i, e.offered(phase, stage, searching))); err != nil {
				return total, err
			}
		}
		ended, err := e.phase(ctx, i, stage, phase, encoder)
		encoder.observe = nil
		if err != nil {
			return total, err
		}
		total += ended.samples
		if ctx.Err() != nil {
			return total, nil
		}
		if stage.Until != nil {
			if err := e.judge(searching, stage, phase, ended); err != nil {
				return total, err
			}
		}
		if err := verifier.verified(ctx, i, phase); err != nil {
			return total, err
		}
	}
	return total, nil
}

// offered says what is to arrive in a phase, and for one that is executed at the
// rate that its search came to, whether that keeps the bound.
func (e *engine) offered(phase load.Phase, stage load.Stage, s *search) record.Offered {
	o := record.Offered{Rate: phase.Offered(e.Threads)}
	switch {
	case stage.Until == nil || stage.Try > 0:
	case s.kept > 0:
		o.Bound = record.BoundKept
	default:
		o.Bound = record.BoundBroken
	}
	return o
}

// searched returns the phase at the rate that its search comes to next, or one
// without a name for a try that is left out.
func (e *engine) searched(s *search, index int, stage load.Stage) (load.Phase, error) {
	now := time.Since(e.zero)
	if stage.Try > 0 {
		rate, worth := s.next()
		if !worth {
			return load.Phase{}, e.outbox.Put(protocol.PhaseEnded(index, now, 0, 0))
		}
		s.begin()
		return stage.At(rate), nil
	}
	rate, text := s.result()
	if s.kept == 0 {
		e.doubts = append(e.doubts, stage.Name+": "+text)
	}
	s.begin()
	return stage.At(rate), e.outbox.Put(protocol.Incident(now, driver.Incident{Kind: SearchEnded, Detail: text}))
}

// judge says what a rate that was tried came to, and whether the phase itself
// kept its bound too, at the rate that was found.
func (e *engine) judge(s *search, stage load.Stage, phase load.Phase, ended ending) error {
	found := s.kept > 0
	kept, text := s.end(phase.Rate, ended.unstarted)
	if stage.Try > 0 {
		if f := ended.failed.first(); f != nil && !kept {
			text += fmt.Sprintf("; the first that failed said %s", f)
		}
		return e.outbox.Put(protocol.Incident(ended.at, driver.Incident{Kind: SearchTried, Detail: text}))
	}
	if s.few {
		e.doubts = append(e.doubts, fmt.Sprintf("%s: some rates were tried with fewer operations than %s needs; what was held against the bound there is the greatest latency: try each rate for longer", stage.Name, stage.Until.Of))
	}
	if found && !kept {
		e.doubts = append(e.doubts, fmt.Sprintf("%s: when it was measured at the rate that the search had found, %s was not kept (%s)", stage.Name, stage.Until, text))
	}
	return nil
}
