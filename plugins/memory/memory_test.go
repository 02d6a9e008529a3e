package memory

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

func open(t *testing.T) driver.Store {
	t.Helper()
	store, err := Driver().Open(t.Context(), driver.Setup{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestConformance(t *testing.T) { drivertest.Run(t, Driver(), driver.Setup{}) }

func TestOperations(t *testing.T) {
	s, err := open(t).Session(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, a, b := t.Context(), []byte("/d/a"), []byte("/d/b")
	value := []byte("one")
	steps := []struct {
		name string
		err  error
		want error
	}{
		{"set absent", s.Set(ctx, a, value), driver.ErrNotFound},
		{"create", s.Create(ctx, a, value), nil},
		{"create present", s.Create(ctx, a, value), driver.ErrExists},
		{"create other", s.Create(ctx, b, value), nil},
		{"set", s.Set(ctx, a, []byte("three")), nil},
		{"delete", s.Delete(ctx, b), nil},
		{"delete absent", s.Delete(ctx, b), driver.ErrNotFound},
	}
	for _, step := range steps {
		if !errors.Is(step.err, step.want) {
			t.Errorf("%s: error %v, want %v", step.name, step.err, step.want)
		}
	}
	copy(value, "xxx") // the caller's slice is its own again
	if got, err := s.Get(ctx, a); string(got) != "three" || err != nil {
		t.Errorf("get: %q, %v", got, err)
	}
	if _, err := s.Get(ctx, b); !errors.Is(err, driver.ErrNotFound) {
		t.Errorf("get absent: %v", err)
	}
	if got, err := s.List(ctx, []byte("/d/")); !slices.Equal(got, []string{"/d/a"}) || err != nil {
		t.Errorf("list: %v, %v", got, err)
	}
}

func TestOneOfManyCreates(t *testing.T) {
	store := open(t)
	var created atomic.Int64
	var group sync.WaitGroup
	for thread := range 8 {
		group.Go(func() {
			s, err := store.Session(t.Context(), thread)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 1000 {
				if s.Create(t.Context(), fmt.Appendf(nil, "/k/%d", i), nil) == nil {
					created.Add(1)
				}
			}
		})
	}
	group.Wait()
	if created.Load() != 1000 {
		t.Errorf("%d of 1000 keys were created once", created.Load())
	}
}

func TestSetups(t *testing.T) {
	for setup, ok := range map[*driver.Setup]bool{
		{Nodes: 1}: true, {Nodes: 3}: false, {Nodes: 1, External: true}: false,
	} {
		if _, err := Driver().Guarantees(t.Context(), *setup); (err == nil) != ok {
			t.Errorf("%+v: %v", *setup, err)
		}
	}
}
