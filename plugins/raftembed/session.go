package raftembed

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
)

// requester carries the commands of one session to the cluster. do is called
// by one goroutine at a time; the result's slices are valid until its next
// call.
type requester interface {
	do(ctx context.Context, c *command) result
	// watch hands over the changes of keys with a prefix that come after a
	// revision, until ctx ends.
	watch(ctx context.Context, prefix string, after int64, take func(changes []change, missed int) bool)
	// await returns once the session's node, or one after it, has seen what a
	// command awaits, or with the error of ctx.
	await(ctx context.Context, c *command) error
	close()
}

// local, added to a revision as the version of a get or list, asks for the
// state of the node that the session is connected to, one no older than that.
const local = 1

// session is one client connection.
type session struct {
	requester
	dial    func() requester // for keep-alives, which go beside the operations
	timeout time.Duration    // of the session, without a sign of life
	local   int64            // for sequential reads: local and the revision that the session has seen; else 0

	living context.Context // ends with the session
	leave  context.CancelFunc

	mu     sync.Mutex
	id     uint64 // 0 until the session owns an ephemeral key
	alive  sync.WaitGroup
	closed bool
}

func newSession(s *store, thread int) *session {
	dial := func() requester { return s.requester(thread) }
	opened := &session{requester: dial(), dial: dial, timeout: s.setup.Duration(driver.OptionSessionTimeout)}
	opened.living, opened.leave = context.WithCancel(context.Background())
	if s.setup.Reads == driver.Sequential {
		opened.local = local
	}
	return opened
}

// do notes what the session has seen, so that a read of its own node never shows
// an older state.
func (s *session) do(ctx context.Context, c *command) result {
	r := s.requester.do(ctx, c)
	if s.local > 0 {
		s.local = max(s.local, local+r.version)
	}
	return r
}

func (s *session) Create(ctx context.Context, key, value []byte) error {
	return failure(s.do(ctx, &command{kind: kindCreate, key: key, value: value}))
}

func (s *session) Set(ctx context.Context, key, value []byte) error {
	return failure(s.do(ctx, &command{kind: kindSet, key: key, value: value}))
}

func (s *session) Put(ctx context.Context, key, value []byte) error {
	return failure(s.do(ctx, &command{kind: kindPut, key: key, value: value}))
}

func (s *session) Delete(ctx context.Context, key []byte) error {
	return failure(s.do(ctx, &command{kind: kindDelete, key: key}))
}

func (s *session) Get(ctx context.Context, key []byte) ([]byte, error) {
	r := s.do(ctx, &command{kind: kindGet, key: key, version: s.local})
	return r.value, failure(r)
}

func (s *session) List(ctx context.Context, prefix []byte) ([]string, error) {
	r := s.do(ctx, &command{kind: kindList, key: prefix, version: s.local})
	return r.keys, failure(r)
}

func (s *session) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	r := s.do(ctx, &command{kind: kindGet, key: key, version: s.local})
	return r.value, r.version, failure(r)
}

func (s *session) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	r := s.do(ctx, &command{kind: kindCompareAndSet, key: key, value: value, version: version})
	return r.version, failure(r)
}

func (s *session) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.number(ctx, &command{kind: kindCreateSequential, key: prefix, value: value})
}

func (s *session) number(ctx context.Context, c *command) (string, error) {
	r := s.do(ctx, c)
	if err := failure(r); err != nil {
		return "", err
	}
	return r.keys[0], nil
}

func (s *session) SetAll(ctx context.Context, keys, values [][]byte) error {
	return failure(s.do(ctx, &command{kind: kindSetAll, value: appendPairs(nil, keys, values)}))
}

// Sync returns once the leader has confirmed that it leads: what was
// acknowledged before is then in its state.
func (s *session) Sync(ctx context.Context) error {
	return failure(s.do(ctx, &command{kind: kindSync}))
}

