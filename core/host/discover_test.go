package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/host"
)

// write makes a file with its folders.
func write(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
		t.Fatal(err)
	}
}

func getenv(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestPluginsAreFoundInOrder(t *testing.T) {
	dir := t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	write(t, at("first", "benchctl-plugin-etcd"), 0o755)
	write(t, at("sec[o]nd *", "benchctl-plugin-etcd"), 0o755)
	write(t, at("sec[o]nd *", "benchctl-plugin-a-b"), 0o755)
	write(t, at("path", "benchctl-plugin-zookeeper"), 0o755)
	write(t, at("path", "benchctl-plugin-notes"), 0o644)
	write(t, at("path", "benchctl-plugin-folder", "x"), 0o755)
	write(t, at("path", "benchctl-plugin-"), 0o755)
	write(t, at("path", "other-plugin-x"), 0o755)
	for link, target := range map[string]string{
		at("path", "benchctl-plugin-linked"):  at("first", "benchctl-plugin-etcd"),
		at("path", "benchctl-plugin-dangles"): at("nothing"),
		at("same"):                            at("first"),
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	list := func(folders ...string) string { return strings.Join(folders, string(os.PathListSeparator)) }
	search := host.NewSearch(getenv(map[string]string{
		"BENCHCTL_PLUGIN_PATH": list(at("first"), at("sec[o]nd *")),
		"PATH":                 list(at("missing"), "", at("path"), at("same")),
	}))
	want := []host.Found{
		{Name: "a-b", Path: at("sec[o]nd *", "benchctl-plugin-a-b")},
		{Name: "etcd", Path: at("first", "benchctl-plugin-etcd")},
		{Name: "etcd", Path: at("sec[o]nd *", "benchctl-plugin-etcd"), Hidden: true},
		{Name: "linked", Path: at("path", "benchctl-plugin-linked")},
		{Name: "zookeeper", Path: at("path", "benchctl-plugin-zookeeper")},
	}
	if diff := cmp.Diff(want, search.List()); diff != "" {
		t.Errorf("List (-want +got):\n%s", diff)
	}
	if path, err := search.Find("etcd"); err != nil || path != at("first", "benchctl-plugin-etcd") {
		t.Errorf("Find: %s, %v", path, err)
	}
	_, err := search.Find("notes")
	wantText := `no plugin for store "notes": there are a-b, etcd, linked, zookeeper; put benchctl-plugin-notes beside benchctl, on PATH or in a folder of $BENCHCTL_PLUGIN_PATH`
	if !errors.Is(err, client.ErrPlugin) || err.Error() != wantText {
		t.Errorf("Find: %v", err)
	}
}

func TestAPluginBesideTheBinaryComesBeforePATH(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(filepath.Dir(self), "benchctl-plugin-beside")
	write(t, beside, 0o755)
	defer os.Remove(beside)
	onPath := filepath.Join(t.TempDir(), "benchctl-plugin-beside")
	write(t, onPath, 0o755)
	search := host.NewSearch(getenv(map[string]string{"PATH": filepath.Dir(onPath)}))
	if path, err := search.Find("beside"); err != nil || filepath.Base(filepath.Dir(path)) != filepath.Base(filepath.Dir(self)) {
		t.Errorf("Find: %s, %v", path, err)
	}
	before := host.NewSearch(getenv(map[string]string{"BENCHCTL_PLUGIN_PATH": filepath.Dir(onPath)}))
	if path, err := before.Find("beside"); err != nil || path != onPath {
		t.Errorf("Find: %s, %v", path, err)
	}
}

func TestAFolderMayBeRelative(t *testing.T) {
	t.Chdir(filepath.Dir(binary(t, "benchctl-plugin-scripted")))
	path, err := host.NewSearch(getenv(map[string]string{"BENCHCTL_PLUGIN_PATH": "."})).Find("scripted")
	if err != nil || !filepath.IsAbs(path) {
		t.Fatalf("Find: %s, %v", path, err)
	}
	for _, path := range []string{path, "benchctl-plugin-scripted"} {
		p, err := host.Launch(t.Context(), "scripted", path, host.Options{})
		if err != nil {
			t.Fatalf("launch %s: %v", path, err)
		}
		p.Close()
	}
}

func TestWithoutPluginsTheErrorSaysSo(t *testing.T) {
	_, err := host.NewSearch(getenv(nil)).Find("etcd")
	if err == nil || !strings.Contains(err.Error(), `no plugin for store "etcd": none is found; put benchctl-plugin-etcd`) {
		t.Errorf("Find: %v", err)
	}
}
