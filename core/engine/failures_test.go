package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/plugins/memory"
)

// unwilling is the memory store with an answer of a test's own to gets and sets,
// and to creates where it is wanted, each of which has a number, from 1.
type unwilling struct {
	driver.Driver
	answer  func(op sample.Op, number int64) error
	creates bool
}

func (d unwilling) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	opened, err := d.Driver.Open(ctx, setup)
	return &unwillingStore{opened, d.answer, d.creates, [sample.OpCount]atomic.Int64{}}, err
}

type unwillingStore struct {
	driver.Store
	answer  func(op sample.Op, number int64) error
	creates bool
	numbers [sample.OpCount]atomic.Int64
}

func (s *unwillingStore) Session(ctx context.Context, thread int) (driver.Session, error) {
	opened, err := s.Store.Session(ctx, thread)
	return unwillingSession{opened, s}, err
}

type unwillingSession struct {
	driver.Session
	store *unwillingStore
}

func (s unwillingSession) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := s.store.answer(sample.OpGet, s.store.numbers[sample.OpGet].Add(1)); err != nil {
		return nil, err
	}
	return s.Session.Get(ctx, key)
}

// Create may have taken effect although it fails.
func (s unwillingSession) Create(ctx context.Context, key, value []byte) error {
	if !s.store.creates {
		return s.Session.Create(ctx, key, value)
	}
	number := s.store.numbers[sample.OpCreate].Add(1)
	refused := s.store.answer(sample.OpCreate, number)
	if refused != nil && number%2 == 0 {
		return refused
	}
	return errors.Join(refused, s.Session.Create(ctx, key, value))
}

func (s unwillingSession) Set(ctx context.Context, key, value []byte) error {
	if err := s.store.answer(sample.OpSet, s.store.numbers[sample.OpSet].Add(1)); err != nil {
		return err
	}
	return s.Session.Set(ctx, key, value)
}

// failed runs a mix of gets and sets, 20 operations of each of two threads, and
// returns what it failed of and what the plugin warns of.
func failed(t *testing.T, answer func(op sample.Op, number int64) error) ([]record.Failure, []string) {
	t.Helper()
	w := reads(20)
	w.Phases[1].Name, w.Phases[1].Mix = "mixed", []load.Share{{Op: sample.OpGet, Weight: 0.5}, {Op: sample.OpSet, Weight: 0.5}}
	s := new(sink)
	err := drivertest.Serve(t, unwilling{memory.Driver(), answer, false}).Run(t.Context(), protocol.RunRequest{
		Setup: driver.Setup{Nodes: 1, Timeout: time.Second}, Load: w, Threads: 2, Seed: 1,
		KeyPrefix: "/bench", SpillDir: t.TempDir(), StartTimeout: time.Minute,
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return s.failures, s.finished.Warnings
}

func TestWhatOperationsFailOf(t *testing.T) {
	tooLarge := errors.New("request is too large\x1b[31m")
	cases := map[string]struct {
		answer   func(op sample.Op, number int64) error
		want     []record.Failure // Count 0: any
		warnings string
	}{
		"nothing": {func(sample.Op, int64) error { return nil }, nil, ""},
		"one of many": {func(op sample.Op, n int64) error {
			if op == sample.OpSet && n == 3 {
				return driver.Classed(driver.Unavailable, errors.New("no leader"))
			}
			return nil
		}, []record.Failure{{Op: "set", Status: "unavailable", Count: 1, Error: "no leader"}}, ""},
		"an error without a class, of which the first is kept": {func(op sample.Op, n int64) error {
			switch {
			case op == sample.OpGet:
				return nil
			case n == 1:
				return tooLarge
			}
			return fmt.Errorf("another: %d", n)
		}, []record.Failure{{Op: "set", Status: "other", Error: "request is too large [31m"}},
			"set operations none succeeded; the first said other: request is too large [31m"},
		"classes are kept apart": {func(op sample.Op, n int64) error {
			switch {
			case op == sample.OpGet && n == 1:
				return driver.ErrTimeout
			case op == sample.OpGet && n == 2:
				return fmt.Errorf("wait: %w", context.DeadlineExceeded)
			case op == sample.OpGet && n == 3:
				return driver.Classed(driver.Conflict, tooLarge)
			}
			return nil
		}, []record.Failure{{Op: "get", Status: "timeout", Count: 2}, {Op: "get", Status: "conflict", Count: 1, Error: "request is too large [31m"}}, ""},
		"an error that calls itself a success": {func(op sample.Op, n int64) error {
			if op == sample.OpGet && n == 1 {
				return &driver.Error{Err: errors.New("the author forgot the class")}
			}
			return nil
		}, []record.Failure{{Op: "get", Status: "other", Count: 1, Error: "the author forgot the class"}}, ""},
		"everything": {func(sample.Op, int64) error { return tooLarge }, []record.Failure{
			{Op: "get", Status: "other", Error: "request is too large [31m"}, {Op: "set", Status: "other", Error: "request is too large [31m"},
		}, ""}, // a phase without a success is benchctl's to say
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, warnings := failed(t, c.answer)
			for i := range got {
				if got[i].First <= 0 || got[i].Count <= 0 {
					t.Errorf("%+v", got[i])
				}
				if i < len(c.want) && c.want[i].Count == 0 {
					got[i].Count = 0
				}
				if got[i].Status == "timeout" { // which of the two was first is the threads' matter
					got[i].Error = ""
				}
			}
			byName := cmpopts.SortSlices(func(a, b record.Failure) bool { return a.Op+a.Status < b.Op+b.Status })
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(record.Failure{}, "First"), byName); diff != "" {
				t.Error(diff)
			}
			said := strings.Join(warnings, "; ")
			if !strings.Contains(said, c.warnings) || (said == "") != (c.warnings == "") {
				t.Errorf("warnings %q, want %q", said, c.warnings)
			}
		})
	}
}

