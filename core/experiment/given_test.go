package experiment

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
)

func TestEndpointsAreDistinct(t *testing.T) {
	same := map[string]string{
		"a:1":                     "a:1",
		"http://a:1":              "https://A:1/",
		"a.:1":                    "a:01",
		"https://a":               "a:443",
		"[::1]:1":                 "http://[0:0:0:0:0:0:0:1]:1",
		"127.0.0.1:1":             "localhost:1",
		"[::ffff:10.0.0.1]:1":     " 10.0.0.1:1",
		"http://10.0.0.1:2379///": "10.0.0.1:2379",
	}
	for a, b := range same {
		if err := CheckEndpoints("etcd", []string{"other:1", a, b}); err == nil || !strings.HasSuffix(err.Error(), ": name each node once") {
			t.Errorf("%q and %q: %v", a, b, err)
		}
	}
	for _, empty := range []string{"", " ", "http://", ":"} {
		if err := CheckEndpoints("etcd", []string{"a:1", empty}); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Errorf("%q: %v", empty, err)
		}
	}
	if err := CheckEndpoints("etcd", []string{"a:1", "a:2", "b:1", "[::1]:1", "127.0.0.1:1", "http://c:1", "unix"}); err != nil {
		t.Error(err)
	}
}

func TestRelativePathsAreResolvedOnce(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	description := protocol.Description{Name: "a", Options: []driver.Option{{Name: "ca", Type: driver.Path}, {Name: "text", Type: driver.String}}}
	shared := map[string]string{"ca": "ca.pem", "text": "./a"}
	asked := spec(t)
	asked.Setups[0].Options = map[string]map[string]string{"a": shared, "b": shared}
	plan, err := NewPlan(asked)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // again from elsewhere, as when it is resumed
		if err := plan.ResolveOptions(description); err != nil {
			t.Fatal(err)
		}
		t.Chdir(t.TempDir())
	}
	for _, run := range plan.Runs {
		want := map[string]string{"a": filepath.Join(here, "ca.pem"), "b": "ca.pem"}[run.Store]
		if run.Options["ca"] != want || run.Options["text"] != "./a" {
			t.Errorf("%s: %v", run.Store, run.Options)
		}
	}
}
