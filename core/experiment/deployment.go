package experiment

import (
	"context"
	"errors"
	"sync"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/node"
)

// deployment is a launched plugin and, where it deploys its store, the cluster
// that it said how to start. It serves one run after the other.
type deployment struct {
	plugin  Plugin
	cluster *node.Cluster // nil: nothing is deployed

	mu     sync.Mutex
	report func(node.Event) // of the run that is served
}

// serve makes a run the one that hears of the nodes.
func (d *deployment) serve(report func(node.Event)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report = report
}

func (d *deployment) event(e node.Event) {
	d.mu.Lock()
	report := d.report
	d.mu.Unlock()
	report(e)
}

// deploy starts the cluster unless it runs.
func (d *deployment) deploy(ctx context.Context, x *Executor, name string, setup driver.Setup, ports int) error {
	if d.cluster != nil {
		return nil
	}
	var err error
	d.cluster, err = node.Deploy(ctx, node.Deployment{
		Dir: x.DataDir, Name: name, Setup: setup, Ports: ports,
		Provision: d.plugin.Provision, Inside: d.plugin, Report: d.event, Within: x.ReadyWithin, Keep: x.KeepData,
	})
	return err
}

// close takes the cluster down and ends the plugin.
func (d *deployment) close(keepData bool) error {
	var err error
	if d.cluster != nil {
		err = d.cluster.Close(keepData)
	}
	return errors.Join(err, d.plugin.Close())
}

// place tells deployments apart that are kept for later runs.
type place struct {
	store string
	nodes int
}

// deployment returns the one that a run is to use: a fresh one, or with Reuse
// that of an earlier run.
func (x *Executor) deployment(ctx context.Context, r Run) (*deployment, error) {
	if d := x.kept[place{r.Store, r.Nodes}]; d != nil {
		return d, nil
	}
	plugin, err := x.Plugins.Launch(ctx, r.Store)
	if err != nil {
		return nil, err
	}
	return &deployment{plugin: plugin, report: func(node.Event) {}}, nil
}

// release closes a deployment after a run, or keeps it for the next one. One
// that a run has failed on is of no more use.
func (x *Executor) release(d *deployment, r Run, failed bool) error {
	at := place{r.Store, r.Nodes}
	if x.Reuse && !failed {
		if x.kept == nil {
			x.kept = map[place]*deployment{}
		}
		x.kept[at] = d
		return nil
	}
	delete(x.kept, at)
	return d.close(x.KeepData)
}

// releaseAll closes what is still kept.
func (x *Executor) releaseAll() error {
	var errs []error
	for at, d := range x.kept {
		errs = append(errs, d.close(x.KeepData))
		delete(x.kept, at)
	}
	return errors.Join(errs...)
}
