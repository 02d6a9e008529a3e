package main

import (
	"context"

	"github.com/hashicorp/go-hclog"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/record"
)

// plugins are those that host finds and launches.
type plugins struct {
	search host.Search
	log    hclog.Logger
}

func (l plugins) launch(ctx context.Context, store string, env map[string]string) (*host.Plugin, error) {
	path, err := l.search.Find(store)
	if err != nil {
		return nil, err
	}
	return host.Launch(ctx, store, path, host.Options{Log: l.log, Env: env})
}

// Launch launches a plugin for an experiment.
func (l plugins) Launch(ctx context.Context, store string, env map[string]string) (experiment.Plugin, error) {
	p, err := l.launch(ctx, store, env)
	if err != nil {
		return experiment.Plugin{}, err
	}
	return experiment.Plugin{
		Identity: experiment.Identity{Path: p.Path(), SHA256: p.SHA256(), PID: p.PID()},
		Setups:   p, Nodes: p, Loads: p, Close: p.Close,
	}, nil
}

// keeper is the archive of an experiment.
type keeper struct{ *archive.Archive }

func (k keeper) BeginRun(ctx context.Context, r record.Run, phases []record.Phase) (experiment.RunWriter, error) {
	w, err := k.Archive.BeginRun(ctx, r, phases)
	if err != nil {
		return nil, err
	}
	return w, nil
}
