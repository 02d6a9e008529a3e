package load

import (
	"cmp"
	"time"

	"github.com/benchctl/benchctl/core/sample"
)

// Phase is a part of a load. Exactly one of For, Ops and Fill ends it.
type Phase struct {
	Name   string        `json:"name"`
	Warmup bool          `json:"warmup,omitempty"`
	Mix    []Share       `json:"mix"`
	For    time.Duration `json:"for_ns,omitempty"` // ends after this time
	Ops    int64         `json:"ops,omitempty"`    // ends after so many operations of each thread
	Fill   bool          `json:"fill,omitempty"`   // ends when every key of the shared space was created

	// A closed loop pauses for Think between two operations of a thread. With a
	// Rate the loop is open: operations start when they arrive.
	Think    time.Duration `json:"think_ns,omitempty"`
	Rate     float64       `json:"rate,omitempty"`    // arrivals a second
	RateTo   float64       `json:"rate_to,omitempty"` // at the phase's end
	Per      Per           `json:"per,omitempty"`
	Arrivals Process       `json:"arrivals,omitempty"`
	Steps    int           `json:"steps,omitempty"`     // of ramps, or rates that a search tries
	Active   int           `json:"active,omitempty"`    // threads; 0: all
	ActiveTo int           `json:"active_to,omitempty"` // at the phase's end
	Until    *Bound        `json:"until,omitempty"`     // search for the highest rate that keeps it

	KeysPerTransaction int `json:"keys_per_transaction,omitempty"` // of its transactions, if it has any
	Watchers           int `json:"watchers,omitempty"`             // sessions that watch the shared keys meanwhile
}

// Breach returns the first rule that the phase of a load does not keep, if there
// is one.
func (p Phase) Breach(l *Load) *Breach {
	ends := 0
	for _, is := range []bool{p.For != 0, p.Ops != 0, p.Fill} {
		if is {
			ends++
		}
	}
	space := l.Keys.Space
	shared, transactions := space == SpaceShared, p.Transacts()
	return cmp.Or(
		within("keys-per-transaction", p.KeysPerTransaction, Limits.KeysPerTransaction),
		within("watchers", p.Watchers, Limits.Watchers),
		rule(ends == 1 && p.For >= 0 && p.Ops >= 0, "", "exactly one of for, ops and fill must end it"),
		breachOfMix(p.Mix),
		p.breachOfPace(),
		rule(!p.Fill || shared, "", "fill creates the keys of a shared space, and this workload's space is %s", space),
		rule(!p.Fill || len(p.Mix) == 1 && p.Mix[0].Op == sample.OpCreate, "mix", "fill only creates keys: its mix can only be {create: 1}"),
		p.breachOfOps(space),
		rule(shared || p.Watchers == 0, "watchers", "watchers watch the keys that threads share: they need space: shared"),
		rule(transactions || p.KeysPerTransaction == 0, "keys-per-transaction", "keys-per-transaction belongs to a mix with transaction: add it to the mix, or take keys-per-transaction away"),
		rule(!transactions || p.KeysPerTransaction != 0, "mix", "a transaction needs keys-per-transaction"),
		rule(!transactions || !shared || p.KeysPerTransaction <= l.Keys.Count, "keys-per-transaction", "a transaction of %d keys does not fit into a shared space of %d: raise count", p.KeysPerTransaction, l.Keys.Count),
		rule(!transactions || int64(p.KeysPerTransaction*l.Values.Largest()) <= Limits.Size.Most, "keys-per-transaction", "the values of a transaction of %d keys may have %d bytes together, which is more than %d: make them smaller or fewer", p.KeysPerTransaction, p.KeysPerTransaction*l.Values.Largest(), Limits.Size.Most),
	)
}
