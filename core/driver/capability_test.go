package driver

import (
	"slices"
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

// What an operation needs is a capability that sessions can be asked for.
func TestEveryCapabilityThatOperationsNeedIsKnown(t *testing.T) {
	known := []Capability{CapabilityProvision}
	for _, of := range ofSessions {
		known = append(known, of.capability)
	}
	for _, op := range sample.Ops() {
		for _, c := range op.Needs() {
			if !slices.Contains(known, c) {
				t.Errorf("%s needs %s, which no session is asked for", op, c)
			}
		}
	}
}
