package main

import (
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/benchctl/benchctl/core/experiment"
)

// registerEnv adds the flag by which variables are added to the environment of
// plugins and servers, which have few of the caller's.
func registerEnv(flags *pflag.FlagSet, into *[]string) {
	flags.StringArrayVar(into, "env", nil, "an environment variable for plugins and servers, `NAME=VALUE`, or NAME to hand on the one that is set here; archived; may be repeated")
}

// parseEnv reads what --env was given. A name alone takes the caller's value.
func parseEnv(given []string) (map[string]string, error) {
	env := map[string]string{}
	for _, g := range given {
		name, value, ok := strings.Cut(g, "=")
		if !ok {
			if value, ok = os.LookupEnv(name); !ok {
				return nil, usagef("--env %s: no such variable is set here: write --env NAME=VALUE", quote(g))
			}
		}
		if err := experiment.CheckEnv(name, value); err != nil {
			return nil, usagef("--env %s: %v", quote(g), err)
		}
		if _, twice := env[name]; twice {
			return nil, usagef("--env %s is given twice: a run has one value of it", name)
		}
		env[name] = value
	}
	return env, nil
}
