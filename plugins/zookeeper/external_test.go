package zookeeper

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/zookeeper/zookeepertest"
)

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
	t.Parallel()
	drivertest.Needs(t, Driver())
	files, others := drivertest.NewCertificates(t), drivertest.NewCertificates(t)
	deployed := deploy(t, zookeepertest.TLS(Driver(), files), driver.Setup{Options: quick()})
	with := func(ca, certificate, key string) map[string]string {
		return quick("tls-ca", ca, "tls-cert", certificate, "tls-key", key)
	}
	t.Run("right", func(t *testing.T) {
		drivertest.Run(t, Driver(), outside(t, deployed, with(files.CA, files.Certificate, files.Key)))
	})
	refused(t, "certificate signed by unknown authority", outside(t, deployed, with(others.CA, files.Certificate, files.Key)))
	refused(t, "zookeeper.tls-cert and zookeeper.tls-key", outside(t, deployed, with(files.CA, others.Certificate, others.Key)))
	refused(t, "no ZooKeeper server serves at "+deployed.Endpoints()[0]+": it accepts connections and opens no session, as a server does that speaks TLS", outside(t, deployed, quick()))
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Options: quick()})
	zookeepertest.RequirePassword(t, deployed.Endpoints(), nil, "bench", "right")
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
	t.Parallel()
	setup := driver.Setup{Nodes: 1, Reads: driver.Linearizable, External: true, Endpoints: []string{"127.0.0.1:1"}, Options: quick()}
	refused(t, "no ZooKeeper server serves at 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused", setup)
}
