package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/workload"
)

// spec makes of the argument and the flags what an experiment is asked for.
func (f *runFlags) spec(ref string, given func(flag string) bool) (experiment.Spec, error) {
	spec, fromFile, err := readSpec(ref)
	if err != nil {
		return spec, err
	}
	if !fromFile {
		spec.Stores = f.stores
		spec.Setups[0].Nodes = f.nodes
	}
	if err := f.applyTerms(&spec, given); err != nil {
		return spec, err
	}
	if given("store") {
		replaceStores(&spec, f.stores)
	}
	if given("threads") {
		spec.Threads = f.threads
	}
	if given("until-decided") {
		margin, err := experiment.ParseMargin(f.untilDecided)
		if err != nil {
			return spec, usagef("--until-decided: %w", err)
		}
		spec.DecideWithin(margin)
	}
	if given("repeat") {
		spec.Repeat = f.repeat
	}
	if given("endpoints") {
		if err := f.applyEndpoints(&spec, fromFile, given("nodes")); err != nil {
			return spec, err
		}
	}
	if err := f.applySetup(spec.Setups, given); err != nil {
		return spec, err
	}
	return spec, f.applyParams(spec.Workloads, given)
}

// readSpec reads an experiment file, or makes the spec of a workload.
func readSpec(ref string) (spec experiment.Spec, fromFile bool, err error) {
	var definition *workload.Definition
	if isFile(ref) {
		source, err := readSource(ref)
		if err != nil {
			return spec, false, err
		}
		if experiment.IsFile(source) {
			spec, err = parseExperiment(ref, source)
			return spec, true, err
		}
		definition, err = workload.Parse(ref, source)
		if err != nil {
			return spec, false, err
		}
	} else if definition, err = findWorkload(ref); err != nil {
		return spec, false, err
	}
	spec = experiment.Defaults()
	spec.Workloads = []experiment.Workload{{Definition: definition}}
	spec.Seed = definition.Seed
	return spec, false, nil
}

// applyTerms sets what holds for all runs.
func (f *runFlags) applyTerms(spec *experiment.Spec, given func(flag string) bool) error {
	if given("seed") {
		spec.Seed = f.seed
	}
	if given("timeout") {
		if f.timeout <= 0 {
			return usagef("--timeout %v should be above 0", f.timeout)
		}
		spec.Timeout = f.timeout
	}
	if given("ready-timeout") {
		if f.ready <= 0 {
			return usagef("--ready-timeout %v should be above 0", f.ready)
		}
		spec.ReadyTimeout = f.ready
	}
	if given("verify") {
		spec.Verify = load.Verify(f.verify)
		if !slices.Contains(load.Verifications, spec.Verify) {
			return usagef("--verify %q is none of none, read-back, linearizable", f.verify)
		}
	}
	for _, l := range f.labels {
		name, value, ok := strings.Cut(l, "=")
		if !ok || name == "" {
			return usagef("--label %q should be key=value", l)
		}
		spec.Labels[name] = value
	}
	if given("data-dir") {
		dir, err := filepath.Abs(f.dataDir) // it is resumed from elsewhere perhaps
		if err != nil {
			return usagef("--data-dir %s: %v", f.dataDir, err)
		}
		spec.DataDir = dir
	}
	spec.KeepData, spec.ReuseClusters = f.keepData, f.reuse
	return nil
}

// replaceStores takes away the options and endpoints of those that are left
// out, too.
func replaceStores(spec *experiment.Spec, stores []string) {
	left := func(store string) bool { return slices.Contains(stores, store) }
	spec.Stores = stores
	for _, setup := range spec.Setups {
		maps.DeleteFunc(setup.Options, func(store string, _ map[string]string) bool { return !left(store) })
		maps.DeleteFunc(setup.Endpoints, func(store string, _ []string) bool { return !left(store) })
	}
}

func (f *runFlags) applyEndpoints(spec *experiment.Spec, fromFile, nodes bool) error {
	switch {
	case fromFile:
		return usagef("--endpoints does not go with an experiment file: give a setup of the file endpoints, by store")
	case len(spec.Stores) > 1:
		return usagef("--endpoints belongs to one store: name just that one with --store")
	}
	setup := &spec.Setups[0]
	setup.Endpoints = map[string][]string{}
	for _, store := range spec.Stores {
		setup.Endpoints[store] = f.endpoints
	}
	if !nodes {
		setup.Nodes = []int{len(f.endpoints)}
	}
	return nil
}

// applySetup sets what a flag says of a setup in all of them.
func (f *runFlags) applySetup(setups []experiment.Setup, given func(flag string) bool) error {
	reads := driver.Consistency(f.reads)
	if reads != driver.Linearizable && reads != driver.Sequential {
		return usagef("--reads %q is neither linearizable nor sequential", f.reads)
	}
	options, err := parseOptions(f.options)
	if err != nil {
		return err
	}
	env, err := parseEnv(f.env)
	if err != nil {
		return err
	}
	for i := range setups {
		setup := &setups[i]
		if given("nodes") {
			setup.Nodes = f.nodes
		}
		if given("reads") {
			setup.Reads = []driver.Consistency{reads}
		}
		if len(env) > 0 {
			setup.Env = maps.Clone(setup.Env)
			if setup.Env == nil {
				setup.Env = map[string]string{}
			}
			maps.Copy(setup.Env, env)
		}
		if setup.Options == nil {
			setup.Options = map[string]map[string]string{}
		}
		for store, values := range options {
			if setup.Options[store] == nil {
				setup.Options[store] = map[string]string{}
			}
			maps.Copy(setup.Options[store], values)
		}
	}
	return nil
}

// parseOptions reads store.key=value, by store and key.
func parseOptions(given []string) (map[string]map[string]string, error) {
	options := map[string]map[string]string{}
	for _, o := range given {
		key, value, ok := strings.Cut(o, "=")
		store, name, dotted := strings.Cut(key, ".")
		if !ok || !dotted || store == "" || name == "" {
			return nil, usagef("--option %q should be store.key=value", o)
		}
		if options[store] == nil {
			options[store] = map[string]string{}
		}
		options[store][name] = value
	}
	return options, nil
}
