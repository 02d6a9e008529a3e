// Package variables makes the environment variables of plugins and servers: a
// few of benchctl's own, and what was added on purpose. All else that happens to
// be set where benchctl is started could change what is measured without a word.
package variables

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Inherited are the variables that plugins and servers have from benchctl, if it
// has them.
var Inherited = []string{"HOME", "JAVA_HOME", "PATH", "TMPDIR", "TZ"}

// locale is what all have, so that file names and texts are UTF-8 wherever
// benchctl is started.
const locale = "LC_ALL=C.UTF-8"

// paths are the variables, beside those that end in _HOME, whose relative paths
// mean the folder that benchctl was started in.
var paths = []string{"HOME", "PATH", "TMPDIR"}

// Make returns the variables that are inherited, also those of more names, and
// what is added, which comes last. Paths among them are absolute.
func Make(added map[string]string, more ...string) []string {
	made := []string{locale}
	for _, name := range slices.Concat(Inherited, more) {
		if value, set := os.LookupEnv(name); set && value != "" {
			made = append(made, name+"="+absolute(name, value))
		}
	}
	return append(made, List(added)...)
}

// List returns variables as NAME=VALUE, by name.
func List(added map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(added)) {
		list = append(list, name+"="+added[name])
	}
	return list
}

func absolute(name, value string) string {
	if !slices.Contains(paths, name) && !strings.HasSuffix(name, "_HOME") {
		return value
	}
	var folders []string
	for _, folder := range filepath.SplitList(value) {
		if folder == "" {
			continue // whichever folder a program runs in
		}
		if abs, err := filepath.Abs(folder); err == nil {
			folder = abs
		}
		folders = append(folders, folder)
	}
	return strings.Join(folders, string(os.PathListSeparator))
}

var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Check refuses a variable that cannot be added.
func Check(variable, value string) error {
	switch {
	case !name.MatchString(variable):
		return fmt.Errorf("%q is no name of an environment variable: use letters, digits and _, no digit first", variable)
	case strings.HasPrefix(variable, "PLUGIN_"), strings.HasPrefix(variable, "BENCHCTL_"):
		return fmt.Errorf("the environment variable %s is for what benchctl and its plugins say to each other: it cannot be added", variable)
	case strings.ContainsRune(value, 0):
		return fmt.Errorf("the value of the environment variable %s has a zero byte in it, which no program can be given", variable)
	}
	return nil
}
