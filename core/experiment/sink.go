package experiment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// sink takes what the load of a run produces, archives it and looks at it for
// what weakens the figures.
type sink struct {
	run      Run
	stages   []load.Stage
	writer   RunWriter
	observer RunObserver
	journal  *journal
	losses   *losses
	sample   func(ctx context.Context, zero time.Time, report func(record.NodeSecond))

	asked      time.Time // for the run
	around     around
	sampling   sampling
	trend      trend            // of the phase under way
	violations []error          // of what the store promises
	failed     []record.Failure // in the phase under way
	empty      []error          // measured phases without one success
}

// Started archives the run's zero, and lets begin what counts from it.
func (s *sink) Started(zero time.Time, storeVersion string) error {
	zero = anchored(zero, s.asked, time.Now())
	if err := s.writer.Started(zero, storeVersion); err != nil {
		return err
	}
	s.journal.begin(zero, s.writer)
	s.losses.started(zero)
	s.sampling.begin(s.writer, func(ctx context.Context, report func(record.NodeSecond)) { s.sample(ctx, zero, report) })
	return nil
}

// PhaseStarted archives the start of a phase.
func (s *sink) PhaseStarted(phase int, at time.Duration) error {
	s.observer.PhaseStarted(s.stages[phase].Phase)
	s.sampling.phase(s.stages[phase].Warmup)
	s.trend.start(at)
	s.failed = nil
	s.losses.phase(s.stages[phase].Name, at)
	s.around.start(at)
	return s.writer.PhaseStarted(phase, at)
}

// Offered archives what is to arrive in a phase.
func (s *sink) Offered(phase int, o record.Offered) error { return s.writer.Offered(phase, o) }

// Chunk archives samples.
func (s *sink) Chunk(header sample.Header, data []byte) error { return s.writer.Chunk(header, data) }

// PhaseEnded archives the end of a phase.
func (s *sink) PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error {
	p := s.stages[phase]
	surroundings, warnings := s.around.end(p.Phase, at)
	if surroundings != nil {
		if err := s.writer.Surroundings(phase, *surroundings); err != nil {
			return err
		}
	}
	if !p.Warmup {
		for _, warning := range warnings {
			s.warnf("%s on %s, %s: %s", p.Name, s.run.Store, count(s.run.Nodes, "node"), warning)
		}
	}
	if unstarted > 0 && !p.Warmup {
		s.warnf("%s on %s: %d arrivals were due and could not be started before the phase ended, %d were: the threads did not keep up with the rate, and latencies count from when each should have started",
			p.Name, s.run, unstarted, samples)
	}
	s.succeeded(p, samples)
	closed := p.Rate == 0 && p.Active == 0 // else how fast it is was decided beforehand
	if !p.Warmup && closed && s.trend.rising(at, samples) {
		s.warnf("%s on %s, %s: still getting faster while it was measured; a longer warm-up shows what it comes to", p.Name, s.run.Store, count(s.run.Nodes, "node"))
	}
	return s.writer.PhaseEnded(phase, at, samples, unstarted)
}

// Failure archives what operations of one kind failed of.
func (s *sink) Failure(phase int, f record.Failure) error {
	s.failed = append(s.failed, f)
	return s.writer.Failure(phase, f)
}

// succeeded looks whether any operation of a phase has. A measured phase without
// one is no result, so the run fails; of a rate that a search tries the search
// says it.
func (s *sink) succeeded(p load.Stage, samples int64) {
	failed := int64(0)
	for _, f := range s.failed {
		failed += f.Count
	}
	if samples > failed || p.Try > 0 {
		return
	}
	text := fmt.Sprintf("%s, phase %s: no operation was executed", s.run, p.Name)
	if failed > 0 {
		text = fmt.Sprintf("%s, phase %s: of %s not one succeeded; the first said %s", s.run, p.Name, format.Count(int(failed), "operation"), firstOf(s.failed))
	}
	if p.Warmup {
		s.warnf("%s", text)
		return
	}
	s.empty = append(s.empty, errors.New(text))
}

// firstOf says how the first of failures was.
func firstOf(failures []record.Failure) string {
	first := failures[0]
	for _, f := range failures {
		if f.First < first.First {
			first = f
		}
	}
	return first.Said()
}

// Progress shows how far the run is.
func (s *sink) Progress(phase int, at time.Duration, ops, failures int64) {
	s.trend.add(at, ops)
	s.observer.Progress(s.stages[phase].Phase, at, ops, failures)
}

// Incident archives what befell a session.
func (s *sink) Incident(at time.Duration, i driver.Incident) error {
	return s.writer.Event(record.Event{At: at, Kind: string(i.Kind), Node: i.Node, Detail: i.Detail})
}

// Verdict archives what came of checking the store. A violation fails the run:
// what does not do what it says is not worth comparing.
func (s *sink) Verdict(phase int, v record.Verdict) error {
	v.Phase = s.stages[phase].Name
	switch v.Result {
	case record.Violated:
		s.violations = append(s.violations, fmt.Errorf("%s, phase %s: %s violated: %s", s.run, v.Phase, v.Property, v.Detail))
	case record.Undecided:
		s.warnf("%s, phase %s: %s could not be decided: %s", s.run, v.Phase, v.Property, v.Detail)
	}
	return s.writer.Verdict(v)
}

// Finished archives what the plugin says at the end.
func (s *sink) Finished(f protocol.Finished) error {
	for _, warning := range f.Warnings {
		s.warnf("%s: %s", s.run, warning)
	}
	return s.writer.Client(f.Client)
}

// failure is why a run fails whose load has come to its end.
func (s *sink) failure() error {
	if len(s.violations) > 0 {
		return s.several(s.violations, "other violation")
	}
	return s.several(s.empty, "other phase")
}

// several sums up errors of one kind in the first of them.
func (s *sink) several(errs []error, other string) error {
	if len(errs) < 2 {
		return errors.Join(errs...)
	}
	return fmt.Errorf("%w; and %s: `benchctl show %d` has all of them", errs[0], count(len(errs)-1, other), s.writer.ID())
}

func (s *sink) warnf(format string, args ...any) {
	_ = s.writer.Warn(fmt.Sprintf(format, args...)) // see RunWriter
}
