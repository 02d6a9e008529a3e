package drivertest

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/node"
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
			case Lacking:
				t.Skip("the driver does not offer it")
			case Failed:
				t.Error(result.Detail)
			default:
				t.Logf("%s (%s)", result.Proven, result.Detail)
			}
		})
	}
}

// Results puts a driver through the suite, and returns what came of it.
func Results(t testing.TB, d driver.Driver, setup driver.Setup) []Result {
	t.Helper()
	setup = Deploy(t, d, setup).Setup
	results, err := Check(t.Context(), Subject{Plugin: Serve(t, d), Setup: setup}, func(Result) {})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// Deployment is a store that was deployed for a test.
type Deployment struct {
	*node.Cluster // nil where nothing was to be deployed
	Setup         driver.Setup
}

// Deploy fills in a setup, deploys the store if the driver can, and takes it
// down at the end of the test.
func Deploy(t testing.TB, d driver.Driver, setup driver.Setup) *Deployment {
	t.Helper()
	info := d.Info()
	options, err := driver.FillOptions(info.Name, info.Options, setup.Options)
	if err != nil {
		t.Fatal(err)
	}
	setup.Options = options
	setup.Nodes = max(setup.Nodes, 1)
	setup.External = len(setup.Endpoints) > 0
	if setup.Reads == "" {
		setup.Reads = driver.Linearizable
	}
	if setup.Timeout == 0 {
		setup.Timeout = 5 * time.Second
	}
	if _, err := d.Guarantees(setup); err != nil {
		t.Fatal(err)
	}
	deployed := &Deployment{Setup: setup}
	provisioner, ok := d.(driver.Provisioner)
	if !ok || setup.External {
		return deployed
	}
	inside, _ := d.(driver.NodeController)
	deployed.Cluster, err = node.Deploy(t.Context(), node.Deployment{
		Within: 3 * time.Minute, // also on a busy machine
		Dir:    t.TempDir(), Name: "cluster", Setup: setup, Ports: provisioner.Ports(setup), Inside: inside,
		Provision: func(_ context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
			return provisioner.Provision(setup, places)
		},
		Report: func(e node.Event) { t.Logf("%s %s %s", e.Kind, e.Node, e.Detail) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := deployed.Close(false); err != nil {
			t.Error(err)
		}
	})
	deployed.Setup.Endpoints = deployed.Endpoints()
	return deployed
}

// Provisioned is a driver whose nodes are deployed in another way than its own.
type Provisioned struct {
	driver.Driver
	// By takes the driver's place as the one that describes the nodes.
	By func(own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error)
}

// Ports is how many ports the driver's own nodes need.
func (p Provisioned) Ports(setup driver.Setup) int {
	return p.Driver.(driver.Provisioner).Ports(setup)
}

// Provision describes the nodes.
func (p Provisioned) Provision(setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	return p.By(p.Driver.(driver.Provisioner), setup, places)
}

// Missing says what is to be installed before a driver can deploy its store
// here.
func Missing(d driver.Driver) error {
	info := d.Info()
	options, err := driver.FillOptions(info.Name, info.Options, nil)
	if err != nil {
		return err
	}
	_, err = d.Guarantees(driver.Setup{Nodes: 1, Reads: driver.Linearizable, Options: options})
	return err
}

// Needs ends a test, as Lacks does, if something is missing.
func Needs(t testing.TB, d driver.Driver) {
	t.Helper()
	if err := Missing(d); err != nil {
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
// ends.
func Serve(t testing.TB, d driver.Driver) driverpb.DriverClient {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(driverpb.MaxMessage), grpc.MaxSendMsgSize(driverpb.MaxMessage))
	driverpb.RegisterDriverServer(server, driver.NewServer(d))
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with Stop
	}()
	conn, err := grpc.NewClient("passthrough:///plugin",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(driverpb.MaxMessage), grpc.MaxCallSendMsgSize(driverpb.MaxMessage)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		<-served
	})
	return driverpb.NewDriverClient(conn)
}
