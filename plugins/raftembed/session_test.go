package raftembed

import (
	"context"
	"errors"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/plugins/raftembed/internal/raftstore"
)

func TestErrorsOfTheStoreAreClassed(t *testing.T) {
	cases := map[string]struct {
		err   error
		class sample.Status
		text  string
	}{
		"exists":      {&raftstore.Error{Class: raftstore.Exists}, sample.Exists, "exists"},
		"not found":   {&raftstore.Error{Class: raftstore.NotFound}, sample.NotFound, "not-found"},
		"conflict":    {&raftstore.Error{Class: raftstore.Conflict}, sample.Conflict, "conflict"},
		"timeout":     {&raftstore.Error{Class: raftstore.Timeout, Detail: "no answer in time"}, sample.Timeout, "timeout: raftembed: no answer in time"},
		"unavailable": {&raftstore.Error{Class: raftstore.Unavailable, Detail: "there is no leader"}, sample.Unavailable, "unavailable: raftembed: there is no leader"},
		"malformed":   {&raftstore.Error{Class: raftstore.Malformed, Detail: "malformed command"}, sample.Other, "other: raftembed: malformed command"},
		"not known":   {&raftstore.Error{Class: 77}, sample.Unavailable, "unavailable: raftembed: class 77"},
		"a wait's":    {context.DeadlineExceeded, sample.Timeout, "context deadline exceeded"},
	}
	for name, c := range cases {
		err := classed(c.err)
		if got := driver.Classify(err); got != c.class || err.Error() != c.text {
			t.Errorf("%s: %v, %q; want %v, %q", name, got, err, c.class, c.text)
		}
	}
	if err := classed(nil); err != nil {
		t.Errorf("of none: %v", err)
	}
	if !errors.Is(classed(context.Canceled), context.Canceled) {
		t.Error("the end of a context is lost")
	}
}
