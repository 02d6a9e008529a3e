package raftembed

import (
	"context"
	"errors"
	"fmt"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/plugins/raftembed/internal/raftstore"
)

// session is the store's with a driver's errors.
type session struct{ of *raftstore.Session }

func (s *session) Create(ctx context.Context, key, value []byte) error {
	return classed(s.of.Create(ctx, key, value))
}

func (s *session) Set(ctx context.Context, key, value []byte) error {
	return classed(s.of.Set(ctx, key, value))
}

func (s *session) Put(ctx context.Context, key, value []byte) error {
	return classed(s.of.Put(ctx, key, value))
}

func (s *session) Delete(ctx context.Context, key []byte) error {
	return classed(s.of.Delete(ctx, key))
}

func (s *session) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, _, err := s.of.Get(ctx, key)
	return value, classed(err)
}

func (s *session) List(ctx context.Context, prefix []byte) ([]string, error) {
	keys, err := s.of.List(ctx, prefix)
	return keys, classed(err)
}

func (s *session) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	value, version, err := s.of.Get(ctx, key)
	return value, version, classed(err)
}

func (s *session) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	version, err := s.of.CompareAndSet(ctx, key, value, version)
	return version, classed(err)
}

func (s *session) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	key, err := s.of.CreateSequential(ctx, prefix, value)
	return key, classed(err)
}

func (s *session) CreateEphemeral(ctx context.Context, key, value []byte) error {
	return classed(s.of.CreateEphemeral(ctx, key, value))
}

func (s *session) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	key, err := s.of.CreateEphemeralSequential(ctx, prefix, value)
	return key, classed(err)
}

func (s *session) SetAll(ctx context.Context, keys, values [][]byte) error {
	return classed(s.of.SetAll(ctx, keys, values))
}

func (s *session) Sync(ctx context.Context) error { return classed(s.of.Sync(ctx)) }

func (s *session) AwaitPresent(ctx context.Context, key []byte) error {
	return classed(s.of.AwaitPresent(ctx, key))
}

func (s *session) AwaitAbsent(ctx context.Context, key []byte) error {
	return classed(s.of.AwaitAbsent(ctx, key))
}

func (s *session) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	changes, err := s.of.Watch(ctx, prefix)
	if err != nil {
		return nil, classed(err)
	}
	events := make(chan driver.WatchEvent, 1024)
	go func() {
		defer close(events)
		for c := range changes {
			select {
			case events <- driver.WatchEvent{Type: driver.WatchType(c.Kind), Key: c.Key, Value: c.Value, Missed: c.Missed}:
			case <-ctx.Done():
				return
			case <-s.of.Done():
				return
			}
		}
	}()
	return events, nil
}

func (s *session) Close() error { return classed(s.of.Close()) }

func (s *session) Abandon() error { return classed(s.of.Abandon()) }

// classed makes a driver's error of one of the store's.
func classed(err error) error {
	failed, ok := errors.AsType[*raftstore.Error](err)
	if !ok {
		return err
	}
	class := sample.Unavailable
	switch failed.Class {
	case raftstore.Exists:
		return driver.ErrExists
	case raftstore.NotFound:
		return driver.ErrNotFound
	case raftstore.Conflict:
		return driver.ErrConflict
	case raftstore.Timeout:
		class = sample.Timeout
	case raftstore.Malformed:
		class = sample.Other
	}
	return driver.Classed(class, fmt.Errorf("raftembed: %w", err))
}
