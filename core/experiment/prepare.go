package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/machine"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

// prepared is what is known of a run before its load starts.
type prepared struct {
	run         Run
	setup       driver.Setup
	guarantees  driver.Guarantees
	description protocol.Description
	ports       int           // that each node needs
	fsync       time.Duration // takes that long in the data folder; 0: no node keeps data there
	warnings    []string
}

// deployed reports whether the run's nodes are ours to start.
func (p prepared) deployed() bool {
	return !p.setup.External && p.description.Has(driver.CapabilityProvision)
}

// prepare asks the plugin for all that is archived before the load starts.
func (e *execution) prepare(ctx context.Context, run Run, plugin Plugin) (prepared, error) {
	p := prepared{run: run}
	changed, err := e.earlier.CheckPlugin(run.Store, plugin.Identity)
	if err != nil {
		return p, err
	}
	p.warn(changed)
	p.warn(e.earlier.machineWarning(e.environment))
	if p.description, err = plugin.Setups.Describe(ctx); err != nil {
		return p, err
	}
	if p.setup, err = e.plan.DriverSetup(p.description, run); err != nil {
		return p, err
	}
	if p.guarantees, p.ports, err = plugin.Setups.Prepare(ctx, p.setup); err != nil {
		return p, err
	}
	if len(run.Env) > 0 {
		p.guarantees.Notes = append(p.guarantees.Notes, "added to the environment of plugin and servers: "+format.Pairs(run.Env))
	}
	if !p.deployed() {
		return p, nil
	}
	if p.fsync, err = e.executor.Fsync(e.dataDir); err != nil {
		return p, err
	}
	if machine.KeptInMemory(e.environment.Filesystem) {
		p.warn(fmt.Sprintf("the nodes' data is in %s, which is a %s: fsync costs nothing there, so writes are faster than on a disk",
			e.dataDir, e.environment.Filesystem))
	}
	return p, nil
}

// warn adds a warning, if there is one.
func (p *prepared) warn(text string) {
	if text != "" {
		p.warnings = append(p.warnings, text)
	}
}

// beginRun archives that a prepared run starts.
func (e *execution) beginRun(ctx context.Context, experiment int64, p prepared, plugin Identity) (RunWriter, error) {
	setup, err := json.Marshal(p.setup)
	if err != nil {
		return nil, err
	}
	guarantees, err := json.Marshal(p.guarantees)
	if err != nil {
		return nil, err
	}
	load, definition := p.run.load, p.run.definition
	var phases []record.Phase
	for _, stage := range load.Stages() {
		phases = append(phases, record.Phase{Name: stage.Name, Warmup: stage.Warmup})
	}
	return e.executor.Archive.BeginRun(ctx, record.Run{
		Experiment:      experiment,
		Position:        p.run.Position,
		Store:           p.run.Store,
		StoreVersion:    p.description.StoreVersion,
		PluginVersion:   p.description.Version,
		PluginSHA256:    plugin.SHA256,
		Nodes:           p.run.Nodes,
		Threads:         p.run.Threads,
		Watchers:        load.Watchers(),
		Setup:           setup,
		Guarantees:      guarantees,
		Workload:        definition.Name,
		WorkloadVersion: definition.Version,
		WorkloadSHA256:  definition.SHA256(),
		Params:          p.run.Params,
		Repeat:          p.run.Repeat,
		Seed:            p.run.Seed,
		Environment:     e.environment.ID,
		Fsync:           p.fsync,
		Labels:          p.run.labels(e.plan.Labels),
		Warnings:        p.warnings,
	}, phases)
}
