package driver

import (
	"time"

	"github.com/benchctl/benchctl/core/driver/driverpb"
)

// The events of a run as they are sent. Times count from the run's zero.

func startedEvent(zero time.Time, version string) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Started{Started: &driverpb.Started{
		WallUnixNs: zero.UnixNano(), StoreVersion: version,
	}}}
}

func phaseStartedEvent(phase int, at time.Duration) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_PhaseStarted{PhaseStarted: &driverpb.PhaseStarted{
		Phase: int32(phase), AtNs: int64(at),
	}}}
}

func phaseEndedEvent(phase int, ended *driverpb.PhaseEnded) *driverpb.RunEvent {
	ended.Phase = int32(phase)
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_PhaseEnded{PhaseEnded: ended}}
}

func verdictEvent(phase int, v Verdict) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Verdict{Verdict: &driverpb.Verdict{
		Phase: int32(phase), Property: v.Property, Result: string(v.Result), Checked: v.Checked, Detail: v.Detail, History: v.History,
	}}}
}

func searchEvent(at int64, kind IncidentKind, detail string) *driverpb.RunEvent {
	return &driverpb.RunEvent{Event: &driverpb.RunEvent_Incident{Incident: &driverpb.Incident{AtNs: at, Kind: string(kind), Detail: detail}}}
}
