package driver_test

import (
	"testing"

	"github.com/benchctl/benchctl/core/driver"
)

func TestEndpointsHaveAPort(t *testing.T) {
	for endpoint, want := range map[string]string{
		"foo:2379":                "",
		"https://größe:2379":      "",
		"http://10.0.0.1:2379/":   "",
		"[::1]:2379":              "",
		"unix:///run/etcd.sock":   "",
		"foo":                     "endpoint foo has no port: write host:port, such as foo:2379",
		"größe":                   "endpoint größe has no port: write host:port, such as größe:2379",
		"foo:":                    "endpoint foo: has no port: write host:port, such as foo:2379",
		"https://foo":             "endpoint https://foo has no port: write host:port, such as foo:2379",
		"http://foo/":             "endpoint http://foo/ has no port: write host:port, such as foo:2379",
		"10.0.0.1":                "endpoint 10.0.0.1 has no port: write host:port, such as 10.0.0.1:2379",
		"::1":                     "endpoint ::1 has no port: write host:port, such as [::1]:2379",
		"[::1]":                   "endpoint [::1] has no port: write host:port, such as [::1]:2379",
		":2379":                   "endpoint :2379 has no host: write host:port, such as localhost:2379",
		"foo:0":                   "endpoint foo:0 has the port 0, which is none: write host:port, such as foo:2379",
		"foo:99999":               "endpoint foo:99999 has the port 99999, which is none: write host:port, such as foo:2379",
		"http://foo:port-of-mine": "endpoint http://foo:port-of-mine has the port port-of-mine, which is none: write host:port, such as foo:2379",
	} {
		got := ""
		if err := (driver.Setup{External: true, Endpoints: []string{"a:1", endpoint}}).CheckEndpoints(2379); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", endpoint, got, want)
		}
	}
	if err := (driver.Setup{Endpoints: []string{"foo"}}).CheckEndpoints(2379); err != nil {
		t.Errorf("of nodes that are deployed: %v", err)
	}
}
