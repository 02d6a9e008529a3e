package driver

import (
	"slices"

	"github.com/benchctl/benchctl/core/sample"
)

// Capability is something that a driver may or may not be able to do: each is
// an optional interface.
type Capability = sample.Capability

// The capabilities. All but the last are of sessions.
const (
	CapabilityPut                 = sample.CapabilityPut
	CapabilityCreateEphemeral     = sample.CapabilityCreateEphemeral
	CapabilityCreateSequential    = sample.CapabilityCreateSequential
	CapabilityCompareAndSet       = sample.CapabilityCompareAndSet
	CapabilityWatch               = sample.CapabilityWatch
	CapabilitySync                = Capability("sync")
	CapabilityEphemeralSequential = sample.CapabilityEphemeralSequential
	CapabilityTransaction         = sample.CapabilityTransaction
	CapabilityAwait               = sample.CapabilityAwait
	CapabilityAbandon             = sample.CapabilityAbandon
	CapabilityProvision           = Capability("provision")
)

// ofSessions tells of each capability whether a session has it.
var ofSessions = []struct {
	capability Capability
	has        func(Session) bool
}{
	{CapabilityPut, is[Putter]},
	{CapabilityCreateEphemeral, is[EphemeralCreator]},
	{CapabilityCreateSequential, is[SequentialCreator]},
	{CapabilityCompareAndSet, is[CompareAndSetter]},
	{CapabilityWatch, is[Watcher]},
	{CapabilitySync, is[Syncer]},
	{CapabilityEphemeralSequential, is[EphemeralSequentialCreator]},
	{CapabilityTransaction, is[Transactor]},
	{CapabilityAwait, is[Awaiter]},
	{CapabilityAbandon, is[Abandoner]},
}

func is[Optional any](s Session) bool {
	_, ok := s.(Optional)
	return ok
}

// CapabilitiesOf returns what a session can do beside the operations of every
// session. A nil pointer of the session's type will do.
func CapabilitiesOf(s Session) []Capability {
	var capabilities []Capability
	for _, of := range ofSessions {
		if of.has(s) {
			capabilities = append(capabilities, of.capability)
		}
	}
	return capabilities
}

// Can reports whether a session can execute an operation.
func Can(s Session, op sample.Op) bool {
	has := CapabilitiesOf(s)
	return !slices.ContainsFunc(op.Needs(), func(c Capability) bool { return !slices.Contains(has, c) })
}
