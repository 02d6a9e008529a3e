package protocol

import (
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// Sink takes what a run produces, in the order in which it happens. Times count
// from the run's zero. An error stops the run.
type Sink interface {
	Started(zero time.Time, storeVersion string) error
	PhaseStarted(phase int, at time.Duration) error
	Offered(phase int, o record.Offered) error
	Chunk(header sample.Header, data []byte) error
	PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error
	Progress(phase int, at time.Duration, ops, failed int64)
	Incident(at time.Duration, incident driver.Incident) error
	Verdict(phase int, v record.Verdict) error // of which the phase's name is not set
	Finished(f Finished) error
}

// Finished is what a plugin says at the end of a run.
type Finished struct {
	Samples  int64
	Stopped  bool // before its end, because it was asked to
	Client   record.Client
	Warnings []string
}

// Below stand, for each method of a Sink, the event that brings it about.

// Started is the event that fixes the run's zero.
func Started(zero time.Time, storeVersion string) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Started{Started: &driverpb.Started{
		WallUnixNs: zero.UnixNano(), StoreVersion: storeVersion,
	}}}
}

// PhaseStarted is the event of a phase that begins.
func PhaseStarted(phase int, at time.Duration) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_PhaseStarted{PhaseStarted: &driverpb.PhaseStarted{
		Phase: int32(phase), AtNs: int64(at),
	}}}
}

// Offered is the event that says what is to arrive in the phase that comes next.
func Offered(phase int, o record.Offered) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Offered{Offered: &driverpb.Offered{
		Phase: int32(phase), Rate: o.Rate, Bound: string(o.Bound),
	}}}
}

// Chunk is the event that brings samples. The data is not copied.
func Chunk(h sample.Header, data []byte) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Chunk{Chunk: &driverpb.Chunk{
		Phase: int32(h.Phase), Thread: int32(h.Thread), First: h.First, Count: int32(h.Count), Data: data,
	}}}
}

// PhaseEnded is the event that follows the last chunk of a phase.
func PhaseEnded(phase int, at time.Duration, samples, unstarted int64) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_PhaseEnded{PhaseEnded: &driverpb.PhaseEnded{
		Phase: int32(phase), AtNs: int64(at), Samples: samples, Unstarted: unstarted,
	}}}
}

// Progress is the event that says how far a phase is.
func Progress(phase int, at time.Duration, ops, failed int64) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Progress{Progress: &driverpb.Progress{
		Phase: int32(phase), AtNs: int64(at), Ops: ops, Errors: failed,
	}}}
}

// Incident is the event of what befell a session.
func Incident(at time.Duration, i driver.Incident) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Incident{Incident: &driverpb.Incident{
		AtNs: int64(at), Kind: string(i.Kind), Node: i.Node, Detail: i.Detail,
	}}}
}

// Verdict is the event of what came of checking the store.
func Verdict(phase int, v record.Verdict) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Verdict{Verdict: &driverpb.Verdict{
		Phase: int32(phase), Property: v.Property, Result: string(v.Result), Checked: v.Checked, Detail: v.Detail, History: v.History,
	}}}
}

// End is the last event of a run.
func End(f Finished) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Finished{Finished: &driverpb.Finished{
		Samples: f.Samples, Stopped: f.Stopped, CpuSeconds: f.Client.CPUSeconds, Stalls: f.Client.Stalls,
		StalledNs: int64(f.Client.Stalled), SpilledBytes: f.Client.SpilledBytes, Warnings: f.Warnings,
	}}}
}

// Hand calls the method of a sink that an event is for. An event of a kind that
// this version does not know is none.
func Hand(event *driverpb.RunEvent, sink Sink) error {
	switch e := event.Event.(type) {
	case *driverpb.RunEvent_Started:
		return sink.Started(time.Unix(0, e.Started.WallUnixNs), e.Started.StoreVersion)
	case *driverpb.RunEvent_PhaseStarted:
		return sink.PhaseStarted(int(e.PhaseStarted.Phase), time.Duration(e.PhaseStarted.AtNs))
	case *driverpb.RunEvent_Offered:
		return sink.Offered(int(e.Offered.Phase), record.Offered{Rate: e.Offered.Rate, Bound: record.Bound(e.Offered.Bound)})
	case *driverpb.RunEvent_Chunk:
		c := e.Chunk
		return sink.Chunk(sample.Header{Phase: int(c.Phase), Thread: int(c.Thread), First: c.First, Count: int(c.Count)}, c.Data)
	case *driverpb.RunEvent_PhaseEnded:
		return sink.PhaseEnded(int(e.PhaseEnded.Phase), time.Duration(e.PhaseEnded.AtNs), e.PhaseEnded.Samples, e.PhaseEnded.Unstarted)
	case *driverpb.RunEvent_Progress:
		sink.Progress(int(e.Progress.Phase), time.Duration(e.Progress.AtNs), e.Progress.Ops, e.Progress.Errors)
	case *driverpb.RunEvent_Incident:
		return sink.Incident(time.Duration(e.Incident.AtNs), driver.Incident{
			Kind: driver.IncidentKind(e.Incident.Kind), Node: e.Incident.Node, Detail: e.Incident.Detail,
		})
	case *driverpb.RunEvent_Verdict:
		v := e.Verdict
		return sink.Verdict(int(v.Phase), record.Verdict{
			Property: v.Property, Result: record.Result(v.Result), Checked: v.Checked, Detail: v.Detail, History: v.History,
		})
	case *driverpb.RunEvent_Finished:
		f := e.Finished
		return sink.Finished(Finished{
			Samples: f.Samples, Stopped: f.Stopped, Warnings: f.Warnings,
			Client: record.Client{CPUSeconds: f.CpuSeconds, Stalls: f.Stalls, Stalled: time.Duration(f.StalledNs), SpilledBytes: f.SpilledBytes},
		})
	}
	return nil
}
