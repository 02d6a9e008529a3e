package sample

import "fmt"

// Op is the kind of an operation. The numbers are part of the chunk format:
// one that has been released is never reused.
type Op uint8

// The operations, each with what its latency measures where its name does not
// say it.
const (
	OpCreate           Op = iota + 1 // fails if the key is present
	OpSet                            // fails if the key is absent
	OpPut                            // writes either way
	OpGet                            // reads one key
	OpDelete                         // fails if the key is absent
	OpList                           // the keys below a prefix
	OpCreateEphemeral                // create, bound to the session's life
	OpCreateSequential               // create, under a name the store numbers
	OpCompareAndSet                  // writes if the key still has a version
	OpReadModifyWrite                // reads with the version, then compares and sets; again on conflict
	OpTransaction                    // writes several keys, all or none
	OpOpenSession                    // until the session can be used
	OpCloseSession                   // ends it in order
	OpExpire                         // from a client's death until its ephemeral key is gone
	OpWatch                          // from a change until a watcher has been told
	OpLock                           // until the lock is held
	OpUnlock                         // until it is given back
	OpElection                       // until the thread leads
	OpBarrierEnter                   // until all have entered
	OpBarrierLeave                   // until all have left
)

// operation is what an operation is, whoever executes it and on whichever store.
// What code decides by an operation is a column here, so that a new one is
// whole with its row.
type operation struct {
	name    string
	origin  Origin
	instead string // why it is not chosen from a mix, unless it is
	alone   string // why it has to be alone in its mix, if it has
	shares  string // what it does that needs a shared key space, if it does

	target   Target
	requires Presence
	effect   Effect
	value    bool // it takes one for each of its keys
	reads    bool // it finds the value of its key
	recipe   bool // it is made of several requests, each with a sample

	ephemeral bool // what it creates goes with the session
	numbered  bool // the store numbers what it creates
	needs     []Capability
}

// meets is why an operation of all threads together is alone in its mix.
const meets = "all threads wait for each other at a barrier"

var operations = [...]operation{
	OpCreate: {
		name: "create", target: TargetNewKey, requires: KeyAbsent, effect: EffectCreate, value: true,
	},
	OpSet: {
		name: "set", target: TargetKey, requires: KeyPresent, effect: EffectWrite, value: true,
	},
	OpPut: {
		name: "put", target: TargetAnyKey, effect: EffectWrite, value: true,
		needs: []Capability{CapabilityPut},
	},
	OpGet: {
		name: "get", target: TargetKey, requires: KeyPresent, reads: true,
	},
	OpDelete: {
		name: "delete", target: TargetOldestKey, requires: KeyPresent, effect: EffectDelete,
	},
	OpList: {
		name: "list", target: TargetFolder,
	},
	OpCreateEphemeral: {
		name: "create-ephemeral", target: TargetNewKey, requires: KeyAbsent, effect: EffectCreate, value: true, ephemeral: true,
		needs: []Capability{CapabilityCreateEphemeral},
	},
	OpCreateSequential: {
		name: "create-sequential", target: TargetPrefix, effect: EffectCreate, value: true, numbered: true,
		needs: []Capability{CapabilityCreateSequential},
	},
	OpCompareAndSet: {
		name: "compare-and-set", target: TargetKey, requires: KeyPresent, effect: EffectWrite, value: true, reads: true, recipe: true,
		needs: []Capability{CapabilityCompareAndSet},
	},
	OpReadModifyWrite: {
		name: "read-modify-write", target: TargetKey, requires: KeyPresent, effect: EffectWrite, value: true, reads: true,
		needs: []Capability{CapabilityCompareAndSet},
	},
	OpTransaction: {
		name: "transaction", target: TargetSeveralKeys, requires: KeyPresent, effect: EffectWrite, value: true,
		needs: []Capability{CapabilityTransaction},
	},
	OpOpenSession: {
		name: "open-session", recipe: true,
	},
	OpCloseSession: {
		name: "close-session", origin: FromRecipe, instead: "open-session closes what it has opened",
	},
	OpExpire: {
		name: "expire", target: TargetClient, requires: KeyAbsent, value: true, recipe: true,
		needs: []Capability{CapabilityCreateEphemeral, CapabilityAbandon, CapabilityAwait},
	},
	OpWatch: {
		name: "watch", origin: FromWatcher, instead: "sessions beside the threads watch: give the phase watchers, their number",
		needs: []Capability{CapabilityWatch},
	},
	OpLock: {
		name: "lock", shares: "picks among locks that threads share", target: TargetLock, recipe: true,
		needs: []Capability{CapabilityEphemeralSequential, CapabilityAwait},
	},
	OpUnlock: {
		name: "unlock", origin: FromRecipe, instead: "lock gives back what it holds",
		needs: []Capability{CapabilityEphemeralSequential, CapabilityAwait},
	},
	OpElection: {
		name: "election", target: TargetElection, recipe: true,
		needs: []Capability{CapabilityEphemeralSequential, CapabilityAwait},
	},
	OpBarrierEnter: {
		name: "barrier-enter", alone: meets, target: TargetBarrier, recipe: true,
		needs: []Capability{CapabilityCreateEphemeral, CapabilityAwait},
	},
	OpBarrierLeave: {
		name: "barrier-leave", origin: FromRecipe, instead: "barrier-enter leaves again when all have entered",
		needs: []Capability{CapabilityCreateEphemeral, CapabilityAwait},
	},
}

// OpCount is one more than the greatest number of an operation: the length of a
// table by operation.
const OpCount = len(operations)

// row returns an operation's row, and an empty one for a number that is none.
func (o Op) row() *operation {
	if int(o) < len(operations) {
		return &operations[o]
	}
	return &operations[0]
}

// Ops returns every operation, in the order of its number.
func Ops() []Op {
	ops := make([]Op, 0, len(operations)-1)
	for op := OpCreate; int(op) < len(operations); op++ {
		ops = append(ops, op)
	}
	return ops
}

// Known reports whether the number is that of an operation.
func (o Op) Known() bool { return o.row().name != "" }

// String returns the operation's name, the one used in workload files, tables
// and charts.
func (o Op) String() string {
	if o.Known() {
		return o.row().name
	}
	return fmt.Sprintf("op-%d", uint8(o))
}

// MarshalText writes the name.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads a name.
func (o *Op) UnmarshalText(text []byte) error {
	op, err := ParseOp(string(text))
	*o = op
	return err
}

// ParseOp is the inverse of Op.String.
func ParseOp(name string) (Op, error) {
	for _, op := range Ops() {
		if op.String() == name {
			return op, nil
		}
	}
	return 0, fmt.Errorf("no operation %q", name)
}
