// Package etcdtest protects the etcd servers that tests deploy, with TLS and
// with a password.
package etcdtest

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// TLS returns a driver whose servers speak TLS with their clients, and ask them
// for a certificate of the same authority.
func TLS(d driver.Driver, files drivertest.Certificates) driver.Driver {
	return drivertest.Provisioned{Driver: d, By: func(ctx context.Context, own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
		nodes, err := own.Provision(ctx, setup, places)
		for i := range nodes {
			n := &nodes[i]
			for j, arg := range n.Command {
				if strings.HasSuffix(arg, n.Endpoint) {
					n.Command[j] = strings.Replace(arg, "http://", "https://", 1)
				}
			}
			n.Command = append(n.Command,
				"--cert-file", files.Certificate, "--key-file", files.Key,
				"--trusted-ca-file", files.CA, "--client-cert-auth")
			n.Ready = driver.Probe{Address: n.Endpoint}
		}
		return nodes, err
	}}
}

// RequirePassword makes a cluster ask for a user, and makes one: root, who may
// do everything. config is how TLS reaches the servers, nil without TLS.
func RequirePassword(t testing.TB, servers []string, config *tls.Config, password string) {
	t.Helper()
	admin, err := clientv3.New(clientv3.Config{Endpoints: servers, TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	_, err = admin.UserAdd(t.Context(), "root", password)
	if err == nil {
		_, err = admin.RoleAdd(t.Context(), "root")
	}
	if err == nil {
		_, err = admin.UserGrantRole(t.Context(), "root", "root")
	}
	if err == nil {
		_, err = admin.AuthEnable(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}
