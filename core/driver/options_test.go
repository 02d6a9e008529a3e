package driver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPathsAreMadeAbsolute(t *testing.T) {
	here, onPath := t.TempDir(), t.TempDir()
	for _, dir := range []string{here, onPath} {
		if err := os.WriteFile(filepath.Join(dir, "server"), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(here)
	t.Setenv("PATH", onPath)
	options := []Option{{Name: "file", Type: Path}, {Name: "program", Type: Program}}
	for _, test := range []struct{ option, given, want string }{
		{"file", "", ""},
		{"file", "ca.pem", filepath.Join(here, "ca.pem")},
		{"file", "../größe/ca.pem", filepath.Join(filepath.Dir(here), "größe", "ca.pem")},
		{"file", "/etc//ca.pem", "/etc/ca.pem"},
		{"program", "", ""},
		{"program", "server", filepath.Join(onPath, "server")},
		{"program", "./server", filepath.Join(here, "server")},
		{"program", "/x/server", "/x/server"},
	} {
		filled, err := FillOptions("x", options, map[string]string{test.option: test.given})
		if err != nil || filled[test.option] != test.want {
			t.Errorf("%s=%s: %q, %v, want %q", test.option, test.given, filled[test.option], err, test.want)
		}
	}
	for given, want := range map[string]string{"none": "there is no program none on PATH: name its path, such as ./none", "a\xff": "is no path in UTF-8"} {
		if _, err := FillOptions("x", options, map[string]string{"program": given}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
