package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/benchctl/benchctl/core/internal/fault"
)

func TestASentenceHasAKind(t *testing.T) {
	kind, other := errors.New("data folder"), errors.New("other")
	err := fmt.Errorf("run 7: %w", fault.Errorf(kind, "look at %s: %w: name another", "/x", fs.ErrNotExist))
	if got, want := err.Error(), "run 7: look at /x: file does not exist: name another"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !errors.Is(err, kind) || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, other) {
		t.Error("the kind or the cause is lost")
	}
}