func (s *session) CreateEphemeral(ctx context.Context, key, value []byte) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	return failure(s.do(ctx, &command{kind: kindCreateEphemeral, key: key, value: value, session: s.id}))
}

func (s *session) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	if err := s.open(ctx); err != nil {
		return "", err
	}
	return s.number(ctx, &command{kind: kindCreateEphemeralSequential, key: prefix, value: value, session: s.id})
}

// open makes the session known to the cluster, which a session that owns
// nothing does not need, and keeps it alive from then on.
func (s *session) open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id != 0 {
		return nil
	}
	r := s.do(ctx, &command{kind: kindOpenSession, version: int64(s.timeout)})
	if err := failure(r); err != nil {
		return err
	}
	s.id = uint64(r.version)
	s.alive.Go(s.keepAlive)
	return nil
}

func (s *session) keepAlive() {
	to := s.dial()
	defer to.close()
	tick := time.NewTicker(s.timeout / 5)
	defer tick.Stop()
	for {
		select {
		case <-s.living.Done():
			return
		case <-tick.C:
			to.do(s.living, &command{kind: kindKeepAlive, session: s.id}) // a failed one is followed by the next
		}
	}
}

// Watch reports changes from the moment of its return. When its node is lost
// it goes on at another from the revision that it has seen; only changes that
// the other has no longer in its history are missed, and then counted.
func (s *session) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	r := s.do(ctx, &command{kind: kindSync})
	if err := failure(r); err != nil {
		return nil, err
	}
	events := make(chan driver.WatchEvent, 1024)
	to := s.dial()
	ctx, cancel := context.WithCancel(ctx)
	forget := context.AfterFunc(s.living, cancel)
	go func() {
		defer close(events)
		defer to.close()
		defer cancel()
		defer forget()
		to.watch(ctx, string(prefix), r.version, func(changes []change, missed int) bool {
			for i, c := range changes {
				event := driver.WatchEvent{Type: c.kind, Key: c.key, Value: c.value}
				if i == 0 {
					event.Missed = missed
				}
				select {
				case events <- event:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
	}()
	return events, nil
}

func (s *session) AwaitPresent(ctx context.Context, key []byte) error {
	return s.wait(ctx, kindAwaitPresent, key)
}

func (s *session) AwaitAbsent(ctx context.Context, key []byte) error {
	return s.wait(ctx, kindAwaitAbsent, key)
}

// wait begins after all that was acknowledged before it.
func (s *session) wait(ctx context.Context, kind kind, key []byte) error {
	for {
		r := s.do(ctx, &command{kind: kindSync})
		switch {
		case r.status == sample.OK:
			return s.await(ctx, &command{kind: kind, key: key, version: r.version})
		case ctx.Err() != nil:
			return ctx.Err()
		case r.status != sample.Unavailable && r.status != sample.Timeout:
			return failure(r)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryEvery):
		}
	}
}

// Close ends the session, and with it its ephemeral keys.
func (s *session) Close() error {
	return s.end(func() error {
		return failure(s.do(context.Background(), &command{kind: kindCloseSession, session: s.id}))
	})
}

// Abandon ends the signs of life, and leaves the rest to the leader.
func (s *session) Abandon() error { return s.end(func() error { return nil }) }

// end ends the session here, once, and then does what is to be done where the
// cluster knows of it.
func (s *session) end(part func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.leave()
	s.alive.Wait()
	defer s.close()
	if s.id == 0 {
		return nil
	}
	return part()
}

// failure makes a driver's error of a result.
func failure(r result) error {
	switch {
	case r.status == sample.OK:
		return nil
	case r.detail != "":
		return driver.Classed(r.status, fmt.Errorf("raftembed: %s", r.detail))
	}
	switch r.status {
	case sample.Exists:
		return driver.ErrExists
	case sample.NotFound:
		return driver.ErrNotFound
	case sample.Conflict:
		return driver.ErrConflict
	case sample.Timeout:
		return driver.ErrTimeout
	}
	return driver.ErrUnavailable
}
