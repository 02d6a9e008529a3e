// Package driver is what the author of a plugin implements: the driver of one
// kind of store.
//
// A driver has three types: Driver, which says what it is and connects; Store,
// an open connection; and Session, one client of the store, which executes the
// operations. Whatever else a store can do is an optional interface of the
// session, the store or the driver, named below; it is found by type assertion
// and told to benchctl, which refuses a workload that needs one the driver lacks
// before anything starts.
//
// The plugin's main is one call of core/plugin:
//
//	func main() { plugin.Serve(mystore.Driver()) }
//
// core/driver/drivertest puts a driver through the conformance suite in its
// author's tests. docs/plugins.md leads through it all.
//
// # Keys and values
//
// A key is a path of ASCII letters, digits, '-', '_' and '.', in parts that each
// begin with a slash, such as "/benchctl/17/t3/00000042". It has up to 20 parts
// and 250 bytes, and its parents are never keys of the same workload. A prefix is
// a key followed by a slash. A value is any bytes, from none to 16 MiB; one that
// the store does not take fails as Other.
package driver

import (
	"context"
	"time"
)

// SDKVersion is the version of the SDK that a plugin was built with: of this
// package, core/plugin and core/driver/drivertest.
const SDKVersion = "0.1.0"

// A Driver knows one kind of store. It lives as long as the plugin's process.
//
// Optional interfaces: Provisioner, NodeController, Commander.
type Driver interface {
	// Info says what the driver is. It must work without a store.
	Info() Info
	// Guarantees says what a setup promises its clients, or why the setup is
	// impossible here: what is missing on this machine, which option is wrong. It
	// is called before anything is started, and may take some seconds.
	Guarantees(ctx context.Context, setup Setup) (Guarantees, error)
	// Open connects to the store. It returns once the store serves requests or
	// ctx ends, which benchctl lets happen after half a minute, the opening of the
	// run's sessions included. ctx bounds only the call.
	Open(ctx context.Context, setup Setup) (Store, error)
}

// A Store is an open connection to a store, shared by all threads of a run.
//
// Optional interfaces: Versioner, Notifier.
type Store interface {
	// Session opens one more session. The number says which of the run's it is,
	// from 0: a driver that spreads sessions over nodes takes it modulo their
	// number. More than one session may be opened under a number, one after the
	// other or at once, and several are opened at once. ctx bounds only the call.
	Session(ctx context.Context, number int) (Session, error)
	// Close releases everything. It may be called twice.
	Close() error
}

// A Session is one client of the store. One goroutine uses it at a time.
//
// A driver must not keep or change the keys and values that it is handed after
// the call returns; what it returns is valid until the session's next call.
//
// An operation that fails returns an error with its class: see Error. One that
// takes longer than Setup.Timeout fails with ErrTimeout: see Guard. The ctx of an
// operation is the run's; it ends when the run is stopped, and the operation
// returns soon after, within a second, with whatever error.
//
// Optional interfaces: Putter, EphemeralCreator, SequentialCreator,
// EphemeralSequentialCreator, CompareAndSetter, Transactor, Watcher, Awaiter,
// Syncer, Abandoner.
type Session interface {
	// Create writes a new key. It fails with ErrExists if the key is present.
	Create(ctx context.Context, key, value []byte) error
	// Set writes a key that is present. It fails with ErrNotFound if it is absent,
	// and creates none.
	Set(ctx context.Context, key, value []byte) error
	// Get reads a key. It fails with ErrNotFound if the key is absent. An empty
	// value may come back as nil.
	Get(ctx context.Context, key []byte) (value []byte, err error)
	// Delete removes a key. It fails with ErrNotFound if the key is absent.
	Delete(ctx context.Context, key []byte) error
	// List returns the keys that begin with prefix, which ends in a slash: whole
	// keys, at whatever depth, in ascending order. Where there are none it returns
	// none, and no error.
	List(ctx context.Context, prefix []byte) (keys []string, err error)
	// Close ends the session. It may be called twice.
	Close() error
}

// Setup is how a store is deployed and spoken to.
type Setup struct {
	// Nodes is the number of the store's nodes, at least 1.
	Nodes int `json:"nodes"`
	// Reads is the consistency that is asked of reads, at least: a store that has
	// only stronger ones serves the setup, and declares what it gives.
	Reads Consistency `json:"reads"`
	// Options has every option that the driver declares, defaults filled in.
	Options map[string]string `json:"options,omitempty"`
	// Env has the environment variables that were added for the plugin and for every
	// node that is deployed: benchctl adds them, a driver need not. Beside them both
	// have few: docs/command.md lists them.
	Env map[string]string `json:"env,omitempty"`
	// Endpoints is where the nodes are reached, one entry for each: what Provision
	// gave as Node.Endpoint, or if External is set what the user gave, as she wrote
	// it: host:port, or whatever else the driver's documentation says, such as a
	// URL. It is empty where nothing is deployed.
	Endpoints []string `json:"endpoints,omitempty"`
	// External says that the nodes are not ours to start or stop.
	External bool `json:"external,omitempty"`
	// Timeout bounds each operation of a session, the opening of a watch and of a
	// session included: the driver ends what takes longer, with ErrTimeout. It
	// does not bound an Awaiter's waits, nor a watch once it is set. A Guard does
	// this for drivers whose client library does not, or not cheaply.
	Timeout time.Duration `json:"timeout_ns"`
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

// Guarantees is what a setup promises its clients. It is archived with every
// run and printed beside its figures: declare what you can prove.
type Guarantees struct {
	// Durability of servers that we did not start is what the setup's options say
	// of them, with NoteExternal beside it.
	Durability Durability  `json:"durability"`
	Reads      Consistency `json:"reads"`
	// Connections is how many network connections each session has of its own.
	Connections int `json:"connections"`
	// Notes are one-line remarks that belong beside any comparison.
	Notes []string `json:"notes,omitempty"`
}

// Info is what a driver says of itself.
type Info struct {
	Name         string // of the store: lower-case letters, digits and hyphens, a letter first
	Version      string // of the driver
	StoreVersion string // of the store that it carries, if any
	Summary      string // one line
	Options      []Option
	// WatchCoalesces says that a watch may miss changes that follow each other
	// closely. It then counts those that it knows of: see WatchEvent.
	WatchCoalesces bool
	// Session is a nil pointer of the type of the driver's sessions: its
	// optional interfaces are the capabilities that are told to benchctl.
	Session Session
}

// A Versioner is a store that knows what its servers run.
type Versioner interface {
	// Version returns the version of the store's servers with the name of what
	// they are, such as "etcd 3.6.1".
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
