package drivertest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

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
	info := driver.Info{Name: "whole", Version: "1", Summary: "a map", Session: (*wholeSession)(nil)}
	if w.broken == "does not say what it is" {
		info.Summary = ""
	}
	return info
}

func (w *whole) Guarantees(setup driver.Setup) (driver.Guarantees, error) {
	g := driver.Guarantees{Durability: driver.DurableMemory, Reads: setup.Reads}
	if w.broken == "declares no durability" {
		g.Durability = ""
	}
	return g, nil
}

func (w *whole) Open(context.Context, driver.Setup) (driver.Store, error) {
	return &wholeStore{whole: w}, nil
}

// state is the store's content.
type state struct {
	mu       sync.Mutex
	revision int64
	keys     map[string]*entry
	numbers  map[string]int
	watches  []*watching
	writes   int
}

type entry struct {
	value, before []byte
	version       int64
	owner         *wholeSession
}

type watching struct {
	prefix string
	events chan driver.WatchEvent
	held   *driver.WatchEvent
	seen   int
}

// changed tells the watches. The lock is held.
func (s *state) changed(broken fault, kind driver.WatchType, key string) {
	for _, w := range s.watches {
		if !strings.HasPrefix(key, w.prefix) {
			continue
		}
		w.seen++
		e := driver.WatchEvent{Type: kind, Key: key}
		switch {
		case broken == "drops an event of a watch" && w.seen == 30:
		case broken == "swaps events of a watch" && w.seen == 30:
			w.held = &e
		default:
			w.events <- e
			if w.held != nil {
				w.events <- *w.held
				w.held = nil
			}
		}
	}
}

type wholeStore struct {
	*whole
	closed   bool
	sessions int
}

func (s *wholeStore) Session(context.Context, int) (driver.Session, error) {
	s.sessions++
	return &wholeSession{store: s, id: s.sessions}, nil
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
}

// on locks the state.
func (s *wholeSession) on() (*state, fault, func()) {
	state := s.store.state
	state.mu.Lock()
	return state, s.store.broken, state.mu.Unlock
}

func (s *wholeSession) Create(_ context.Context, key, value []byte) error {
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
	state.changed(broken, driver.Created, key)
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
	s.changed(broken, driver.Changed, key)
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
			if strings.HasPrefix(other, string(key)) {
				delete(state.keys, other)
			}
		}
	}
	delete(state.keys, string(key))
	state.changed(broken, driver.Deleted, string(key))
	return nil
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

func (s *wholeSession) CreateEphemeral(_ context.Context, key, value []byte) error {
	return s.create(string(key), value, s)
}

func (s *wholeSession) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	state, broken, unlock := s.on()
	number := state.numbers[string(prefix)]
	state.numbers[string(prefix)]++
	switch {
	case broken == "gives a number twice" && number == 70:
		number = 69
	case broken == "numbers by session":
		s.given++
		number = s.id*1000 + s.given
	}
	unlock()
	key := fmt.Sprintf("%s%010d", prefix, number)
	if broken == "gives a number twice" && number == 69 {
		_ = s.Put(ctx, []byte(key), value)
		return key, nil
	}
	return key, s.create(key, value, nil)
}

func (s *wholeSession) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	state, broken, unlock := s.on()
	defer unlock()
	w := &watching{prefix: string(prefix), events: make(chan driver.WatchEvent, 10000)}
	state.watches = append(state.watches, w)
	context.AfterFunc(ctx, func() {
		if broken == "never closes the channel of a watch" {
			return
		}
		state.mu.Lock()
		defer state.mu.Unlock()
		state.watches = slices.DeleteFunc(state.watches, func(other *watching) bool { return other == w })
		close(w.events)
	})
	return w.events, nil
}

func (s *wholeSession) Sync(context.Context) error { return nil }

func (s *wholeSession) Close() error {
	state, broken, unlock := s.on()
	defer unlock()
	if s.closed && broken == "fails when a session is closed twice" {
		return fmt.Errorf("closed already")
	}
	s.closed = true
	if broken == "never closes the channel of a watch" {
		for _, w := range state.watches {
			close(w.events)
		}
		state.watches = nil
	}
	for key, e := range state.keys {
		mine := e.owner == s
		switch broken {
		case "leaves ephemeral keys behind":
			mine = false
		case "takes ephemeral keys of others away":
			mine = e.owner != nil
		}
		if mine {
			delete(state.keys, key)
			state.changed(broken, driver.Deleted, key)
		}
	}
	return nil
}
