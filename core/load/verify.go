package load

// Verify says how much of what a store acknowledges is checked in a run.
type Verify string

// How much may be checked. Each has all that the one before it has.
const (
	VerifyNone         Verify = "none"
	VerifyReadBack     Verify = "read-back"    // after each phase, what was written is counted and a choice of it read
	VerifyLinearizable Verify = "linearizable" // the operations on a choice of keys are checked as a history
)

// Verifications lists them.
var Verifications = []Verify{VerifyNone, VerifyReadBack, VerifyLinearizable}
