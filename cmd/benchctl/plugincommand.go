package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/report"
)

func (a *app) pluginCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "plugin", Short: "List, describe and check the plugins that are found"}
	cmd.AddCommand(a.pluginListCommand())
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

// pluginDocument is a plugin that was found as JSON.
type pluginDocument struct {
	Plugin  string `json:"plugin"`
	Version string `json:"version,omitempty"`
	Summary string `json:"summary"` // or why it is not used
	Path    string `json:"path"`
	Usable  bool   `json:"usable"`
}

func (a *app) pluginListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the plugins, and where they were found",
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := []pluginDocument{}
			t := report.Table{Columns: []report.Column{{Name: "plugin"}, {Name: "version"}, {Name: "summary"}, {Name: "path"}}}
			for _, f := range host.NewSearch(a.getenv).List() {
				p := pluginDocument{Plugin: f.Name, Path: f.Path}
				description, err := a.describe(cmd.Context(), f.Name, f.Path)
				switch {
				case f.Hidden:
					p.Summary = "not used: another of this name is found first"
				case err != nil:
					p.Summary = "not usable: " + strings.ReplaceAll(err.Error(), "\n", " ")
				default:
					p.Version, p.Summary, p.Usable = description.Version, description.Summary, true
				}
				found = append(found, p)
				t.Rows = append(t.Rows, []string{p.Plugin, p.Version, p.Summary, p.Path})
			}
			switch {
			case asJSON:
				return report.WriteJSON(a.json, found)
			case len(found) == 0:
				return fmt.Errorf("no plugin is found: put binaries called %sNAME beside benchctl, on PATH or in a folder of $BENCHCTL_PLUGIN_PATH", protocol.BinaryPrefix)
			}
			return t.Write(a.stdout)
		},
	}
	jsonFlag(cmd, &asJSON)
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
