package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
)

func (s *wholeSession) CreateEphemeral(_ context.Context, key, value []byte) error {
	return s.create(string(key), value, s)
}

func (s *wholeSession) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.number(ctx, prefix, value, nil, "gives a number twice")
}

func (s *wholeSession) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.number(ctx, prefix, value, s, "gives an ephemeral number twice")
}

// number creates a numbered key, if it is so broken with a number that was
// given before, whichever calls those after the seventieth are.
func (s *wholeSession) number(ctx context.Context, prefix, value []byte, owner *wholeSession, twice fault) (string, error) {
	state, broken, unlock := s.on()
	number := state.numbers[string(prefix)]
	state.numbers[string(prefix)]++
	again := broken == twice && number > 70
	switch {
	case again:
		number--
	case broken == "numbers by session":
		s.given++
		number = s.id*1000 + s.given
	}
	unlock()
	key := fmt.Sprintf("%s%010d", prefix, number)
	if again {
		_ = s.Put(ctx, []byte(key), value)
		return key, nil
	}
	err := s.create(key, value, owner)
	if e := state.at(key); err == nil && e != nil {
		e.numbered = true
	}
	return key, err
}

func (s *state) at(key string) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[key]
}

func (s *wholeSession) SetAll(_ context.Context, keys, values [][]byte) error {
	state, broken, unlock := s.on()
	defer unlock()
	absent := slices.ContainsFunc(keys, func(key []byte) bool { return state.keys[string(key)] == nil })
	if absent && broken != "sets what is there of a transaction" {
		return driver.ErrNotFound
	}
	for i, key := range keys {
		if broken == "shows half of a transaction" || broken == "mixes transactions" {
			state.mu.Unlock()
			time.Sleep(time.Millisecond)
			state.mu.Lock()
		}
		if e := state.keys[string(key)]; e != nil {
			state.write(broken, string(key), e, values[i])
		}
	}
	if absent {
		return driver.ErrNotFound
	}
	return nil
}

// watching is a watch that was set.
type watching struct {
	prefix string
	events chan driver.WatchEvent
	held   *driver.WatchEvent
	seen   int
}

// waiting is a wait for a key.
type waiting struct {
	key     string
	present bool
	seen    chan struct{}
}

// changed tells the watches and waits. The lock is held.
func (s *state) changed(broken fault, kind driver.WatchType, key string, before, after []byte) {
	for _, w := range s.watches {
		if strings.HasPrefix(key, w.prefix) {
			w.tell(broken, driver.WatchEvent{Type: kind, Key: key, Value: bytes.Clone(after)}, before)
		}
	}
	ended := 0
	s.waits = slices.DeleteFunc(s.waits, func(w *waiting) bool {
		if w.key != key || kind == driver.Changed || w.present != (kind == driver.Created) {
			return false
		}
		if ended++; ended > 1 && broken == "wakes one of many" {
			return false
		}
		close(w.seen)
		return true
	})
}

func (w *watching) tell(broken fault, e driver.WatchEvent, before []byte) {
	w.seen++
	switch broken {
	case "gives the value before a change":
		e.Value = before
	case "gives no value of a change":
		e.Value = nil
	}
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

func (s *wholeSession) AwaitPresent(ctx context.Context, key []byte) error {
	return s.await(ctx, string(key), true)
}

func (s *wholeSession) AwaitAbsent(ctx context.Context, key []byte) error {
	return s.await(ctx, string(key), false)
}

func (s *wholeSession) await(ctx context.Context, key string, present bool) error {
	state, broken, unlock := s.on()
	there := state.keys[key] != nil
	w := &waiting{key, present, make(chan struct{})}
	if there != present || broken == "waits for what is so already" {
		state.waits = append(state.waits, w)
	} else {
		close(w.seen)
	}
	unlock()
	var gaveUp <-chan time.Time
	switch broken {
	case "does not wait":
		return nil
	case "gives up a wait":
		gaveUp = time.After(s.store.setup.Timeout)
	case "looks for a key now and then":
		return state.poll(ctx, key, present)
	}
	select {
	case <-w.seen:
		return nil
	case <-gaveUp:
		return driver.ErrTimeout
	case <-ctx.Done():
	}
	switch broken {
	case "waits on when it is cancelled":
		time.Sleep(client.CancelWithin + time.Second)
	case "does not survive a cancelled wait":
		s.dead = true
	case "calls a cancelled wait unavailable":
		return driver.ErrUnavailable
	}
	return ctx.Err()
}

// poll looks for a key now and then, in between of which much can happen.
func (s *state) poll(ctx context.Context, key string, present bool) error {
	for {
		if (s.at(key) != nil) == present {
			return nil
		}
		select {
		case <-time.After(3 * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Abandon leaves the ephemeral keys until the session has timed out.
func (s *wholeSession) Abandon() error {
	state, broken, unlock := s.on()
	defer unlock()
	s.abandoned = true
	wait := s.store.setup.Duration("session-timeout")
	switch broken {
	case "tells the store that a session is abandoned":
		wait = 0
	case "gives signs of life for an abandoned session":
		wait = time.Hour
	}
	time.AfterFunc(wait, func() {
		state.mu.Lock()
		defer state.mu.Unlock()
		s.giveUp(state, broken)
	})
	return nil
}
