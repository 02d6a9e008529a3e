package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/node"
)

// deployment is a launched plugin and, where it deploys its store, the cluster
// that it said how to start. It serves one run after the other.
type deployment struct {
	plugin  Plugin
	cluster Cluster // nil: nothing is deployed

	mu      sync.Mutex
	report  func(node.Event) // of the run that is served; nil: none is
	unheard []node.Event     // what happened while none was
}

// serve makes a run the one that hears of the nodes, first of what happened
// while nobody did.
func (d *deployment) serve(report func(node.Event)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report = report
	for _, e := range d.unheard {
		report(e)
	}
	d.unheard = nil
}

// rest ends the service of a run: what happens from here on is the next one's.
func (d *deployment) rest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report = nil
}

func (d *deployment) event(e node.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.report == nil {
		d.unheard = append(d.unheard, e)
		return
	}
	d.report(e)
}

// lost returns the nodes of a deployment that has been kept which serve no more.
func (d *deployment) lost(ctx context.Context) []string {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Lost(ctx)
}

// close takes the cluster down and ends the plugin.
func (d *deployment) close(keepData bool) error {
	var err error
	if d.cluster != nil {
		err = d.cluster.Close(keepData)
	}
	return errors.Join(err, d.plugin.Close())
}

// deployments are those of an experiment: a fresh one for each run or, where
// clusters are reused, one for all runs that it can serve.
type deployments struct {
	launcher Launcher
	deploy   func(context.Context, node.Deployment) (Cluster, error)
	dataDir  string
	terms    Terms
	kept     map[string]*deployment // for later runs, by Run.Deployment
}

// take returns the deployment that a run is to use. Its nodes run or are still
// to be deployed: a cluster that was kept and has lost a node since is closed,
// and a fresh one takes its place, which the warning says.
func (k *deployments) take(ctx context.Context, r Run) (_ *deployment, warning string, err error) {
	at := r.Deployment()
	d := k.kept[at]
	if d == nil {
		d, err = k.launch(ctx, r)
		return d, "", err
	}
	lost := d.lost(ctx)
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	if len(lost) == 0 {
		return d, "", nil
	}
	delete(k.kept, at)
	if err := d.close(k.terms.KeepData); err != nil {
		return nil, "", err
	}
	fresh, err := k.launch(ctx, r)
	if err != nil {
		return nil, "", err
	}
	d.serve(fresh.event)
	for name, log := range d.cluster.Logs() {
		if slices.Contains(lost, name) {
			fresh.event(logKept(name, log))
		}
	}
	nodes := "node " + lost[0]
	if len(lost) > 1 {
		nodes = "nodes " + strings.Join(lost, ", ")
	}
	return fresh, fmt.Sprintf("the cluster that was kept had lost %s, so a fresh one was deployed", nodes), nil
}

func (k *deployments) launch(ctx context.Context, r Run) (*deployment, error) {
	plugin, err := k.launcher.Launch(ctx, r.Store, r.Env)
	if err != nil {
		return nil, err
	}
	return &deployment{plugin: plugin}, nil
}

// start starts the cluster of a deployment unless it runs.
func (k *deployments) start(ctx context.Context, d *deployment, name string, setup driver.Setup, ports int) error {
	if d.cluster != nil {
		return nil
	}
	var err error
	d.cluster, err = k.deploy(ctx, node.Deployment{
		Dir: k.dataDir, Name: name, Setup: setup, Ports: ports,
		Provision: d.plugin.Nodes.Provision, Inside: d.plugin.Nodes, Report: d.event, Within: k.terms.ReadyTimeout, Keep: k.terms.KeepData,
	})
	return err
}

// release closes a deployment after a run, or keeps it for the next one. One
// that a run has failed on is of no more use.
func (k *deployments) release(d *deployment, r Run, failed bool) error {
	if k.terms.ReuseClusters && !failed {
		k.kept[r.Deployment()] = d
		return nil
	}
	delete(k.kept, r.Deployment())
	return d.close(k.terms.KeepData)
}

// keepFor closes what is kept and none of the runs to come will use.
func (k *deployments) keepFor(runs []Run) error {
	used := map[string]bool{}
	for _, run := range runs {
		used[run.Deployment()] = true
	}
	var errs []error
	for at, d := range k.kept {
		if !used[at] {
			errs = append(errs, d.close(k.terms.KeepData))
			delete(k.kept, at)
		}
	}
	return errors.Join(errs...)
}

// close closes what is still kept.
func (k *deployments) close() error { return k.keepFor(nil) }

// LogKept is the kind of event whose detail is the end of a node's log.
const LogKept node.EventKind = "node-log"

func logKept(name, log string) node.Event {
	return node.Event{At: time.Now(), Kind: LogKept, Node: name, Detail: log}
}
