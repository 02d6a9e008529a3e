package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/benchctl/benchctl/core/driver"
)

// whole is a driver with every capability, on a map, that can be broken in
// single places.
type whole struct {
	broken fault
	state  *state
}

// fault is one thing that a driver does wrong.
type fault string

func wholeDriver(broken fault) driver.Driver {
	return &whole{broken: broken, state: &state{keys: map[string]*entry{}, numbers: map[string]int{}}}
}

func (w *whole) Info() driver.Info {
	info := driver.Info{Name: "whole", Version: "1", Summary: "a map", Session: (*wholeSession)(nil), Options: []driver.Option{
		{Name: "session-timeout", Type: driver.Duration, Default: "400ms", Help: "silence after which ephemeral keys vanish"},
	}}
	if w.broken == "does not say what it is" {
		info.Summary = ""
	}
	return info
}

func (w *whole) Guarantees(_ context.Context, setup driver.Setup) (driver.Guarantees, error) {
	g := driver.Guarantees{Durability: driver.DurableMemory, Reads: setup.Reads}
	if w.broken == "declares no durability" {
		g.Durability = ""
	}
	return g, nil
}

func (w *whole) Open(_ context.Context, setup driver.Setup) (driver.Store, error) {
	return &wholeStore{whole: w, setup: setup}, nil
}

// state is the store's content.
type state struct {
	mu       sync.Mutex
	revision int64
	keys     map[string]*entry
	numbers  map[string]int
	watches  []*watching
	waits    []*waiting
	writes   int
}

type entry struct {
	value, before []byte
	version       int64
	owner         *wholeSession
	numbered      bool
}

type wholeStore struct {
	*whole
	setup    driver.Setup
	closed   bool
	sessions atomic.Int64
}

func (s *wholeStore) Session(context.Context, int) (driver.Session, error) {
	return &wholeSession{store: s, id: int(s.sessions.Add(1))}, nil
}

func (s *wholeStore) Close() error {
	if s.closed && s.broken == "fails when its store is closed twice" {
		return fmt.Errorf("closed already")
	}
	s.closed = true
	return nil
}

type wholeSession struct {
	store  *wholeStore
	closed bool
	dead   bool
	id     int
	reads  int
	given  int

	abandoned bool
}

// on locks the state.
func (s *wholeSession) on() (*state, fault, func()) {
	state := s.store.state
	state.mu.Lock()
	return state, s.store.broken, state.mu.Unlock
}

func (s *wholeSession) Create(_ context.Context, key, value []byte) error {
	if s.dead {
		return driver.ErrUnavailable
	}
	return s.create(string(key), value, nil)
}

func (s *wholeSession) create(key string, value []byte, owner *wholeSession) error {
	state, broken, unlock := s.on()
	defer unlock()
	if _, ok := state.keys[key]; ok {
		switch broken {
		case "creates what is present":
		case "classes an error wrongly":
			return fmt.Errorf("key exists")
		default:
			return driver.ErrExists
		}
	}
	state.revision++
	if state.writes++; broken == "loses an acknowledged create" && state.writes%97 == 0 {
		return nil
	}
	if broken != "keeps the caller's slice" {
		value = bytes.Clone(value)
	}
	state.keys[key] = &entry{value: value, version: state.revision, owner: owner}
	state.changed(broken, driver.Created, key, nil, value)
	return nil
}

func (s *wholeSession) Set(_ context.Context, key, value []byte) error {
	state, broken, unlock := s.on()
	defer unlock()
	e, ok := state.keys[string(key)]
	if !ok {
		if broken == "sets what is absent" {
			state.keys[string(key)] = &entry{value: bytes.Clone(value)}
			return nil
		}
		return driver.ErrNotFound
	}
	state.write(broken, string(key), e, value)
	return nil
}

func (s *state) write(broken fault, key string, e *entry, value []byte) {
	s.revision++
	e.before, e.value, e.version = e.value, bytes.Clone(value), s.revision
	if broken == "makes an ephemeral key last when it is set" {
		e.owner = nil
	}
	s.changed(broken, driver.Changed, key, e.before, e.value)
}

