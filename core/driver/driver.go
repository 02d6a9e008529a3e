// Package driver is what a plugin's author builds on: the interfaces of a
// store's driver, Serve, which turns a driver into a plugin, and the engine
// that runs a workload's threads beside it.
//
// A driver implements Driver, Store and Session. Whatever else its store can
// do it adds as one of the small optional interfaces below; they are found by
// type assertion and advertised to benchctl, which refuses a workload that
// needs one the driver lacks before anything starts.
package driver

import (
	"context"
	"time"
)

// SDKVersion is the version of the SDK that a plugin was built with: of this
// package, core/plugin and core/driver/drivertest.
const SDKVersion = "0.1.0"

// A Driver knows one kind of store. It lives as long as the plugin's process.
type Driver interface {
	// Info says what the driver is. It must work without a store.
	Info() Info
	// Guarantees says what a setup promises its clients, or why the setup is
	// impossible.
	Guarantees(Setup) (Guarantees, error)
	// Open connects to the store. It returns once the store serves requests
	// or ctx ends.
	Open(ctx context.Context, setup Setup) (Store, error)
}

// A Store is an open connection to a store, shared by all threads of a run.
type Store interface {
	// Session opens the session that one thread will use.
	Session(ctx context.Context, thread int) (Session, error)
	// Close releases everything. It may be called twice.
	Close() error
}

// A Versioner is a store that knows what its servers run.
type Versioner interface {
	// Version returns the version of the store's servers.
	Version(ctx context.Context) (string, error)
}

// A Notifier is a store that tells what befalls its sessions.
type Notifier interface {
	// Notify is called once, before any session is opened. The store calls
	// tell, from any goroutine, until it is closed.
	Notify(tell func(Incident))
}

// Incident is something that befell a session. It is archived as an event.
type Incident struct {
	Kind   IncidentKind
	Node   string // the endpoint that the session was connected to, if known
	Detail string
}

// IncidentKind is the kind of an incident.
type IncidentKind string

// The kinds of incidents.
const (
	SessionLost    IncidentKind = "session-lost"    // its connection broke; the session may live on
	SessionResumed IncidentKind = "session-resumed" // it is connected again
	SessionExpired IncidentKind = "session-expired" // the store has given it up; a new one takes its place
)

// A Session is one client connection. One thread uses it at a time.
//
// Keys are slash-separated paths such as "/bench/t1/42". A driver must not
// keep or change the key and value slices it is handed after the call
// returns; what it returns is valid until the session's next call.
// Errors carry their class: see Error.
type Session interface {
	Create(ctx context.Context, key, value []byte) error // fails with Exists if present
	Set(ctx context.Context, key, value []byte) error    // fails with NotFound if absent
	Get(ctx context.Context, key []byte) (value []byte, err error)
	Delete(ctx context.Context, key []byte) error // fails with NotFound if absent
	// List returns the names of the keys that begin with prefix, whole keys
	// in ascending order. prefix ends in a slash.
	List(ctx context.Context, prefix []byte) (keys []string, err error)
	// Close ends the session. It may be called twice.
	Close() error
}

// Putter is a session that can write a key whether or not it is present.
type Putter interface {
	Put(ctx context.Context, key, value []byte) error
}

// EphemeralCreator is a session that can create keys which vanish with it.
type EphemeralCreator interface {
	CreateEphemeral(ctx context.Context, key, value []byte) error
}

// SequentialCreator is a session that can create keys which the store numbers.
type SequentialCreator interface {
	// CreateSequential creates prefix followed by a number that is unique and
	// grows over all sessions, and returns the whole key.
	CreateSequential(ctx context.Context, prefix, value []byte) (key string, err error)
}

// EphemeralSequentialCreator is a session that can create keys which the store
// numbers and which vanish with the session.
type EphemeralSequentialCreator interface {
	// CreateEphemeralSequential creates prefix followed by a number that is
	// unique and grows over all sessions, those of CreateSequential included,
	// and returns the whole key.
	CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (key string, err error)
}

// CompareAndSetter is a session that can write on condition of a version.
type CompareAndSetter interface {
	// GetVersion reads a key and its version.
	GetVersion(ctx context.Context, key []byte) (value []byte, version int64, err error)
	// CompareAndSet writes if the key still has the version, and returns the
	// new one; otherwise it fails with Conflict.
	CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error)
}

// Transactor is a session that can write several keys at once.
type Transactor interface {
	// SetAll sets each key to the value at its place, all of them at one
	// moment. It fails with NotFound if any is absent, and then sets none. The
	// keys, of which a driver takes up to 100, differ from each other.
	SetAll(ctx context.Context, keys, values [][]byte) error
}

