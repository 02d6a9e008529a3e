package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/workloads"
)

func (a *app) workloadCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "workload", Short: "List, explain and check workload definitions"}
	var stores []string
	format := "table"
	list := &cobra.Command{
		Use:   "list",
		Short: "List the definitions that are shipped, and with --store on which stores they run",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listWorkloads(cmd.Context(), stores, format) },
	}
	list.Flags().StringSliceVar(&stores, "store", nil, "`NAME`s of stores: what of each workload their plugins lack")
	list.Flags().StringVar(&format, "format", format, "`FORMAT`: table or markdown")
	cmd.AddCommand(list, &cobra.Command{
		Use:   "show WORKLOAD[@VERSION] | FILE",
		Short: "Explain a definition: what it answers, its parameters, its source",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.showWorkload(args[0]) },
	}, &cobra.Command{
		Use:   "check FILE",
		Short: "Check a definition or an experiment",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.checkFile(args[0]) },
	})
	var ofExperiments bool
	schema := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of definitions or experiments, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text := workloads.Schema()
			if ofExperiments {
				text = experiment.Schema()
			}
			_, err := a.json.Write(text)
			return err
		},
	}
	schema.Flags().BoolVar(&ofExperiments, "experiment", false, "the schema of experiment files")
	cmd.AddCommand(schema)
	return cmd
}

// checkFile says what a file holds, if that is valid.
func (a *app) checkFile(ref string) error {
	spec, fromFile, err := readSpec(ref)
	if err != nil {
		return err
	}
	if !fromFile {
		d := spec.Workloads[0].Definition
		fmt.Fprintf(a.stdout, "%s is valid, sha256 %s\n", d.Ref(), d.SHA256())
		return nil
	}
	plan, err := experiment.NewPlan(spec)
	if err != nil {
		return &usageError{err}
	}
	fmt.Fprintf(a.stdout, "experiment %s is valid, %s\n", plan.Name, format.Count(len(plan.Runs), "run"))
	return nil
}

// listWorkloads lists the shipped definitions with their summaries, or with
// what each store's plugin lacks to execute them.
func (a *app) listWorkloads(ctx context.Context, stores []string, format string) error {
	if format != "table" && format != "markdown" {
		return usagef("--format %q is neither table nor markdown", format)
	}
	definitions, err := workloads.All()
	if err != nil {
		return err
	}
	t := report.Table{Columns: []report.Column{{Name: "workload"}}}
	var plugins []protocol.Description
	search := host.NewSearch(a.getenv)
	for _, store := range stores {
		path, err := search.Find(store)
		if err != nil {
			return err
		}
		description, err := a.describe(ctx, store, path)
		if err != nil {
			return err
		}
		plugins = append(plugins, description)
		t.Columns = append(t.Columns, report.Column{Name: store})
	}
	if len(stores) == 0 {
		t.Columns = append(t.Columns, report.Column{Name: "summary"})
	}
	for _, d := range definitions {
		row := []string{d.Ref()}
		if len(stores) == 0 {
			row = append(row, d.Summary)
		}
		load, _, err := d.Bind(nil)
		if err != nil {
			return err
		}
		for _, plugin := range plugins {
			row = append(row, lacks(plugin, load))
		}
		t.Rows = append(t.Rows, row)
	}
	if format == "markdown" {
		return t.WriteMarkdown(a.stdout)
	}
	return t.Write(a.stdout)
}

// lacks says what a plugin lacks to execute a workload.
func lacks(plugin protocol.Description, load *load.Load) string {
	var missing []string
	for _, op := range load.Ops() {
		if !plugin.Can(op) {
			missing = append(missing, op.String())
		}
	}
	if len(missing) == 0 {
		return "runs"
	}
	return "lacks " + strings.Join(missing, ", ")
}

func (a *app) showWorkload(ref string) error {
	d, err := findWorkload(ref)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: %s\nsource: %s\nsha256: %s\n", d.Ref(), d.Summary, d.Source, d.SHA256())
	if d.Description != "" {
		fmt.Fprintf(a.stdout, "\n%s\n", d.Description)
	}
	if len(d.Params) > 0 {
		t := report.Table{Columns: []report.Column{{Name: "parameter"}, {Name: "type"}, {Name: "default"}, {Name: "meaning"}}}
		for _, p := range d.Params {
			t.Rows = append(t.Rows, []string{p.Name, string(p.Type), p.Default, p.Help})
		}
		fmt.Fprintln(a.stdout)
		if err := t.Write(a.stdout); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "\n%s", d.Text())
	return nil
}

