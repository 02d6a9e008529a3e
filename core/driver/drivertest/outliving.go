package drivertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

// OutlivesNode checks that a session which waits for keys goes on to wait at
// another node when its own is killed. It needs a fresh store, and another
// session at a node that stays.
func OutlivesNode(t *testing.T, waiter driver.Awaiter, other driver.Session, kill func(context.Context) error) {
	t.Helper()
	const settles = 300 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := other.Create(ctx, []byte("/there"), nil); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- errors.Join(waiter.AwaitPresent(ctx, []byte("/a")), waiter.AwaitAbsent(ctx, []byte("/there")))
	}()
	time.Sleep(settles)
	if err := kill(ctx); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func() error{
		func() error { return other.Create(ctx, []byte("/a"), nil) },
		func() error { return other.Delete(ctx, []byte("/there")) },
	} {
		select {
		case err := <-ended:
			t.Fatalf("a wait ended too early: %v", err)
		case <-time.After(settles):
		}
		// Until there is a leader again; a lost answer may have been a success.
		for err := change(); err != nil && !errors.Is(err, driver.ErrNotFound) && !errors.Is(err, driver.ErrExists); err = change() {
			if ctx.Err() != nil {
				t.Fatal(err)
			}
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