func (s *wholeSession) Put(ctx context.Context, key, value []byte) error {
	state, broken, unlock := s.on()
	e, ok := state.keys[string(key)]
	if ok {
		state.write(broken, string(key), e, value)
		unlock()
		return nil
	}
	unlock()
	return s.Create(ctx, key, value)
}

func (s *wholeSession) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, _, err := s.GetVersion(ctx, key)
	return value, err
}

func (s *wholeSession) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	state, broken, unlock := s.on()
	defer unlock()
	if s.dead {
		return nil, 0, driver.ErrUnavailable
	}
	if ctx.Err() != nil {
		if broken == "does not survive a cancelled operation" {
			s.dead = true
		}
		return nil, 0, ctx.Err()
	}
	e, ok := state.keys[string(key)]
	if !ok {
		if broken == "returns nothing for what is absent" {
			return nil, 0, nil
		}
		return nil, 0, driver.ErrNotFound
	}
	if s.reads++; broken == "serves stale reads" && s.reads%50 == 49 && e.before != nil {
		return e.before, e.version, nil
	}
	return e.value, e.version, nil
}

func (s *wholeSession) CompareAndSet(_ context.Context, key, value []byte, version int64) (int64, error) {
	state, broken, unlock := s.on()
	defer unlock()
	e, ok := state.keys[string(key)]
	switch {
	case !ok:
		return 0, driver.ErrNotFound
	case e.version != version && broken != "sets without comparing":
		return 0, driver.ErrConflict
	}
	state.write(broken, string(key), e, value)
	return e.version, nil
}

func (s *wholeSession) Delete(_ context.Context, key []byte) error {
	state, broken, unlock := s.on()
	defer unlock()
	if _, ok := state.keys[string(key)]; !ok {
		if broken == "deletes what is absent" {
			return nil
		}
		return driver.ErrNotFound
	}
	if broken == "deletes neighbours" {
		for other := range state.keys {
			if other != string(key) && strings.HasPrefix(other, string(key)) {
				delete(state.keys, other)
			}
		}
	}
	state.remove(broken, string(key))
	return nil
}

// remove deletes a key that is there. The lock is held.
func (s *state) remove(broken fault, key string) {
	old := s.keys[key].value
	delete(s.keys, key)
	s.changed(broken, driver.Deleted, key, old, nil)
}

func (s *wholeSession) List(_ context.Context, prefix []byte) ([]string, error) {
	state, broken, unlock := s.on()
	defer unlock()
	want := string(prefix)
	if broken == "lists neighbours" {
		want = strings.TrimSuffix(want, "/")
	}
	var keys []string
	for key := range state.keys {
		if strings.HasPrefix(key, want) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if broken == "lists without order" {
		slices.Reverse(keys)
	}
	return keys, nil
}

func (s *wholeSession) Sync(context.Context) error { return nil }

func (s *wholeSession) Close() error {
	state, broken, unlock := s.on()
	defer unlock()
	if s.closed && broken == "fails when a session is closed twice" {
		return fmt.Errorf("closed already")
	}
	if s.abandoned && broken != "closes an abandoned session in order" {
		return nil
	}
	s.closed = true
	if broken == "never closes the channel of a watch" {
		for _, w := range state.watches {
			close(w.events)
		}
		state.watches = nil
	}
	s.giveUp(state, broken)
	return nil
}

// giveUp removes the session's ephemeral keys. The lock is held.
func (s *wholeSession) giveUp(state *state, broken fault) {
	for key, e := range state.keys {
		mine := e.owner == s
		switch {
		case broken == "leaves ephemeral keys behind" || mine && broken == "leaves numbered ephemeral keys behind" && e.numbered:
			mine = false
		case broken == "takes ephemeral keys of others away" || s.abandoned && broken == "takes others down with an abandoned session":
			mine = e.owner != nil
		}
		if mine {
			state.remove(broken, key)
		}
	}
}
