// Package drivertest is what tests of a driver need: it deploys the driver's
// store, serves the driver over the protocol, and puts it through the suite of
// core/conformance.
package drivertest

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/conformance"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

// Run puts a driver through the suite, each case as a subtest, on a cluster
// that it deploys for the test. A driver that cannot deploy its store needs
// the endpoints of one in the setup. Options that are left out have their
// defaults, as have reads (linearizable) and the timeout (5 s).
func Run(t *testing.T, d driver.Driver, setup driver.Setup) {
	t.Helper()
	results := Results(t, d, setup)
	for _, result := range results {
		t.Run(result.Case, func(t *testing.T) {
			switch result.Verdict {
			case conformance.Lacking:
				t.Skip("the driver does not offer it")
			case conformance.Failed:
				t.Error(result.Detail)
			default:
				t.Logf("%s (%s)", result.Proven, result.Detail)
			}
		})
	}
}

// Results puts a driver through the suite, and returns what came of it.
func Results(t testing.TB, d driver.Driver, setup driver.Setup) []conformance.Result {
	t.Helper()
	setup = Deploy(t, d, setup).Setup
	results, err := conformance.Check(t.Context(), conformance.Subject{Plugin: Serve(t, d), Setup: setup}, func(conformance.Result) {})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// Deployment is a store that was deployed for a test, with the methods of its
// cluster: Names, Endpoints, Running and Leader tell of the nodes, StopNode,
// KillNode and StartNode act on one by its name, Logs is what they printed last, once
// it is closed. Setup has its endpoints filled in.
//
//	deployed := drivertest.Deploy(t, mystore.Driver(), driver.Setup{Nodes: 3})
//	store, err := mystore.Driver().Open(t.Context(), deployed.Setup)
//	…
//	err = deployed.KillNode(t.Context(), deployed.Names()[0])
type Deployment = conformance.Deployment

// Deploy fills in a setup, deploys the store if the driver can, within three
// minutes, and takes it down at the end of the test. What the setup leaves out has
// a default: options those of the driver, nodes 1, reads linearizable, timeout 5 s.
func Deploy(t testing.TB, d driver.Driver, setup driver.Setup) *Deployment {
	t.Helper()
	deployed, err := conformance.Deploy(t.Context(), t.TempDir(), d, setup, commandsCalled, func(e conformance.NodeEvent) {
		t.Logf("%s %s %s", e.Kind, e.Node, e.Detail)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := deployed.Close(); err != nil {
			t.Error(err)
		}
	})
	return deployed
}

// Provisioned is a driver whose nodes are deployed in another way than its own.
type Provisioned struct {
	driver.Driver
	// By takes the driver's place as the one that describes the nodes.
	By func(ctx context.Context, own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error)
}

// Ports is how many ports the driver's own nodes need.
func (p Provisioned) Ports(ctx context.Context, setup driver.Setup) (int, error) {
	return p.Driver.(driver.Provisioner).Ports(ctx, setup)
}

// Provision describes the nodes.
func (p Provisioned) Provision(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	return p.By(ctx, p.Driver.(driver.Provisioner), setup, places)
}

var called bool // Commands was

// commandsCalled refuses nodes that run in the test's binary where TestMain does
// not call Commands: each would run all tests, which deploy nodes again.
func commandsCalled(nodes []driver.Node) error {
	self, err := os.Executable()
	if err != nil || called {
		return err
	}
	for _, n := range nodes {
		if len(n.Command) > 0 && n.Command[0] == self {
			return fmt.Errorf("%s runs in the test's own binary: call drivertest.Commands(…) first in TestMain, or it runs the tests again", n.Name)
		}
	}
	return nil
}

// Commands executes a command of a driver that is a Commander, and ends the
// process, if the test's binary was started with the name of one. A driver whose
// nodes run in the plugin's own binary calls it first in TestMain, for in a test
// that binary is the test's.
func Commands(d driver.Driver) {
	called = true
	commander, ok := d.(driver.Commander)
	if !ok || len(os.Args) < 2 {
		return
	}
	for _, c := range commander.Commands() {
		if c.Name != os.Args[1] {
			continue
		}
		if err := c.Run(context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// Needs ends a test, as Lacks does, if something is missing.
func Needs(t testing.TB, d driver.Driver) {
	t.Helper()
	if err := conformance.Missing(t.Context(), d); err != nil {
		Lacks(t, err.Error())
	}
}

// Lacks ends a test for want of something that is to be installed. The test is
// skipped, but in CI, where everything is to be tested, it fails.
func Lacks(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Serve offers a driver over the protocol, in this process, until the test
// ends, and returns a client of it.
func Serve(t testing.TB, d driver.Driver) *client.Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(plugin.ServerOptions()...)
	driverpb.RegisterDriverServer(server, plugin.NewServer(d))
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with Stop
	}()
	conn, err := grpc.NewClient("passthrough:///plugin", append(client.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		<-served
	})
	return client.New(d.Info().Name, conn, nil)
}
