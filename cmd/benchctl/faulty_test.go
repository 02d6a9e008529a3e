package main

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/raftembed"
)

// faulty is raftembed with sessions that break one of the promises that it
// declares. The story of verification runs one after the other.
type faulty struct {
	driver.Driver
	driver.NodeController
	name string
	wrap func(*faultySession)
}

func newFaulty(name string, wrap func(*faultySession)) driver.Driver {
	sound := raftembed.Driver()
	return faulty{sound, sound.(driver.NodeController), name, wrap}
}

func (d faulty) Info() driver.Info {
	info := d.Driver.Info()
	info.Name, info.Session = d.name, (*faultySession)(nil)
	return info
}

func (d faulty) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	opened, err := d.Driver.Open(ctx, setup)
	return &faultyStore{Store: opened, wrap: d.wrap}, err
}

type faultyStore struct {
	driver.Store
	wrap   func(*faultySession)
	writes atomic.Int64
	before sync.Map // the value that a key had before, by key
}

func (s *faultyStore) Session(ctx context.Context, thread int) (driver.Session, error) {
	opened, err := s.Store.Session(ctx, thread)
	if err != nil {
		return nil, err
	}
	session := &faultySession{Session: opened, store: s, thread: thread}
	session.create, session.set, session.get = opened.Create, opened.Set, opened.Get
	session.number = opened.(driver.SequentialCreator).CreateSequential
	session.watch = opened.(driver.Watcher).Watch
	s.wrap(session)
	return session, nil
}

// faultySession calls functions that a fault may replace.
type faultySession struct {
	driver.Session
	store  *faultyStore
	thread int
	calls  int

	create, set func(ctx context.Context, key, value []byte) error
	get         func(ctx context.Context, key []byte) ([]byte, error)
	number      func(ctx context.Context, prefix, value []byte) (string, error)
	watch       func(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error)
}

func (s *faultySession) Create(ctx context.Context, key, value []byte) error {
	return s.create(ctx, key, value)
}

func (s *faultySession) Set(ctx context.Context, key, value []byte) error {
	return s.set(ctx, key, value)
}

func (s *faultySession) Get(ctx context.Context, key []byte) ([]byte, error) { return s.get(ctx, key) }

func (s *faultySession) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.number(ctx, prefix, value)
}

func (s *faultySession) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	return s.watch(ctx, prefix)
}

// lossy loses one acknowledged write in 10,000.
func lossy(s *faultySession) {
	losing := func(write func(ctx context.Context, key, value []byte) error) func(ctx context.Context, key, value []byte) error {
		return func(ctx context.Context, key, value []byte) error {
			if s.store.writes.Add(1)%10_000 == 0 {
				return nil
			}
			return write(ctx, key, value)
		}
	}
	s.create, s.set = losing(s.create), losing(s.set)
}

// stale serves every tenth read the value before the last, though the setup
// declares linearizable reads.
func stale(s *faultySession) {
	set, get := s.set, s.get
	s.set = func(ctx context.Context, key, value []byte) error {
		old, err := get(ctx, key)
		if err != nil {
			return err
		}
		old = append([]byte(nil), old...)
		if err := set(ctx, key, value); err != nil {
			return err
		}
		s.store.before.Store(string(key), old)
		return nil
	}
	s.get = func(ctx context.Context, key []byte) ([]byte, error) {
		if s.calls++; s.calls%10 == 0 {
			if old, ok := s.store.before.Load(string(key)); ok {
				return old.([]byte), nil
			}
		}
		return get(ctx, key)
	}
}

// repeating gives every tenth number of a session a second time.
func repeating(s *faultySession) {
	number, last := s.number, ""
	s.number = func(ctx context.Context, prefix, value []byte) (string, error) {
		if s.calls++; s.calls%10 == 0 && last != "" {
			return last, nil
		}
		var err error
		last, err = number(ctx, prefix, value)
		return last, err
	}
}

// deaf drops the fiftieth event of every watch.
func deaf(s *faultySession) {
	watch := s.watch
	s.watch = func(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
		events, err := watch(ctx, prefix)
		if err != nil {
			return nil, err
		}
		heard := make(chan driver.WatchEvent, cap(events))
		go func() {
			defer close(heard)
			n := 0
			for e := range events {
				if n++; n != 50 {
					heard <- e
				}
			}
		}()
		return heard, nil
	}
}
