package engine

import (
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

// Every operation that a thread may choose is one request or a recipe.
func TestEveryOperationOfAMixIsExecuted(t *testing.T) {
	for _, op := range sample.Ops() {
		if op.Origin() != sample.FromMix {
			continue
		}
		if one, several := requests[op] != nil, recipes[op] != nil; one == several || several != op.Recipe() {
			t.Errorf("%s: one request %v, several %v", op, one, several)
		}
	}
}
