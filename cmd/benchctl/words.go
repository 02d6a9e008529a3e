package main

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// selects marks commands that take the words of SELECT.
const selects = "select"

var (
	dashed = regexp.MustCompile(`^-+([A-Za-z][\w.-]*:.*)`)
	asTerm = regexp.MustCompile(`^[\w.-]+:`)
)

// checkWords refuses words of SELECT that begin with a hyphen, before they are
// taken for flags: -op:delete would be -o with the file p:delete. What stands
// after -- is no flag.
func checkWords(root *cobra.Command, args []string) error {
	cmd, _, err := root.Find(args)
	if err != nil || cmd.Annotations[selects] == "" {
		return nil
	}
	for _, arg := range args {
		if arg == "--" {
			return nil
		}
		if match := dashed.FindStringSubmatch(arg); match != nil {
			return usagef("%q would be taken for flags: write NOT %s to leave that out", arg, match[1])
		}
	}
	return nil
}

// checkOutput refuses the name of a file that is rather a word of SELECT.
func checkOutput(flag, name string) error {
	if asTerm.MatchString(name) && !strings.ContainsAny(name, `/\`) {
		return usagef("%s %s looks like a part of SELECT: write ./%s if it is the name of a file, and NOT key:value to leave something out", flag, name, name)
	}
	return nil
}
