// Package workloads holds the definitions that benchctl ships.
package workloads

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/spelling"
	"github.com/benchctl/benchctl/core/workload"
)

//go:embed *.yaml
var files embed.FS

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema of definitions, for editors.
func Schema() []byte { return schema }

// All returns every shipped definition, by name.
func All() ([]*workload.Definition, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var definitions []*workload.Definition
	for _, entry := range entries {
		source, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		definition, err := workload.Parse(entry.Name(), source)
		if err != nil {
			return nil, err
		}
		definitions = append(definitions, definition)
	}
	return definitions, nil
}

// Find returns the shipped definition with a name, or with name@version.
func Find(ref string) (*workload.Definition, error) {
	definitions, err := All()
	if err != nil {
		return nil, err
	}
	name, version, versioned := strings.Cut(ref, "@")
	for _, d := range definitions {
		if d.Name == name && (!versioned || version == strconv.Itoa(d.Version)) {
			return d, nil
		}
	}
	names := make([]string, len(definitions))
	for i, d := range definitions {
		names[i] = d.Name
	}
	meant := ""
	if !slices.Contains(names, name) { // else it is the version
		meant = spelling.Meant(name, names)
	}
	return nil, fmt.Errorf("no workload %q is shipped%s: `benchctl workload list` shows those that are; a file's name ends in .yaml", ref, meant)
}
