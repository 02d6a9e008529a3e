package zookeeper

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/conformance"
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
	refused(t, "no ZooKeeper server serves at "+deployed.Endpoints()[0]+": it accepts connections and ends them before a session is open: perhaps ", outside(t, deployed, quick()))
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

// A server that takes few connections of one address ends those beyond.
func TestMoreSessionsThanAServerTakes(t *testing.T) {
	t.Parallel()
	few := drivertest.Provisioned{Driver: Driver(), By: func(ctx context.Context, own driver.Provisioner, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
		nodes, err := own.Provision(ctx, setup, places)
		for _, n := range nodes {
			n.Files["zoo.cfg"] = strings.Replace(n.Files["zoo.cfg"], "maxClientCnxns=0", "maxClientCnxns=3", 1)
		}
		return nodes, err
	}}
	deployed := deploy(t, few, driver.Setup{Options: quick()})
	store := open(t, outside(t, deployed, quick()))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for number := range 3 {
		store.must(t, number)
	}
	_, err := store.Session(ctx, 3)
	want := "it accepts connections and ends them before a session is open: perhaps it has lost the majority of its ensemble, or it has as many connections of this address as it takes (maxClientCnxns, 60 by default; this is session 4), or it speaks TLS (see the option zookeeper.tls-ca)"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// What a JVM is told elsewhere than by the option sync is no less true.
func TestServersThatAreToldNotToSync(t *testing.T) {
	t.Parallel()
	drivertest.Needs(t, Driver())
	for name, test := range map[string]struct {
		flags, env string
		want       driver.Durability
	}{
		"nowhere":       {want: driver.DurableFsync},
		"by a flag":     {flags: "-Xss1m -Dzookeeper.forceSync=no", want: driver.DurableMemory},
		"by a variable": {env: "-Dzookeeper.forceSync=no", want: driver.DurableMemory},
		"and to":        {flags: "-Dzookeeper.forceSync=no", env: "-Dzookeeper.forceSync=yes", want: driver.DurableFsync},
	} {
		setup := driver.Setup{Nodes: 1, Reads: driver.Linearizable, Env: map[string]string{"_JAVA_OPTIONS": test.env}}
		var err error
		if setup.Options, err = driver.FillOptions("zookeeper", Driver().Info().Options, map[string]string{"jvm-flags": test.flags}); err != nil {
			t.Fatal(err)
		}
		if g, err := Driver().Guarantees(t.Context(), setup); err != nil || g.Durability != test.want {
			t.Errorf("%s: %v, %v", name, g.Durability, err)
		}
	}
}

// The name of the folder must not reach a file or a class path of Java's.
func TestAFolderOfAnyName(t *testing.T) {
	t.Parallel()
	drivertest.Needs(t, Driver())
	for _, folder := range []string{"größe", "a b", `q"uo'te`, "$HOME", `back\slash`, "co:lon", "日本", "*"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), folder)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			deployed, err := conformance.Deploy(t.Context(), dir, Driver(), driver.Setup{Options: quick()}, nil, func(conformance.NodeEvent) {})
			if err != nil {
				t.Fatal(err)
			}
			defer deployed.Close()
			opened := open(t, deployed.Setup).must(t, 0)
			if err := opened.Create(t.Context(), []byte("/a"), nil); err != nil {
				t.Fatal(err)
			}
			found := 0
			if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
				if strings.HasPrefix(filepath.Base(path), "log.") {
					found++
				}
				return err
			}); err != nil || found != 1 {
				t.Errorf("%d logs of transactions in %s, %v", found, dir, err)
			}
		})
	}
}
