package experiment

import (
	"context"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/protocol"
)

// Launcher launches plugins.
type Launcher interface {
	// Launch launches the plugin of a store, with variables added to its environment.
	Launch(ctx context.Context, store string, env map[string]string) (Plugin, error)
}

// Plugin is a launched plugin: what an experiment asks of it, by duty.
type Plugin struct {
	Identity Identity
	Setups   Preparer
	Nodes    Provisioner
	Loads    Loader
	Close    func() error // ends its process
}

// Identity tells which binary a plugin is.
type Identity struct {
	Path   string
	SHA256 string
	PID    int
}

// Preparer says what a plugin can do, and of a setup whether it is possible,
// what it guarantees and how many TCP ports each of its nodes needs.
type Preparer interface {
	Describe(ctx context.Context) (protocol.Description, error)
	Prepare(ctx context.Context, setup driver.Setup) (guarantees driver.Guarantees, portsPerNode int, err error)
}

// Provisioner says how to start each node of a setup, and controls those that
// live inside the plugin.
type Provisioner interface {
	node.Controller
	Provision(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error)
}

// Loader executes the load of a run and hands what happens to the sink. When ctx
// ends it returns ctx's error, after what was measured until then.
type Loader interface {
	Run(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error
}
