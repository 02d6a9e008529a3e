package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/conformance"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/report"
)

// checkFlags are the flags of plugin check as they were given.
type checkFlags struct {
	nodes     int
	reads     string
	options   []string
	env       []string
	endpoints []string
	timeout   time.Duration
	ready     time.Duration
	dataDir   string
	format    string
	asJSON    bool
}

func (a *app) checkCommand() *cobra.Command {
	f := &checkFlags{}
	cmd := &cobra.Command{
		Use:   "check NAME…",
		Short: "Put plugins through the conformance suite on a store that runs",
		Long: `Put plugins through the conformance suite on a store that runs.

Every function that a plugin offers is tried through the protocol on a store
that is deployed for it: what each operation does and how it fails, ephemeral
and sequential keys, transactions, watches and waits, sessions whose client has
died, cancellation, and whether reads are as consistent as the plugin declares.
It exits with 1 if any case fails.`,
		Example: `  benchctl plugin check etcd
  benchctl plugin check etcd --nodes 3 --reads sequential --option etcd.binary=/usr/bin/etcd
  benchctl plugin check etcd zookeeper raftembed memory --format markdown`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.asJSON {
				if cmd.Flags().Changed("format") && f.format != "json" {
					return usagef("--json does not go with --format %s", f.format)
				}
				f.format = "json"
			}
			return a.check(cmd.Context(), f, args)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.nodes, "nodes", 1, "`NUMBER` of nodes to deploy the store with")
	flags.StringVar(&f.reads, "reads", string(driver.Linearizable), "`CONSISTENCY` of reads: linearizable or sequential")
	flags.StringArrayVar(&f.options, "option", nil, "an option of a store's driver, `store.key=value`; may be repeated")
	registerEnv(flags, &f.env)
	flags.StringSliceVar(&f.endpoints, "endpoints", nil, "`URL`s of a store that runs already; none is deployed then")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Second, "`D` after which an operation counts as failed")
	flags.DurationVar(&f.ready, "ready-timeout", node.ReadyWithin, "`D` after which a node that does not serve ends the check")
	flags.StringVar(&f.dataDir, "data-dir", os.TempDir(), "the `FOLDER` in which nodes keep their data meanwhile")
	flags.StringVar(&f.format, "format", "table", "`FORMAT`: table, markdown (the functions only) or json")
	flags.BoolVar(&f.asJSON, "json", false, "short for --format json")
	return cmd
}

// checked is what the suite showed of one plugin.
type checked struct {
	Plugin  string               `json:"plugin"`
	Results []conformance.Result `json:"results"`
}

func (a *app) check(ctx context.Context, f *checkFlags, names []string) error {
	options, err := parseOptions(f.options)
	if err != nil {
		return err
	}
	switch reads := driver.Consistency(f.reads); {
	case reads != driver.Linearizable && reads != driver.Sequential:
		return usagef("--reads %q is neither linearizable nor sequential", f.reads)
	case f.nodes < 1:
		return usagef("--nodes %d: there must be at least 1", f.nodes)
	case f.timeout <= 0:
		return usagef("--timeout %v should be above 0", f.timeout)
	case f.ready <= 0:
		return usagef("--ready-timeout %v should be above 0", f.ready)
	}
	env, err := parseEnv(f.env)
	if err != nil {
		return err
	}
	if f.format != "table" && f.format != "markdown" && f.format != "json" {
		return usagef("--format %q is none of table, markdown, json", f.format)
	}
	if len(f.endpoints) > 0 && len(names) > 1 {
		return usagef("--endpoints are those of one store: name one plugin")
	}
	console := newConsole(a.stderr)
	defer console.clear()
	plugins := plugins{search: host.NewSearch(a.getenv), log: a.logger(console)}
	var all []checked
	failed := 0
	for _, name := range names {
		results, err := a.checkOne(ctx, console, plugins, f, name, options[name], env)
		if err != nil {
			return asUsage(err)
		}
		all = append(all, checked{name, results})
		failed += len(conformance.Violations(results))
	}
	console.clear()
	switch f.format {
	case "json":
		err = report.WriteJSON(a.json, all)
	case "markdown":
		err = functionsTable(all).WriteMarkdown(a.stdout)
	default:
		fmt.Fprintln(a.stdout)
		err = functionsTable(all).Write(a.stdout)
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("%s of the suite failed: what each says is above", format.Count(failed, "case"))
	}
	return err
}

