package raftstore

import (
	"context"
	"iter"
	"sync"
	"time"
)

// local, added to a revision as the version of a get or list, asks for the
// state of the node that the session is connected to, one no older than that.
const local = 1

// Session is one client of a cluster. One goroutine uses it at a time; waits and
// watches excepted, an operation takes no longer than the client's timeout. What
// it returns is valid until the next call. Failures are an *Error, those of waits
// also the error of their context.
type Session struct {
	requester
	dial    func() requester // for keep-alives and watches, which go beside the operations
	timeout time.Duration    // of the session, without a sign of life
	local   int64            // for reads of the own node: local and the revision that the session has seen; else 0

	living context.Context // ends with the session
	leave  context.CancelFunc

	mu     sync.Mutex
	id     uint64 // 0 until the session owns an ephemeral key
	alive  sync.WaitGroup
	closed bool
}

// do notes what the session has seen, so that a read of its own node never shows
// an older state.
func (s *Session) do(ctx context.Context, c *command) result {
	r := s.requester.do(ctx, c)
	if s.local > 0 {
		s.local = max(s.local, local+r.version)
	}
	return r
}

// write executes a command of which nothing but its success matters.
func (s *Session) write(ctx context.Context, c *command) error {
	r := s.do(ctx, c)
	return r.failure()
}

// number executes a command that gives a key its number, and returns the key.
func (s *Session) number(ctx context.Context, c *command) (string, error) {
	r := s.do(ctx, c)
	if err := r.failure(); err != nil {
		return "", err
	}
	return r.keys[0], nil
}

// Create writes a key that is absent; else it fails with Exists.
func (s *Session) Create(ctx context.Context, key, value []byte) error {
	return s.write(ctx, &command{kind: kindCreate, key: key, value: value})
}

// Set writes a key that is present; else it fails with NotFound.
func (s *Session) Set(ctx context.Context, key, value []byte) error {
	return s.write(ctx, &command{kind: kindSet, key: key, value: value})
}

// Put writes a key.
func (s *Session) Put(ctx context.Context, key, value []byte) error {
	return s.write(ctx, &command{kind: kindPut, key: key, value: value})
}

// Delete removes a key that is present; else it fails with NotFound.
func (s *Session) Delete(ctx context.Context, key []byte) error {
	return s.write(ctx, &command{kind: kindDelete, key: key})
}

// Get returns a key's value and the revision of its last change.
func (s *Session) Get(ctx context.Context, key []byte) (value []byte, version int64, err error) {
	r := s.do(ctx, &command{kind: kindGet, key: key, version: s.local})
	return r.value, r.version, r.failure()
}

// List returns the keys with a prefix in ascending order.
func (s *Session) List(ctx context.Context, prefix []byte) ([]string, error) {
	r := s.do(ctx, &command{kind: kindList, key: prefix, version: s.local})
	return r.keys, r.failure()
}

// CompareAndSet writes a key that has a version, and returns its new one; with
// another version it fails with Conflict.
func (s *Session) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	r := s.do(ctx, &command{kind: kindCompareAndSet, key: key, value: value, version: version})
	return r.version, r.failure()
}

// CreateSequential creates the key that is prefix and the number of the change,
// in ten digits or more.
func (s *Session) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.number(ctx, &command{kind: kindCreateSequential, key: prefix, value: value})
}

// CreateEphemeral is Create of a key that vanishes with the session.
func (s *Session) CreateEphemeral(ctx context.Context, key, value []byte) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.write(ctx, &command{kind: kindCreateEphemeral, key: key, value: value, session: s.id})
}

// CreateEphemeralSequential is CreateSequential of a key that vanishes with the
// session.
func (s *Session) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	if err := s.open(ctx); err != nil {
		return "", err
	}
	return s.number(ctx, &command{kind: kindCreateEphemeralSequential, key: prefix, value: value, session: s.id})
}

// SetAll sets every key to the value at its place, with no other command in
// between. If one is absent it fails with NotFound and sets none.
func (s *Session) SetAll(ctx context.Context, keys, values [][]byte) error {
	return s.write(ctx, &command{kind: kindSetAll, value: appendPairs(nil, keys, values)})
}

// Sync returns once the leader has confirmed that it leads: what was
// acknowledged before is then in its state.
func (s *Session) Sync(ctx context.Context) error {
	return s.write(ctx, &command{kind: kindSync})
}

// Change is one change that a watch reports.
type Change struct {
	Kind   ChangeKind
	Key    string
	Value  []byte // after the change; not to be changed
	Missed int    // changes, at most, that were missed just before it
}

// Watch returns the changes of keys with a prefix that come after its return, in
// their order, until ctx or the session ends. When its node is lost it goes on at
// another from the revision that it has seen; only changes that the other has no
// longer in its history are missed, and then counted.
func (s *Session) Watch(ctx context.Context, prefix []byte) (iter.Seq[Change], error) {
	r := s.do(ctx, &command{kind: kindSync})
	if err := r.failure(); err != nil {
		return nil, err
	}
	of := string(prefix)
	return func(yield func(Change) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.living, cancel)()
		to := s.dial()
		defer to.close()
		missed := 0
		to.watch(ctx, of, r.version, func(changes []change, more int) bool {
			missed += more
			for _, c := range changes {
				if !yield(Change{c.kind, c.key, c.value, missed}) {
					cancel()
					return false
				}
				missed = 0
			}
			return true
		})
	}, nil
}

// AwaitPresent returns once a key was present at a moment since the call.
func (s *Session) AwaitPresent(ctx context.Context, key []byte) error {
	return s.wait(ctx, kindAwaitPresent, key)
}

// AwaitAbsent returns once a key was absent at a moment since the call.
func (s *Session) AwaitAbsent(ctx context.Context, key []byte) error {
	return s.wait(ctx, kindAwaitAbsent, key)
}

// wait begins after all that was acknowledged before it.
func (s *Session) wait(ctx context.Context, kind kind, key []byte) error {
	for {
		r := s.do(ctx, &command{kind: kindSync})
		switch {
		case r.class == OK:
			return s.await(ctx, &command{kind: kind, key: key, version: r.version})
		case ctx.Err() != nil:
			return ctx.Err()
		case r.class != Unavailable && r.class != Timeout:
			return r.failure()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryEvery):
		}
	}
}
