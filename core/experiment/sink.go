package experiment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
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
	sample   func(ctx context.Context, zero time.Time, report func(record.NodeSecond))

	sampling   sampling
	trend      trend   // of the phase under way
	violations []error // of what the store promises
}

// Started archives the run's zero, and lets begin what counts from it.
func (s *sink) Started(zero time.Time, storeVersion string) error {
	if err := s.writer.Started(zero, storeVersion); err != nil {
		return err
	}
	s.journal.begin(zero, s.writer)
	s.sampling.begin(s.writer, func(ctx context.Context, report func(record.NodeSecond)) { s.sample(ctx, zero, report) })
	return nil
}

// PhaseStarted archives the start of a phase.
func (s *sink) PhaseStarted(phase int, at time.Duration) error {
	s.observer.PhaseStarted(s.stages[phase].Phase)
	s.sampling.phase(s.stages[phase].Warmup)
	s.trend.start(at)
	return s.writer.PhaseStarted(phase, at)
}

// Offered archives what is to arrive in a phase.
func (s *sink) Offered(phase int, o record.Offered) error { return s.writer.Offered(phase, o) }

// Chunk archives samples.
func (s *sink) Chunk(header sample.Header, data []byte) error { return s.writer.Chunk(header, data) }

// PhaseEnded archives the end of a phase.
func (s *sink) PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error {
	p := s.stages[phase]
	if unstarted > 0 && !p.Warmup {
		s.warnf("%s on %s: %d arrivals were due and could not be started before the phase ended, %d were: the threads did not keep up with the rate, and latencies count from when each should have started",
			p.Name, s.run, unstarted, samples)
	}
	closed := p.Rate == 0 && p.Active == 0 // else how fast it is was decided beforehand
	if !p.Warmup && closed && s.trend.rising(at, samples) {
		s.warnf("%s on %s, %s: still getting faster while it was measured; a longer warm-up shows what it comes to", p.Name, s.run.Store, count(s.run.Nodes, "node"))
	}
	return s.writer.PhaseEnded(phase, at, samples, unstarted)
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

// violated sums up what the store did not keep.
func (s *sink) violated() error {
	if len(s.violations) < 2 {
		return errors.Join(s.violations...)
	}
	return fmt.Errorf("%w; and %s: `benchctl show` has all of them", s.violations[0], count(len(s.violations)-1, "other violation"))
}

func (s *sink) warnf(format string, args ...any) {
	_ = s.writer.Warn(fmt.Sprintf(format, args...)) // see RunWriter
}
