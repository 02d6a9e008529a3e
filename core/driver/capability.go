package driver

import (
	"slices"

	"github.com/benchctl/benchctl/core/sample"
)

// Capability is something that a driver may or may not be able to do: each is
// an optional interface.
type Capability string

// The capabilities.
const (
	CapabilityPut                 Capability = "put"
	CapabilityEphemeral           Capability = "ephemeral"
	CapabilitySequential          Capability = "sequential"
	CapabilityCompareAndSet       Capability = "compare-and-set"
	CapabilityWatch               Capability = "watch"
	CapabilitySync                Capability = "sync"
	CapabilityEphemeralSequential Capability = "ephemeral-sequential"
	CapabilityTransaction         Capability = "transaction"
	CapabilityAwait               Capability = "await"
	CapabilityAbandon             Capability = "abandon"
	CapabilityProvision           Capability = "provision" // of the driver; all others are of its sessions
)

// ofSessions tells of each capability whether a session has it.
var ofSessions = []struct {
	capability Capability
	has        func(Session) bool
}{
	{CapabilityPut, is[Putter]},
	{CapabilityEphemeral, is[EphemeralCreator]},
	{CapabilitySequential, is[SequentialCreator]},
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

// needs are the capabilities without which a session cannot execute an
// operation.
var needs = map[sample.Op][]Capability{
	sample.OpPut:              {CapabilityPut},
	sample.OpCreateEphemeral:  {CapabilityEphemeral},
	sample.OpCreateSequential: {CapabilitySequential},
	sample.OpCompareAndSet:    {CapabilityCompareAndSet},
	sample.OpReadModifyWrite:  {CapabilityCompareAndSet},
	sample.OpTransaction:      {CapabilityTransaction},
	sample.OpExpire:           {CapabilityEphemeral, CapabilityAbandon, CapabilityAwait},
	sample.OpWatch:            {CapabilityWatch},
	sample.OpLock:             {CapabilityEphemeralSequential, CapabilityAwait},
	sample.OpUnlock:           {CapabilityEphemeralSequential, CapabilityAwait},
	sample.OpElection:         {CapabilityEphemeralSequential, CapabilityAwait},
	sample.OpBarrierEnter:     {CapabilityEphemeral, CapabilityAwait},
	sample.OpBarrierLeave:     {CapabilityEphemeral, CapabilityAwait},
}

// Can reports whether a session can execute an operation.
func Can(s Session, op sample.Op) bool {
	has := CapabilitiesOf(s)
	return !slices.ContainsFunc(needs[op], func(c Capability) bool { return !slices.Contains(has, c) })
}
