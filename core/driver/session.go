package driver

import "context"

// Optional interfaces of sessions. What is said of Session holds for them too.

// Putter is a session that can write a key whether or not it is present.
type Putter interface {
	Put(ctx context.Context, key, value []byte) error
}

// EphemeralCreator is a session that can create keys which vanish with it.
type EphemeralCreator interface {
	// CreateEphemeral creates as Create does. The key stays while the session
	// lives, idle or not, and vanishes when it is closed, at once or soon after,
	// or when the store gives it up: see OptionSessionTimeout. It stays ephemeral
	// when it is set, by whichever session; what a Put makes of it is the store's.
	CreateEphemeral(ctx context.Context, key, value []byte) error
}

// OptionSessionTimeout is the name of the option that every driver with ephemeral
// keys should have, and one with an Abandoner must: a duration, the silence of a
// client after which the store gives its session up.
const OptionSessionTimeout = "session-timeout"

// SequentialCreator is a session that can create keys which the store numbers.
type SequentialCreator interface {
	// CreateSequential creates prefix followed by a number that is unique and
	// grows over all sessions, and returns the whole key. All numbers have the
	// same number of digits, so that keys sort by them.
	CreateSequential(ctx context.Context, prefix, value []byte) (key string, err error)
}

// EphemeralSequentialCreator is a session that can create keys which the store
// numbers and which vanish with the session.
type EphemeralSequentialCreator interface {
	// CreateEphemeralSequential is CreateSequential for keys that are ephemeral.
	// The numbers below one prefix are one sequence, whichever of the two gave them.
	CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (key string, err error)
}

// CompareAndSetter is a session that can write on condition of a version.
type CompareAndSetter interface {
	// GetVersion reads a key and its version, which every write changes. It fails
	// with ErrNotFound if the key is absent.
	GetVersion(ctx context.Context, key []byte) (value []byte, version int64, err error)
	// CompareAndSet writes if the key still has the version, and returns the
	// new one. It fails with ErrConflict if it has another, and with ErrNotFound
	// if the key is absent.
	CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error)
}

// Transactor is a session that can write several keys at once.
type Transactor interface {
	// SetAll sets each key to the value at its place, all of them at one
	// moment. It fails with ErrNotFound if any is absent, and then sets none. The
	// keys, of which there are 2 to 100, differ from each other.
	SetAll(ctx context.Context, keys, values [][]byte) error
}

// Watcher is a session that can report changes as they happen.
type Watcher interface {
	// Watch reports changes of the keys that begin with prefix, from its
	// return until ctx ends, in the order in which they took effect. The
	// channel is closed when the watch ends. A session may have several watches,
	// and executes operations beside them.
	Watch(ctx context.Context, prefix []byte) (<-chan WatchEvent, error)
}

// WatchEvent is one change seen by a watch.
type WatchEvent struct {
	Type   WatchType
	Key    string
	Value  []byte // after the change, not to be changed; nil if it was deleted, or is no longer known
	Missed int    // changes known to have been missed just before this one
}

// WatchType is the kind of a change.
type WatchType string

// The kinds of changes.
const (
	Created WatchType = "created"
	Changed WatchType = "changed"
	Deleted WatchType = "deleted"
)

// Awaiter is a session that can wait for what others do to a key. It waits as
// long as it takes: only the end of ctx ends it, with the context's error, and
// the session is none the worse for it. A wait that loses its connection goes
// on at another node.
type Awaiter interface {
	// AwaitPresent returns once the key was seen to be present at a moment
	// since the call.
	AwaitPresent(ctx context.Context, key []byte) error
	// AwaitAbsent returns once the key was seen to be absent at a moment since
	// the call, though it may have been created again.
	AwaitAbsent(ctx context.Context, key []byte) error
}

// Syncer is a session that can wait until it sees all that was acknowledged
// before the call.
type Syncer interface {
	Sync(ctx context.Context) error
}

// Abandoner is a session that can be left as by a client that dies. Its driver
// has the option OptionSessionTimeout.
type Abandoner interface {
	// Abandon cuts the session's connection without a word to the store, and
	// gives no sign of life from then on: its ephemeral keys stay until the
	// store gives it up. Only Close may follow, which then does nothing.
	Abandon() error
}
