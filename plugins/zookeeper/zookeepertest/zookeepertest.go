// Package zookeepertest protects the ZooKeeper servers that tests deploy, with
// TLS and with a password.
package zookeepertest

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// TLS returns a driver whose servers speak TLS with their clients, and ask them
// for a certificate of the same authority.
func TLS(d driver.Driver, files drivertest.Certificates) driver.Driver {
	return drivertest.Provisioned{Driver: d, By: func(ctx context.Context, own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
		var pair []byte
		for _, file := range []string{files.Key, files.Certificate} {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			pair = append(pair, content...)
		}
		nodes, err := own.Provision(ctx, setup, places)
		for i := range nodes {
			n := &nodes[i]
			n.Files["pair.pem"] = string(pair)
			n.Files["zoo.cfg"] = strings.NewReplacer("clientPort=", "secureClientPort=", "clientPortAddress=", "secureClientPortAddress=").Replace(n.Files["zoo.cfg"]) + strings.Join([]string{
				"serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
				"ssl.keyStore.location=" + filepath.Join(places[i].Dir, "pair.pem"),
				"ssl.trustStore.location=" + files.CA,
				"ssl.clientAuth=need",
			}, "\n") + "\n"
			if i := slices.Index(n.Command, "-cp"); i > 0 { // Debian's class path lacks a part of Netty that TLS needs
				n.Command[i+1] += string(os.PathListSeparator) + "/usr/share/java/netty-codec.jar"
			}
			n.Ready = driver.Probe{Address: n.Endpoint}
		}
		return nodes, err
	}}
}

// RequirePassword makes /benchctl, below which benchctl writes, a znode that is
// one user's only. config is how TLS reaches the servers, nil without TLS.
func RequirePassword(t testing.TB, servers []string, config *tls.Config, user, password string) {
	t.Helper()
	dial := net.DialTimeout
	if config != nil {
		dial = func(network, address string, within time.Duration) (net.Conn, error) {
			return tls.DialWithDialer(&net.Dialer{Timeout: within}, network, address, config)
		}
	}
	admin, _, err := zk.Connect(servers, 2*time.Second, zk.WithDialer(dial), zk.WithLogger(log.New(io.Discard, "", 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Create("/benchctl", nil, 0, zk.DigestACL(zk.PermAll, user, password)); err != nil {
		t.Fatal(err)
	}
}
