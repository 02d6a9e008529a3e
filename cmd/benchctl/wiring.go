package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/record"
)

// plugins gives an experiment the plugins that host finds and launches.
type plugins struct {
	search host.Search
	log    hclog.Logger
}

func (l plugins) Launch(ctx context.Context, store string) (experiment.Plugin, error) {
	path, err := l.search.Find(store)
	if err != nil {
		return nil, err
	}
	p, err := host.Launch(ctx, store, path, host.Options{Log: l.log})
	if err != nil {
		return nil, err
	}
	return hosted{p}, nil
}

type hosted struct{ *host.Plugin }

func (p hosted) Identity() experiment.Identity {
	return experiment.Identity{Path: p.Path(), SHA256: p.SHA256(), PID: p.PID()}
}

// keeper gives an experiment the archive.
type keeper struct {
	*archive.Archive
	args        []string // the command line
	environment int64
}

func (k *keeper) Begin(ctx context.Context, plan *experiment.Plan, e record.Environment) (int64, error) {
	if err := k.archiveEnvironment(ctx, e); err != nil {
		return 0, err
	}
	for _, d := range plan.Definitions() {
		err := k.Workload(ctx, record.Workload{
			Name: d.Name, Version: d.Version, SHA256: d.SHA256(),
			Definition: d.Canonical(), Source: string(d.Text()),
		})
		if err != nil {
			return 0, err
		}
	}
	document, err := plan.Document()
	if err != nil {
		return 0, err
	}
	return k.BeginExperiment(ctx, record.Experiment{
		Seed: plan.Seed, Plan: document, Command: strings.Join(append([]string{"benchctl"}, k.args...), " "),
	})
}

func (k *keeper) Resume(ctx context.Context, _ int64, e record.Environment) error {
	return k.archiveEnvironment(ctx, e) // the rest is there
}

func (k *keeper) archiveEnvironment(ctx context.Context, e record.Environment) (err error) {
	k.environment, err = k.Environment(ctx, record.Environment{
		CPU: e.CPU, Cores: e.Cores, MemoryBytes: e.MemoryBytes, Kernel: e.Kernel, OS: e.OS,
		Filesystem: e.Filesystem, Fsync: e.Fsync, Virtualization: e.Virtualization, ClockSource: e.ClockSource,
	})
	return err
}

func (k *keeper) BeginRun(ctx context.Context, id int64, r experiment.Record) (experiment.Writer, error) {
	setup, err := json.Marshal(r.Setup)
	if err != nil {
		return nil, err
	}
	guarantees, err := json.Marshal(r.Guarantees)
	if err != nil {
		return nil, err
	}
	definition := r.Definition()
	var phases []record.Phase
	for _, p := range r.Load().Stages() {
		phases = append(phases, record.Phase{Name: p.Name, Warmup: p.Warmup})
	}
	w, err := k.Archive.BeginRun(ctx, record.Run{
		Experiment:    id,
		Position:      r.Position,
		Store:         r.Store,
		StoreVersion:  r.Description.StoreVersion,
		PluginVersion: r.Description.Version,
		PluginSHA256:  r.Identity.SHA256,
		Nodes:         r.Nodes,
		Setup:         setup,
		Guarantees:    guarantees,
		Workload:      definition.Name, WorkloadVersion: definition.Version, WorkloadSHA256: definition.SHA256(),
		Params:      r.Params,
		Threads:     r.Threads,
		Watchers:    r.Load().Watchers(),
		Repeat:      r.Repeat,
		Seed:        r.Seed,
		Environment: k.environment,
		Labels:      r.Labels,
		Warnings:    r.Warnings,
	}, phases)
	if err != nil {
		return nil, err
	}
	return writer{w, phases}, nil
}

type writer struct {
	*archive.RunWriter
	phases []record.Phase
}

func (w writer) Event(at time.Duration, kind, node, detail string) error {
	return w.RunWriter.Event(record.Event{At: at, Kind: kind, Node: node, Detail: detail})
}

func (w writer) Verdict(phase int, v record.Verdict) error {
	return w.RunWriter.Verdict(record.Verdict{
		Phase: w.phases[phase].Name, Property: v.Property, Result: v.Result, Checked: v.Checked, Detail: v.Detail, History: v.History,
	})
}

func (w writer) Warn(text string) {
	_ = w.RunWriter.Warn(text) // an archive that takes no warning fails the run when it ends
}

func (w writer) End(ctx context.Context, state record.State, failure error) error {
	text := ""
	if failure != nil {
		text = failure.Error()
	}
	return w.Finish(ctx, record.State(state), text)
}