func (a *app) pluginCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "plugin", Short: "List, describe and check the plugins that are found"}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the plugins, and where they were found",
		RunE: func(cmd *cobra.Command, _ []string) error {
			search := host.NewSearch(a.getenv)
			t := report.Table{Columns: []report.Column{{Name: "plugin"}, {Name: "version"}, {Name: "summary"}, {Name: "path"}}}
			for _, found := range search.List() {
				var version, summary string
				description, err := a.describe(cmd.Context(), found.Name, found.Path)
				switch {
				case found.Hidden:
					summary = "not used: another of this name is found first"
				case err != nil:
					summary = "not usable: " + strings.ReplaceAll(err.Error(), "\n", " ")
				default:
					version, summary = description.Version, description.Summary
				}
				t.Rows = append(t.Rows, []string{found.Name, version, summary, found.Path})
			}
			if len(t.Rows) == 0 {
				return fmt.Errorf("no plugin is found: put binaries called %sNAME beside benchctl, on PATH or in a folder of $BENCHCTL_PLUGIN_PATH", protocol.BinaryPrefix)
			}
			return t.Write(a.stdout)
		},
	})
	var asJSON bool
	describe := &cobra.Command{
		Use:   "describe NAME",
		Short: "Say what a plugin can do, and its options",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := host.NewSearch(a.getenv).Find(args[0])
			if err != nil {
				return err
			}
			d, err := a.describe(cmd.Context(), args[0], path)
			if err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(a.json, d)
			}
			return a.printDescription(d, path)
		},
	}
	describe.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/format/protocol.md)")
	cmd.AddCommand(describe, a.checkCommand())
	return cmd
}

func (a *app) describe(ctx context.Context, name, path string) (protocol.Description, error) {
	return describe(ctx, name, path, a.logger(newConsole(a.stderr)))
}

func describe(ctx context.Context, name, path string, log hclog.Logger) (protocol.Description, error) {
	p, err := host.Launch(ctx, name, path, host.Options{Log: log})
	if err != nil {
		return protocol.Description{}, err
	}
	defer p.Close()
	return p.Describe(ctx)
}

func (a *app) printDescription(d protocol.Description, path string) error {
	facts := report.Table{Columns: []report.Column{{Name: ""}, {Name: ""}}}
	add := func(name, value string) { facts.Rows = append(facts.Rows, []string{name, value}) }
	add("plugin", d.Name+" "+d.Version)
	add("summary", d.Summary)
	if d.StoreVersion != "" {
		add("store", d.StoreVersion)
	}
	add("path", path)
	add("SDK, protocol", fmt.Sprintf("%s, %d", d.SDKVersion, d.ProtocolVersion))
	ops, capabilities := []string{}, []string{}
	for _, op := range d.Ops {
		ops = append(ops, op.String())
	}
	for _, c := range d.Capabilities {
		capabilities = append(capabilities, string(c))
	}
	add("operations", strings.Join(ops, ", "))
	if len(capabilities) > 0 {
		add("capabilities", strings.Join(capabilities, ", "))
	}
	if err := facts.Write(a.stdout); err != nil {
		return err
	}
	if len(d.Options) == 0 {
		return nil
	}
	t := report.Table{Columns: []report.Column{{Name: "option"}, {Name: "type"}, {Name: "default"}, {Name: "meaning"}}}
	for _, o := range d.Options {
		kind := string(o.Type)
		if len(o.Allowed) > 0 {
			kind = strings.Join(o.Allowed, " or ")
		}
		t.Rows = append(t.Rows, []string{d.Name + "." + o.Name, kind, o.Default, o.Help})
	}
	fmt.Fprintln(a.stdout)
	return t.Write(a.stdout)
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of benchctl and its formats",
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version  string `json:"version"`
				Protocol int    `json:"protocol"`
				Schema   int64  `json:"schema"`
				Go       string `json:"go"`
			}{buildVersion(), protocol.Version, archive.Schema, runtime.Version()}
			if asJSON {
				return json.NewEncoder(a.json).Encode(v)
			}
			fmt.Fprintf(a.stdout, "benchctl %s, plugin protocol %d, archive schema %d, %s\n", v.Version, v.Protocol, v.Schema, v.Go)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// buildVersion is the module's version where it was installed from one, and
// the SDK's for a build from the source tree.
func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return driver.SDKVersion + "-dev"
}
