// Package host finds, verifies and launches plugins, speaks with them, routes
// their logs and ends them. It leaves no process behind, whichever side dies
// first.
package host

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/spelling"
)

// Found is a plugin's binary.
type Found struct {
	Name   string `json:"name"` // of the store
	Path   string `json:"path"`
	Hidden bool   `json:"hidden,omitempty"` // another of the same name comes first
}

// Search is where plugins are looked for.
type Search struct {
	folders []string
}

// NewSearch looks in the folders of $BENCHCTL_PLUGIN_PATH, then beside
// benchctl's own binary, then in those of $PATH.
func NewSearch(getenv func(string) string) Search {
	folders := filepath.SplitList(getenv("BENCHCTL_PLUGIN_PATH"))
	if self, err := os.Executable(); err == nil {
		if resolved, err := filepath.EvalSymlinks(self); err == nil {
			self = resolved
		}
		folders = append(folders, filepath.Dir(self))
	}
	folders = append(folders, filepath.SplitList(getenv("PATH"))...)
	var search Search
	seen := map[string]bool{}
	for _, folder := range folders {
		if folder == "" { // as os/exec does, so that a folder is searched only if it is named
			continue
		}
		folder, err := filepath.Abs(folder) // a bare name would be looked up on PATH when it is run
		if err != nil {
			continue
		}
		resolved, err := filepath.EvalSymlinks(folder)
		if err != nil || seen[resolved] {
			continue
		}
		seen[resolved] = true
		search.folders = append(search.folders, folder)
	}
	return search
}

// List returns every plugin that is found, by name and then in the order of
// the search.
func (s Search) List() []Found {
	var all []Found
	seen := map[string]bool{}
	for _, folder := range s.folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // PATH may name what this person cannot read
		}
		for _, entry := range entries {
			name, ok := strings.CutPrefix(entry.Name(), protocol.BinaryPrefix)
			if runtime.GOOS == "windows" {
				name = strings.TrimSuffix(name, ".exe")
			}
			path := filepath.Join(folder, entry.Name())
			if !ok || name == "" || !executable(path) {
				continue
			}
			all = append(all, Found{Name: name, Path: path, Hidden: seen[name]})
			seen[name] = true
		}
	}
	slices.SortStableFunc(all, func(a, b Found) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0)
}

// Find returns the path of the plugin for a store.
func (s Search) Find(store string) (string, error) {
	var names []string
	for _, found := range s.List() {
		if found.Name == store {
			return found.Path, nil
		}
		if !found.Hidden {
			names = append(names, found.Name)
		}
	}
	there := "none is found"
	if len(names) > 0 {
		there = "there are " + strings.Join(names, ", ")
	}
	return "", client.Failf(nil, "no plugin for store %q%s: %s; put %s%s beside benchctl, on PATH or in a folder of $BENCHCTL_PLUGIN_PATH",
		store, spelling.Meant(store, names), there, protocol.BinaryPrefix, store)
}
