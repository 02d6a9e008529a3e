package conformance

import (
	"context"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/node"
)

// Deployment is a store that was deployed to be tried.
type Deployment struct {
	*node.Cluster // nil where nothing was to be deployed
	Setup         driver.Setup
}

// Close takes the store down. It may be called where nothing was deployed.
func (d *Deployment) Close() error {
	if d.Cluster == nil {
		return nil
	}
	return d.Cluster.Close(false)
}

// NodeEvent is something that happened to a node.
type NodeEvent = node.Event

// deployWithin bounds a deployment, on a busy machine too.
const deployWithin = 3 * time.Minute

// Deploy deploys a driver's store in a folder, in this process, and tells report
// what happens to its nodes; check, which may be nil, sees them before they are
// started. What the setup leaves out has a default: the
// driver's options, one node, linearizable reads, a timeout of 5 s. A setup with
// endpoints, or of a driver that deploys nothing, is only filled in.
func Deploy(ctx context.Context, dir string, d driver.Driver, setup driver.Setup, check func([]driver.Node) error, report func(NodeEvent)) (*Deployment, error) {
	setup, err := fill(d, setup)
	if err != nil {
		return nil, err
	}
	if _, err := d.Guarantees(ctx, setup); err != nil {
		return nil, err
	}
	deployed := &Deployment{Setup: setup}
	provisioner, ok := d.(driver.Provisioner)
	if !ok || setup.External {
		return deployed, nil
	}
	inside, _ := d.(driver.NodeController)
	ports, err := provisioner.Ports(ctx, setup)
	if err != nil {
		return nil, err
	}
	deployed.Cluster, err = node.Deploy(ctx, node.Deployment{
		Dir: dir, Name: "cluster", Within: deployWithin, Setup: setup, Ports: ports, Inside: inside, Report: report,
		Provision: func(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
			nodes, err := provisioner.Provision(ctx, setup, places)
			if err == nil && check != nil {
				err = check(nodes)
			}
			return nodes, err
		},
	})
	if err != nil {
		return nil, err
	}
	deployed.Setup.Endpoints = deployed.Endpoints()
	return deployed, nil
}

// fill gives what a setup leaves out.
func fill(d driver.Driver, setup driver.Setup) (driver.Setup, error) {
	info := d.Info()
	options, err := driver.FillOptions(info.Name, info.Options, setup.Options)
	if err != nil {
		return setup, err
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
	return setup, nil
}

// Missing says what is to be installed before a driver can deploy its store on
// this machine.
func Missing(ctx context.Context, d driver.Driver) error {
	setup, err := fill(d, driver.Setup{})
	if err == nil {
		_, err = d.Guarantees(ctx, setup)
	}
	return err
}
