package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/workloads"
)

func (a *app) workloadCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "workload", Short: "List, explain and check workload definitions"}
	var stores []string
	var listJSON, showJSON, checkJSON bool
	format := "table"
	list := &cobra.Command{
		Use:   "list",
		Short: "List the definitions that are shipped, and with --store on which stores they run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listJSON {
				if cmd.Flags().Changed("format") {
					return usagef("--json does not go with --format %s", format)
				}
				format = "json"
			}
			return a.listWorkloads(cmd.Context(), stores, format)
		},
	}
	list.Flags().StringSliceVar(&stores, "store", nil, "`NAME`s of stores: what of each workload their plugins lack")
	list.Flags().StringVar(&format, "format", format, "`FORMAT`: table, markdown or json")
	jsonFlag(list, &listJSON)
	show := &cobra.Command{
		Use:   "show WORKLOAD[@VERSION] | FILE",
		Short: "Explain a definition: what it answers, its parameters, its source",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.showWorkload(args[0], showJSON) },
	}
	jsonFlag(show, &showJSON)
	check := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a definition or an experiment",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.checkFile(args[0], checkJSON) },
	}
	jsonFlag(check, &checkJSON)
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
	cmd.AddCommand(list, show, check, schema)
	return cmd
}

// checkFile says what a file holds, if that is valid.
func (a *app) checkFile(ref string, asJSON bool) error {
	spec, fromFile, err := readSpec(ref)
	if err != nil {
		return err
	}
	if !fromFile {
		d := spec.Workloads[0].Definition
		if asJSON {
			return report.WriteJSON(a.json, documentOf(d))
		}
		fmt.Fprintf(a.stdout, "%s is valid, sha256 %s\n", d.Ref(), d.SHA256())
		return nil
	}
	plan, err := experiment.NewPlan(spec)
	if err != nil {
		return &usageError{err}
	}
	if asJSON {
		return report.WriteJSON(a.json, struct {
			Experiment string `json:"experiment"`
			Runs       int    `json:"runs"`
		}{plan.Name, len(plan.Runs)})
	}
	fmt.Fprintf(a.stdout, "experiment %s is valid, %s\n", plan.Name, format.Count(len(plan.Runs), "run"))
	return nil
}

// listWorkloads lists the shipped definitions with their summaries, or with
// what each store's plugin lacks to execute them.
func (a *app) listWorkloads(ctx context.Context, stores []string, format string) error {
	if format != "table" && format != "markdown" && format != "json" {
		return usagef("--format %q is none of table, markdown, json", format)
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
	documents := []workloadDocument{}
	for _, d := range definitions {
		row, document := []string{d.Ref()}, documentOf(d)
		if len(stores) == 0 {
			row = append(row, d.Summary)
		}
		load, _, err := d.Bind(nil)
		if err != nil {
			return err
		}
		for _, plugin := range plugins {
			missing := lacking(plugin, load)
			row = append(row, lacks(missing))
			document.Lacks[plugin.Name] = missing
		}
		t.Rows = append(t.Rows, row)
		documents = append(documents, document)
	}
	if format == "json" {
		return report.WriteJSON(a.json, documents)
	}
	if format == "markdown" {
		return t.WriteMarkdown(a.stdout)
	}
	return t.Write(a.stdout)
}

// workloadDocument is a definition as JSON.
type workloadDocument struct {
	Workload    string              `json:"workload"`
	Version     int                 `json:"version"`
	SHA256      string              `json:"sha256"`
	Summary     string              `json:"summary"`
	Source      string              `json:"source"`
	Description string              `json:"description,omitempty"`
	Params      []paramDocument     `json:"params"`
	Lacks       map[string][]string `json:"lacks,omitempty"` // by store, operations that its plugin lacks
}

type paramDocument struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Default string `json:"default"`
	Help    string `json:"help"`
}

func documentOf(d *workload.Definition) workloadDocument {
	document := workloadDocument{
		Workload: d.Name, Version: d.Version, SHA256: d.SHA256(), Summary: d.Summary, Source: d.Source, Description: d.Description,
		Params: []paramDocument{}, Lacks: map[string][]string{},
	}
	for _, p := range d.Params {
		document.Params = append(document.Params, paramDocument{p.Name, string(p.Type), p.Default, p.Help})
	}
	return document
}

// lacking lists the operations that a plugin lacks to execute a workload.
func lacking(plugin protocol.Description, load *load.Load) []string {
	missing := []string{}
	for _, op := range load.Ops() {
		if !plugin.Can(op) {
			missing = append(missing, op.String())
		}
	}
	return missing
}

func lacks(missing []string) string {
	if len(missing) == 0 {
		return "runs"
	}
	return "lacks " + strings.Join(missing, ", ")
}

func (a *app) showWorkload(ref string, asJSON bool) error {
	d, err := findWorkload(ref)
	if err != nil {
		return err
	}
	if asJSON {
		return report.WriteJSON(a.json, documentOf(d))
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