// checkOne deploys the store of one plugin and puts it through the suite.
func (a *app) checkOne(ctx context.Context, console *console, plugins plugins, f *checkFlags, name string, options, env map[string]string) ([]conformance.Result, error) {
	console.status("%s: launching", name)
	launched, err := plugins.launch(ctx, name, env)
	if err != nil {
		return nil, err
	}
	defer launched.Close()
	description, err := launched.Describe(ctx)
	if err != nil {
		return nil, err
	}
	filled, err := driver.FillOptions(name, description.Options, options)
	if err != nil {
		return nil, usagef("%v", err)
	}
	setup := driver.Setup{
		Nodes: f.nodes, Reads: driver.Consistency(f.reads), Options: filled, Env: env, Timeout: f.timeout,
		Endpoints: f.endpoints, External: len(f.endpoints) > 0,
	}
	if setup.External {
		if err := experiment.CheckEndpoints(name, f.endpoints); err != nil {
			return nil, &usageError{err}
		}
		setup.Nodes = len(f.endpoints)
	}
	guarantees, ports, err := launched.Prepare(ctx, setup)
	if err != nil {
		return nil, err
	}
	if !setup.External && description.Has(driver.CapabilityProvision) {
		console.status("%s: starting %s", name, format.Count(setup.Nodes, "node"))
		cluster, err := node.Deploy(ctx, node.Deployment{
			Dir: f.dataDir, Name: "check-" + name, Setup: setup, Ports: ports,
			Provision: launched.Provision, Inside: launched, Report: func(node.Event) {}, Within: f.ready,
		})
		if err != nil {
			return nil, err
		}
		defer cluster.Close(false)
		setup.Endpoints = cluster.Endpoints()
	}
	if f.format == "table" {
		fmt.Fprintf(a.stdout, "%s, %s, %s reads\n", name, format.Count(setup.Nodes, "node"), guarantees.Reads)
	}
	console.status("%s: %s", name, "create")
	return conformance.Check(ctx, conformance.Subject{Plugin: launched.Client, Setup: setup}, func(r conformance.Result) {
		console.clear()
		if f.format == "table" || r.Verdict == conformance.Failed {
			a.printResult(f.format, name, r)
		}
		console.status("%s: after %s", name, r.Case)
	})
}

// printResult prints what a case came to; where standard output has another
// form, failures go to standard error.
func (a *app) printResult(format, name string, r conformance.Result) {
	out, text := a.stdout, r.Proven
	if format != "table" {
		out = a.stderr
		fmt.Fprint(out, name+": ")
	}
	sign := "✓"
	switch r.Verdict {
	case conformance.Failed:
		sign, text = "✗", "FAILED"
	case conformance.Lacking:
		sign, text = "–", "not offered"
	}
	if text != "" && r.Detail != "" {
		text += ": "
	}
	fmt.Fprintf(out, "  %s %-26s %s\n", sign, r.Case, text+r.Detail)
}

// functionsTable shows what was proven of each function for each plugin.
func functionsTable(all []checked) report.Table {
	t := report.Table{Columns: []report.Column{{Name: "function"}}}
	for _, c := range all {
		t.Columns = append(t.Columns, report.Column{Name: c.Plugin})
	}
	for _, function := range conformance.Functions() {
		row := []string{string(function)}
		for _, c := range all {
			row = append(row, conformance.Proven(c.Results, function))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