// What the plugin counts of failures is what is counted of the samples.
func TestFailuresAreOfTheirPhase(t *testing.T) {
	a := archived(t, unwilling{memory.Driver(), func(_ sample.Op, n int64) error {
		if n%3 == 0 {
			return driver.ErrTimeout
		}
		return nil
	}, false}, reads(30), 2)
	failures, err := a.Failures(t.Context(), 1)
	if err != nil || len(failures) != 1 {
		t.Fatalf("%+v, %v", failures, err)
	}
	want := record.Failure{RunID: 1, Phase: "get", Op: "get", Status: "timeout", Count: 20, First: failures[0].First, Error: "timeout"}
	if failures[0] != want {
		t.Errorf("%+v", failures[0])
	}
	if v, err := a.Verify(t.Context(), nil); err != nil || len(v.Problems) > 0 {
		t.Errorf("%v, %v", v.Problems, err)
	}
}

// A driver whose watch ends before it should leaves what came before in the
// figures, and the verdict says why the rest is missing.
func TestAWatchThatTheDriverEnds(t *testing.T) {
	t.Parallel()
	w := reads(50)
	w.Phases[1] = load.Phase{Name: "set", Mix: []load.Share{{Op: sample.OpSet, Weight: 1}}, Ops: 50, Watchers: 1}
	s := new(sink)
	err := drivertest.Serve(t, shortSighted{memory.Driver()}).Run(t.Context(), protocol.RunRequest{
		Setup: driver.Setup{Nodes: 1, Timeout: time.Second}, Load: w, Threads: 1, Seed: 1,
		KeyPrefix: "/bench", SpillDir: t.TempDir(), StartTimeout: time.Minute,
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	verdict := s.verdicts[1]["watch"]
	if verdict.Result != record.Violated || !strings.HasSuffix(verdict.Detail, "50 were acknowledged: the store or its driver ended the watch") {
		t.Errorf("%+v", verdict)
	}
	if s.samples != 1000+50+10 {
		t.Errorf("%d samples", s.samples)
	}
}

// shortSighted is the memory store with a watch that ends after ten changes.
type shortSighted struct{ driver.Driver }

func (d shortSighted) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	opened, err := d.Driver.Open(ctx, setup)
	return &shortSightedStore{Store: opened, changes: make(chan driver.WatchEvent, 10)}, err
}

type shortSightedStore struct {
	driver.Store
	told    int // by the one thread
	changes chan driver.WatchEvent
}

func (s *shortSightedStore) Session(ctx context.Context, thread int) (driver.Session, error) {
	opened, err := s.Store.Session(ctx, thread)
	return shortSightedSession{opened, s}, err
}

type shortSightedSession struct {
	driver.Session
	store *shortSightedStore
}

func (s shortSightedSession) Watch(context.Context, []byte) (<-chan driver.WatchEvent, error) {
	return s.store.changes, nil
}

func (s shortSightedSession) Set(ctx context.Context, key, value []byte) error {
	err := s.Session.Set(ctx, key, value)
	if s.store.told++; s.store.told <= 10 {
		s.store.changes <- driver.WatchEvent{Type: driver.Changed, Key: string(key), Value: bytes.Clone(value)}
	}
	if s.store.told == 10 {
		close(s.store.changes)
	}
	return err
}

// A store that does not answer while keys are made that all threads share has
// broken no promise: they may be there or not.
func TestKeysThatCouldNotBeMadeAreNoViolation(t *testing.T) {
	for name, class := range map[string]error{"timeout": driver.ErrTimeout, "unavailable": driver.ErrUnavailable, "refused": errors.New("no space")} {
		answer := func(op sample.Op, number int64) error {
			if op == sample.OpCreate && number <= 10 {
				return class
			}
			return nil
		}
		s := new(sink)
		err := drivertest.Serve(t, unwilling{memory.Driver(), answer, true}).Run(t.Context(), protocol.RunRequest{
			Setup: driver.Setup{Nodes: 1, Timeout: time.Second}, Load: reads(20), Threads: 2, Seed: 1, Verify: load.VerifyReadBack,
			KeyPrefix: "/bench", SpillDir: t.TempDir(), StartTimeout: time.Minute,
		}, s)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.verdicts) == 0 {
			t.Errorf("%s: nothing was verified", name)
		}
		for _, verdicts := range s.verdicts {
			for _, v := range verdicts {
				if v.Result != record.Held {
					t.Errorf("%s: %+v", name, v)
				}
			}
		}
		if got := strings.Join(s.finished.Warnings, "\n"); !strings.Contains(got, "10 could not be created, so operations on them may find nothing") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
