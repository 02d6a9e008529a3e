package sample

import "slices"

// Origin says who executes an operation, and so has its sample.
type Origin uint8

// The origins.
const (
	FromMix     Origin = iota // a thread, which chooses it from its phase's mix
	FromRecipe                // a thread, as part of an operation that it has chosen
	FromWatcher               // a session that watches beside the threads
)

// Origin returns who executes the operation.
func (o Op) Origin() Origin { return o.row().origin }

// Instead says of an operation that is not chosen from a mix what brings it
// about; it is empty for those that are.
func (o Op) Instead() string { return o.row().instead }

// Alone says why the operation has to be alone in its mix, with all threads
// active and in a closed loop; it is empty for those that need not be.
func (o Op) Alone() string { return o.row().alone }

// Shares says what the operation does that needs a shared key space; it is empty
// for those that go with any.
func (o Op) Shares() string { return o.row().shares }

// Target is what an operation is asked to work on.
type Target uint8

// The targets.
const (
	TargetNone        Target = iota
	TargetNewKey             // one that the thread has not used yet
	TargetKey                // one of those that exist
	TargetAnyKey             // one of those that exist if threads share them, else a new one
	TargetOldestKey          // of those that the thread has created
	TargetSeveralKeys        // of those that exist, all different
	TargetFolder             // whose keys are listed
	TargetPrefix             // of a key that the store numbers
	TargetLock               // one of the locks that threads share
	TargetClient             // the key of one that dies
	TargetElection           // one for all threads
	TargetBarrier            // one for all threads, for each round
)

// Target returns what the operation is asked to work on.
func (o Op) Target() Target { return o.row().target }

// Several reports whether the operation works on several keys at once.
func (o Op) Several() bool { return o.row().target == TargetSeveralKeys }

// Presence is what must be the case of an operation's key for it to succeed.
type Presence uint8

// The presences.
const (
	KeyEither  Presence = iota // it succeeds either way, or has no key
	KeyAbsent                  // else it fails as Exists
	KeyPresent                 // else it fails as NotFound
)

// Requires returns what must be the case of the operation's key.
func (o Op) Requires() Presence { return o.row().requires }

// Effect is what an operation that has succeeded leaves behind of its key.
type Effect uint8

// The effects.
const (
	EffectNone   Effect = iota // all is as before, in the end
	EffectCreate               // a key that was not there
	EffectWrite                // another value, of a key that was there or not
	EffectDelete               // no key
)

// Effect returns what the operation leaves behind when it has succeeded.
func (o Op) Effect() Effect { return o.row().effect }

// TakesValue reports whether the operation writes a value, or one to each of
// its keys.
func (o Op) TakesValue() bool { return o.row().value }

// Reads reports whether the operation finds the value of its key. One that also
// writes does so only if the key still has that value.
func (o Op) Reads() bool { return o.row().reads }

// Recipe reports whether the operation is made of several requests, which
// record samples of their own.
func (o Op) Recipe() bool { return o.row().recipe }

// Ephemeral reports whether the key that the operation creates goes with the
// session.
func (o Op) Ephemeral() bool { return o.row().ephemeral }

// Numbered reports whether the store numbers the key that the operation creates.
func (o Op) Numbered() bool { return o.row().numbered }

// Capability is what a driver's session may be able to do beyond creating,
// setting, getting, deleting and listing keys.
type Capability string

// The capabilities that operations need.
const (
	CapabilityPut                 Capability = "put"
	CapabilityCreateEphemeral     Capability = "create-ephemeral"
	CapabilityCreateSequential    Capability = "create-sequential"
	CapabilityEphemeralSequential Capability = "ephemeral-sequential"
	CapabilityCompareAndSet       Capability = "compare-and-set"
	CapabilityTransaction         Capability = "transaction"
	CapabilityWatch               Capability = "watch"
	CapabilityAwait               Capability = "await"
	CapabilityAbandon             Capability = "abandon"
)

// Needs returns the capabilities that a session must have to execute the
// operation.
func (o Op) Needs() []Capability { return slices.Clone(o.row().needs) }
