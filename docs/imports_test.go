package docs_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/benchctl/benchctl/"

// imports asks the compiler what each package of core imports of this module,
// tests aside.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	// What another program reads is nothing that this test's cached result depends
	// on: so look at every file.
	err := filepath.WalkDir("../core", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".go" {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", "list", "-json=ImportPath,Imports", "./core/...")
	command.Dir = ".."
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		mine := []string{}
		for _, path := range p.Imports {
			if name, ok := strings.CutPrefix(path, module); ok {
				mine = append(mine, strings.TrimPrefix(name, "core/"))
			}
		}
		slices.Sort(mine)
		found[strings.TrimPrefix(p.ImportPath, module+"core/")] = mine
	}
}

var row = regexp.MustCompile("(?m)^\\| `core/([^`]+)` \\| [^|]* \\| ([^|]*) \\|$")

// The table of architecture.md has every package of core with what it imports,
// and imports go only upwards in it.
func TestTheTableOfImports(t *testing.T) {
	page, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	found := imports(t)
	var above []string
	for _, cells := range row.FindAllStringSubmatch(string(page), -1) {
		name, listed := cells[1], []string{}
		for _, word := range strings.Split(cells[2], ",") {
			if word = strings.TrimSpace(word); word != "" {
				listed = append(listed, word)
			}
		}
		slices.Sort(listed)
		actual, ok := found[name]
		if !ok {
			t.Errorf("core/%s is in the table, and there is no such package", name)
			continue
		}
		if !slices.Equal(listed, actual) {
			t.Errorf("core/%s: the table has\n  %s\nand it imports\n  %s", name, strings.Join(listed, ", "), strings.Join(actual, ", "))
		}
		for _, path := range actual {
			if !slices.Contains(above, path) && path != "migrations" && path != "workloads" {
				t.Errorf("core/%s imports %s, which does not stand above it", name, path)
			}
		}
		above = append(above, name)
	}
	for name := range found {
		if !slices.Contains(above, name) {
			t.Errorf("core/%s is missing from the table", name)
		}
	}
}

// What each kind of binary must not link.
func TestWhatIsNotLinked(t *testing.T) {
	for of, never := range map[string][]string{
		"./plugins/...":      {"github.com/goccy/go-yaml", "github.com/mattn/go-sqlite3", module + "core/archive", module + "core/host", module + "core/experiment"},
		"./core/driver":      {"google.golang.org/grpc", "github.com/hashicorp/go-plugin", "github.com/anishathalye/porcupine", module + "core/load"},
		"./core/experiment":  {"github.com/anishathalye/porcupine", "github.com/mattn/go-sqlite3", "github.com/hashicorp/go-plugin"},
		"./core/archive":     {"github.com/anishathalye/porcupine", "google.golang.org/grpc", "github.com/goccy/go-yaml"},
		"./core/chart/...":   {"github.com/mattn/go-sqlite3", "google.golang.org/grpc"},
		"./cmd/benchctl":     {module + "core/engine", module + "core/plugin", module + "core/driver/drivertest"},
		"./core/load":        {"github.com/goccy/go-yaml"},
		"./core/conformance": {"testing"},
		"./core/engine":      {"github.com/goccy/go-yaml"},
	} {
		command := exec.Command("go", "list", "-deps", of)
		command.Dir = ".."
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range strings.Fields(string(out)) {
			for _, bad := range never {
				if path == bad || strings.HasPrefix(path, bad+"/") {
					t.Errorf("%s links %s", of, path)
				}
			}
		}
	}
}
