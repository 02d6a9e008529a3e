package zookeeper

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// protected is a driver whose servers speak TLS and ask for certificates.
type protected struct {
	driver.Driver
	files drivertest.Certificates
}

func (protected) Ports(setup driver.Setup) int { return zookeeper{}.Ports(setup) }

func (p protected) Provision(setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	nodes, err := zookeeper{}.Provision(setup, places)
	for i := range nodes {
		n := &nodes[i]
		var pair []byte
		for _, file := range []string{p.files.Key, p.files.Certificate} {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			pair = append(pair, content...)
		}
		n.Files["pair.pem"] = string(pair)
		n.Files["zoo.cfg"] = strings.NewReplacer("clientPort=", "secureClientPort=", "clientPortAddress=", "secureClientPortAddress=").Replace(n.Files["zoo.cfg"]) + strings.Join([]string{
			"serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
			"ssl.keyStore.location=" + filepath.Join(places[i].Dir, "pair.pem"),
			"ssl.trustStore.location=" + p.files.CA,
			"ssl.clientAuth=need",
		}, "\n") + "\n"
		if i := slices.Index(n.Command, "-cp"); i > 0 { // Debian's class path lacks a part of Netty that TLS needs
			n.Command[i+1] += string(os.PathListSeparator) + filepath.Join(debianJars, "netty-codec.jar")
		}
		n.Ready = driver.Probe{Address: n.Endpoint}
	}
	return nodes, err
}

// outside makes of a deployed ensemble one that was there before.
func outside(t *testing.T, deployed *drivertest.Deployment, options map[string]string) driver.Setup {
	t.Helper()
	setup := deployed.Setup
	setup.External = true
	filled, err := driver.FillOptions(name, Driver().Info().Options, options)
	if err != nil {
		t.Fatal(err)
	}
	setup.Options = filled
	return setup
}

func refused(t *testing.T, want string, setup driver.Setup) {
	t.Helper()
	if _, err := Driver().Open(t.Context(), setup); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestTLS(t *testing.T) {
	needed(t)
	files, others := drivertest.NewCertificates(t), drivertest.NewCertificates(t)
	deployed := deploy(t, protected{Driver(), files}, driver.Setup{Options: quick()})
	with := func(ca, certificate, key string) map[string]string {
		return quick("tls-ca", ca, "tls-cert", certificate, "tls-key", key)
	}
	t.Run("right", func(t *testing.T) {
		drivertest.Run(t, Driver(), outside(t, deployed, with(files.CA, files.Certificate, files.Key)))
	})
	refused(t, "certificate signed by unknown authority", outside(t, deployed, with(others.CA, files.Certificate, files.Key)))
	refused(t, "zookeeper.tls-cert and zookeeper.tls-key", outside(t, deployed, with(files.CA, others.Certificate, others.Key)))
	refused(t, "no ZooKeeper server serves at "+deployed.Endpoints()[0], outside(t, deployed, quick()))
}

func TestPasswords(t *testing.T) {
	deployed := deploy(t, Driver(), driver.Setup{Options: quick()})
	admin, _, err := zk.Connect(deployed.Endpoints(), 2e9, zk.WithLogger(silent))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	mine := zk.DigestACL(zk.PermAll, "bench", "right")
	if _, err := admin.Create(root, []byte(dirMark), 0, mine); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "credentials")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	options := quick("credentials", file)
	write("bench:right\n")
	drivertest.Run(t, Driver(), outside(t, deployed, options))
	write("bench:wrong\n")
	refused(t, "it refuses the user or password, or lets this user write nothing below /benchctl: see the option zookeeper.credentials", outside(t, deployed, options))
	refused(t, "it needs a user and password to write below /benchctl: see the option zookeeper.credentials", outside(t, deployed, quick()))
}

func TestUnreachable(t *testing.T) {
	setup := driver.Setup{Nodes: 1, Reads: driver.Linearizable, External: true, Endpoints: []string{"127.0.0.1:1"}, Options: quick()}
	refused(t, "no ZooKeeper server serves at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused", setup)
}
