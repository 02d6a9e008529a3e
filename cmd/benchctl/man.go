package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) manCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "man [COMMAND]",
		Short: "Print the manual page of a command, or write all of them",
		Long: `Print the manual page of a command, or with -o write those of all commands into
a folder, as a package does.`,
		Example: `  benchctl man | man -l -
  benchctl man run | man -l -
  benchctl man -o man1`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true
			if output != "" {
				if len(args) > 0 {
					return usagef("-o writes the pages of all commands: leave out %s", strings.Join(args, " "))
				}
				return a.writeManual(root, output)
			}
			of, left, err := root.Find(args)
			if err != nil || len(left) > 0 {
				return usagef("there is no command %q: `%s --help` lists them", strings.Join(args, " "), root.Name())
			}
			text, err := manualPage(of)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `DIR` to write the pages of all commands into")
	return cmd
}

func manualPage(of *cobra.Command) ([]byte, error) {
	var page bytes.Buffer
	// A date that stays: the same source gives the same page.
	date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	err := doc.GenMan(of, &doc.GenManHeader{Section: "1", Source: "benchctl " + buildVersion(), Manual: "benchctl", Date: &date}, &page)
	return page.Bytes(), err
}

// writeManual writes the pages of a command and of all below it.
func (a *app) writeManual(of *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of the pages: %w", err)
	}
	text, err := manualPage(of)
	if err != nil {
		return err
	}
	file := filepath.Join(folder, strings.ReplaceAll(of.CommandPath(), " ", "-")+".1")
	if err := create(file, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	for _, sub := range of.Commands() {
		if sub.IsAvailableCommand() {
			if err := a.writeManual(sub, folder); err != nil {
				return err
			}
		}
	}
	return nil
}
