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
func (d *deployment) deploy(ctx context.Context, e *execution, name string, setup driver.Setup, ports int) error {
	if d.cluster != nil {
		return nil
	}
	var err error
	d.cluster, err = node.Deploy(ctx, node.Deployment{
		Dir: e.dataDir, Name: name, Setup: setup, Ports: ports,
		Provision: d.plugin.Provision, Inside: d.plugin, Report: d.event, Within: e.plan.ReadyTimeout, Keep: e.plan.KeepData,
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

// deployment returns the one that a run is to use: a fresh one, or with
// ReuseClusters that of an earlier run.
func (e *execution) deployment(ctx context.Context, r Run) (*deployment, error) {
	if d := e.kept[r.Deployment()]; d != nil {
		return d, nil
	}
	plugin, err := e.Plugins.Launch(ctx, r.Store)
	if err != nil {
		return nil, err
	}
	return &deployment{plugin: plugin, report: func(node.Event) {}}, nil
}

// release closes a deployment after a run, or keeps it for the next one. One
// that a run has failed on is of no more use.
func (e *execution) release(d *deployment, r Run, failed bool) error {
	if e.plan.ReuseClusters && !failed {
		if e.kept == nil {
			e.kept = map[string]*deployment{}
		}
		e.kept[r.Deployment()] = d
		return nil
	}
	delete(e.kept, r.Deployment())
	return d.close(e.plan.KeepData)
}

// releaseAll closes what is still kept.
func (e *execution) releaseAll() error {
	var errs []error
	for at, d := range e.kept {
		errs = append(errs, d.close(e.plan.KeepData))
		delete(e.kept, at)
	}
	return errors.Join(errs...)
}
