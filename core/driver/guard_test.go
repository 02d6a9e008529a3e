package driver_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

func TestGuardEndsWhatTakesTooLong(t *testing.T) {
	g := driver.NewGuard(20*time.Millisecond, nil)
	defer g.Release()
	for range 3 {
		ctx := g.Begin(t.Context())
		<-ctx.Done()
		if err := g.End(); !errors.Is(err, driver.ErrTimeout) {
			t.Fatalf("it took too long, and ended with %v", err)
		}
		ctx = g.Begin(t.Context())
		if err := ctx.Err(); err != nil {
			t.Fatalf("the next operation begins under a context that has ended: %v", err)
		}
		if err := g.End(); err != nil {
			t.Fatalf("it was in time, and ended with %v", err)
		}
	}
}

func TestGuardPassesTheCallersEndOn(t *testing.T) {
	g := driver.NewGuard(time.Hour, nil)
	defer g.Release()
	given, cancel := context.WithCancel(t.Context())
	ctx := g.Begin(given)
	cancel()
	<-ctx.Done()
	if err := g.End(); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
}

// A client that heeds no context is broken off, and again when that did not help.
func TestGuardBreaksOff(t *testing.T) {
	for name, end := range map[string]func(*driver.Guard, context.Context, context.CancelFunc){
		"too long":  func(*driver.Guard, context.Context, context.CancelFunc) {},
		"cancelled": func(_ *driver.Guard, _ context.Context, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := make(chan bool, 10)
			within := time.Hour
			if name == "too long" {
				within = 20 * time.Millisecond
			}
			g := driver.NewGuard(within, func(again bool) { tries <- again })
			defer g.Release()
			given, cancel := context.WithCancel(t.Context())
			defer cancel()
			end(g, g.Begin(given), cancel)
			if <-tries || !<-tries {
				t.Fatal("it is broken off once more, and told so, only when the first time did not help")
			}
			if err := g.End(); err == nil {
				t.Fatal("it ended without an error")
			}
		})
	}
}

// An operation that has ended is not broken off by the timer of one before it.
func TestGuardLetsTheNextOperationBe(t *testing.T) {
	broken := make(chan bool, 10)
	g := driver.NewGuard(100*time.Millisecond, func(again bool) { broken <- again })
	defer g.Release()
	for until := time.Now().Add(400 * time.Millisecond); time.Now().Before(until); {
		g.Begin(t.Context())
		if err := g.End(); err != nil {
			return // this machine stood still for longer than an operation may take
		}
	}
	select {
	case <-broken:
		t.Fatal("one of many short operations was broken off")
	default:
	}
}

// What breaks an operation off has ended when the next one begins.
func TestGuardBreaksOffNoOperationButItsOwn(t *testing.T) {
	var current, other atomic.Int64 // numbers of operations
	g := driver.NewGuard(time.Millisecond, func(bool) {
		mine := current.Load()
		time.Sleep(100 * time.Microsecond)
		if current.Load() != mine {
			other.Add(1)
		}
	})
	defer g.Release()
	for range 200 {
		current.Add(1)
		<-g.Begin(t.Context()).Done()
		if err := g.End(); !errors.Is(err, driver.ErrTimeout) {
			t.Fatal(err)
		}
	}
	if n := other.Load(); n > 0 {
		t.Errorf("%d operations were met by what was to break off the one before", n)
	}
}

func BenchmarkGuard(b *testing.B) {
	g := driver.NewGuard(time.Second, nil)
	defer g.Release()
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		g.Begin(ctx)
		if err := g.End(); err != nil {
			b.Fatal(err)
		}
	}
}
