package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/internal/owned"
	"github.com/benchctl/benchctl/core/internal/variables"
	"github.com/benchctl/benchctl/core/machine"
)

// ReadyWithin is how long nodes may take until they serve, if nothing else is
// asked for.
const ReadyWithin = 60 * time.Second

// Deployment is a cluster to be deployed.
type Deployment struct {
	Dir   string // in which the cluster gets a folder of its own
	Name  string // that the folder's name begins with, after benchctl-
	Setup driver.Setup
	Ports int // of each node
	// Provision says how to start each node.
	Provision func(context.Context, driver.Setup, []driver.Place) ([]driver.Node, error)
	Inside    Controller // see NewCluster
	Report    func(Event)
	Within    time.Duration // every node has to serve; 0: ReadyWithin
	Keep      bool          // the folder, whatever happens
}

// Deploy starts a fresh cluster and returns once every node serves. If one
// does not, the cluster is closed and returned all the same, for its logs.
func Deploy(ctx context.Context, d Deployment) (*Cluster, error) {
	folder, err := d.folder()
	if err != nil {
		return nil, err
	}
	c, err := d.describe(ctx, folder.Path)
	if err != nil {
		return nil, errors.Join(err, folder.Remove())
	}
	c.folder = folder
	if !d.Keep {
		if c.janitor, err = hire(folder.Paths()); err != nil {
			c.release()
			return nil, errors.Join(fmt.Errorf("start /bin/sh, which removes %s should benchctl be killed: %w", folder.Path, err), folder.Remove())
		}
	}
	within := cmp.Or(d.Within, ReadyWithin)
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("%v have passed", within))
	defer cancel()
	if err := c.Start(ctx); err != nil {
		return c, errors.Join(err, c.Close(d.Keep))
	}
	return c, nil
}

// folder makes the cluster's folder, once those are removed that nobody owns any
// more: the janitor of a benchctl may have been killed with it.
func (d Deployment) folder() (*owned.Folder, error) {
	dir, err := filepath.Abs(d.Dir) // nodes run in folders of their own
	if err == nil {
		err = machine.CheckName(dir)
	}
	if err != nil {
		return nil, fault.Errorf(machine.ErrDataFolder, "make a folder for the nodes: %w: name another data folder", err)
	}
	owned.Sweep(dir)
	mk := owned.Make
	if d.Keep {
		mk = owned.Keepable
	}
	folder, err := mk(dir, d.Name)
	if err != nil {
		return nil, fault.Errorf(machine.ErrDataFolder, "make a folder for the nodes: %w: name another data folder", err)
	}
	return folder, nil
}

func (d Deployment) describe(ctx context.Context, dir string) (*Cluster, error) {
	places, err := Places(dir, d.Setup.Nodes, d.Ports)
	if err != nil {
		return nil, err
	}
	nodes, err := d.Provision(ctx, d.Setup, places)
	if err == nil {
		for i := range nodes {
			nodes[i].Env = append(nodes[i].Env, variables.List(d.Setup.Env)...)
		}
		var c *Cluster
		if c, err = NewCluster(dir, nodes, places, d.Inside, d.Report); err == nil {
			return c, nil
		}
	}
	for _, place := range places {
		Release(place.Ports...)
	}
	return nil, err
}