// Watcher is a session that can report changes as they happen.
type Watcher interface {
	// Watch reports changes of the keys that begin with prefix, from its
	// return until ctx ends, in the order in which they took effect. The
	// channel is closed when the watch ends.
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
// has an option session-timeout: the silence after which the store gives a
// session up.
type Abandoner interface {
	// Abandon cuts the session's connection without a word to the store, and
	// gives no sign of life from then on: its ephemeral keys stay until the
	// store gives it up. Only Close may follow, which then does nothing.
	Abandon() error
}

// A Provisioner is a driver that knows how to deploy its store on this machine.
type Provisioner interface {
	// Ports is how many TCP ports each node needs.
	Ports(Setup) int
	// Provision says how to start every node. Place i is for node i. It
	// starts nothing.
	Provision(setup Setup, places []Place) ([]Node, error)
}

// A NodeController is a Provisioner some of whose nodes live inside the
// plugin's own process (their Node has no Command).
type NodeController interface {
	StartNode(ctx context.Context, node string) error // returns when it runs, ready or not
	StopNode(ctx context.Context, node string) error  // flushes and ends in order
	KillNode(ctx context.Context, node string) error  // ends as SIGKILL would
}

// A Commander is a driver whose binary has commands of its own beside serving,
// such as the one that runs a node.
type Commander interface {
	// Command runs the command in args[0]. It returns when ctx ends.
	Command(ctx context.Context, args []string) error
}

// Consistency is what a read promises.
type Consistency string

// The read consistencies, strongest first.
const (
	Linearizable Consistency = "linearizable" // sees every write acknowledged before it began
	Sequential   Consistency = "sequential"   // sees writes in order, perhaps late
	Stale        Consistency = "stale"        // may go back in time
)

// Durability is where a write is when it is acknowledged.
type Durability string

// The durabilities, strongest first.
const (
	DurableFsync  Durability = "fsync"  // on stable storage of a majority of nodes
	DurableMemory Durability = "memory" // in the memory of a majority of nodes
)

// Guarantees is what a setup promises its clients.
type Guarantees struct {
	Durability Durability  `json:"durability"`
	Reads      Consistency `json:"reads"`
	// Connections is how many network connections each thread has of its own.
	Connections int `json:"connections"`
	// Notes are one-line remarks that belong beside any comparison.
	Notes []string `json:"notes,omitempty"`
}

// Setup is how a store is deployed and spoken to.
type Setup struct {
	Nodes     int               `json:"nodes"`
	Reads     Consistency       `json:"reads"`
	Options   map[string]string `json:"options,omitempty"`   // every declared option, defaults filled in
	Endpoints []string          `json:"endpoints,omitempty"` // one per node
	External  bool              `json:"external,omitempty"`  // the nodes are not ours to start or stop
	Timeout   time.Duration     `json:"timeout_ns"`          // the driver ends an operation that takes longer, with Timeout
}

// Place is where a node may live.
type Place struct {
	Dir   string `json:"dir"`   // exists, empty on first start
	Ports []int  `json:"ports"` // free on 127.0.0.1
}

// Node says how to start a node and how to know that it serves.
type Node struct {
	Name     string `json:"name"`
	Endpoint string `json:"endpoint"` // where clients reach it
	// Command is the program and its arguments; empty for a node inside the
	// plugin's process.
	Command []string          `json:"command,omitempty"`
	Env     []string          `json:"env,omitempty"`   // added to the environment
	Files   map[string]string `json:"files,omitempty"` // written before the first start, by path below the node's folder
	Ready   Probe             `json:"ready"`           // true once the node serves
	Leads   Probe             `json:"leads,omitzero"`  // true while the node leads the others
}

// Probe is a question to a node's process. It is true if the address accepts a
// connection and, where Expect is set, answers Send with a text that contains it.
type Probe struct {
	Address string `json:"address,omitempty"` // host:port
	Send    string `json:"send,omitempty"`
	Expect  string `json:"expect,omitempty"`
}

// Info is what a driver says of itself.
type Info struct {
	Name         string // of the store: lower-case letters, digits and hyphens
	Version      string // of the driver
	StoreVersion string // of the store it carries, if any
	Summary      string // one line
	Options      []Option
	// WatchCoalesces says that a watch may miss changes that follow each other
	// closely. It then counts those that it knows of: see WatchEvent.
	WatchCoalesces bool
	// Session is a nil pointer of the type of the driver's sessions: its
	// optional interfaces are the capabilities that are advertised.
	Session Session
}
