// Package memory is the driver of a store that is a map in the plugin's own
// process. It promises nothing but the five operations that every driver has,
// as the smallest example of one, and it is so fast that what is measured
// through it is the floor of the harness itself.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"github.com/benchctl/benchctl/core/driver"
)

// version is the driver's.
const version = "0.1.0"

// Driver returns the driver.
func Driver() driver.Driver {
	s := &store{seed: maphash.MakeSeed()}
	for i := range s.shards {
		s.shards[i].values = map[string][]byte{}
	}
	return memory{s}
}

// memory is a driver whose only store lives as long as the plugin.
type memory struct{ store *store }

func (memory) Info() driver.Info {
	return driver.Info{
		Name:    "memory",
		Version: version,
		Summary: "a map in the plugin's process: the floor of the harness",
		Options: []driver.Option{delayOption},
		Session: (*session)(nil),
	}
}

func (memory) Guarantees(_ context.Context, setup driver.Setup) (driver.Guarantees, error) {
	if setup.Nodes != 1 || setup.External {
		return driver.Guarantees{}, fmt.Errorf("the store memory is one map in one process: use --nodes 1 without --endpoints")
	}
	return driver.Guarantees{
		Durability: driver.DurableMemory,
		Reads:      driver.Linearizable,
		Notes:      []string{"a map in the load generator's own process, neither replicated nor kept"},
	}, nil
}

func (m memory) Open(_ context.Context, setup driver.Setup) (driver.Store, error) {
	if delay := setup.Duration(delayOption.Name); delay > 0 {
		return slow{m.store, delay}, nil
	}
	return m.store, nil
}

// store is split into shards so that threads seldom wait for each other.
type store struct {
	seed   maphash.Seed
	shards [64]shard
}

type shard struct {
	mu     sync.RWMutex
	values map[string][]byte
	_      [32]byte // the next shard's lock has a cache line of its own
}

func (s *store) shard(key []byte) *shard {
	return &s.shards[maphash.Bytes(s.seed, key)%uint64(len(s.shards))]
}

func (s *store) Session(context.Context, int) (driver.Session, error) { return &session{store: s}, nil }
func (s *store) Close() error                                         { return nil }

// session keeps only the buffer for what Get returns.
type session struct {
	store *store
	value []byte
}

func (s *session) Create(_ context.Context, key, value []byte) error {
	shard := s.store.shard(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if _, ok := shard.values[string(key)]; ok {
		return driver.ErrExists
	}
	shard.values[string(key)] = bytes.Clone(value)
	return nil
}

func (s *session) Set(_ context.Context, key, value []byte) error {
	shard := s.store.shard(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	old, ok := shard.values[string(key)]
	if !ok {
		return driver.ErrNotFound
	}
	if len(old) == len(value) {
		copy(old, value)
		return nil
	}
	shard.values[string(key)] = bytes.Clone(value)
	return nil
}

func (s *session) Get(_ context.Context, key []byte) ([]byte, error) {
	shard := s.store.shard(key)
	shard.mu.RLock()
	defer shard.mu.RUnlock()
	value, ok := shard.values[string(key)]
	if !ok {
		return nil, driver.ErrNotFound
	}
	s.value = append(s.value[:0], value...)
	return s.value, nil
}

func (s *session) Delete(_ context.Context, key []byte) error {
	shard := s.store.shard(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if _, ok := shard.values[string(key)]; !ok {
		return driver.ErrNotFound
	}
	delete(shard.values, string(key))
	return nil
}

// List locks every shard before it reads the first, so that it sees one moment.
func (s *session) List(_ context.Context, prefix []byte) ([]string, error) {
	for i := range s.store.shards {
		shard := &s.store.shards[i]
		shard.mu.RLock()
		defer shard.mu.RUnlock()
	}
	var keys []string
	for i := range s.store.shards {
		for key := range s.store.shards[i].values {
			if strings.HasPrefix(key, string(prefix)) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (s *session) Close() error { return nil }
