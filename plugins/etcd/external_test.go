package etcd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// protected is a driver whose servers speak TLS and ask for certificates.
type protected struct {
	driver.Driver
	files drivertest.Certificates
}

func (protected) Ports(setup driver.Setup) int { return etcd{}.Ports(setup) }

func (p protected) Provision(setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	nodes, err := etcd{}.Provision(setup, places)
	for i := range nodes {
		n := &nodes[i]
		for j, arg := range n.Command {
			if strings.HasSuffix(arg, n.Endpoint) {
				n.Command[j] = strings.Replace(arg, "http://", "https://", 1)
			}
		}
		n.Command = slices.Concat(n.Command, []string{
			"--cert-file", p.files.Certificate, "--key-file", p.files.Key,
			"--trusted-ca-file", p.files.CA, "--client-cert-auth",
		})
		n.Ready = driver.Probe{Address: n.Endpoint}
	}
	return nodes, err
}

// outside makes of a deployed cluster one that was there before.
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

func TestTLS(t *testing.T) {
	files, others := drivertest.NewCertificates(t), drivertest.NewCertificates(t)
	deployed := drivertest.Deploy(t, protected{Driver(), files}, driver.Setup{})
	with := func(ca, certificate, key string) map[string]string {
		return map[string]string{"tls-ca": ca, "tls-cert": certificate, "tls-key": key, "session-timeout": "2s"}
	}
	t.Run("right", func(t *testing.T) {
		drivertest.Run(t, Driver(), outside(t, deployed, with(files.CA, files.Certificate, files.Key)))
	})
	for want, options := range map[string]map[string]string{
		"x509: certificate signed by unknown authority":               with(others.CA, files.Certificate, files.Key),
		"see the options etcd.tls-ca, etcd.tls-cert and etcd.tls-key": with(files.CA, others.Certificate, others.Key),
		"no etcd server serves at " + deployed.Endpoints()[0]:         {},
	} {
		_, err := Driver().Open(t.Context(), outside(t, deployed, options))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func TestPasswords(t *testing.T) {
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{})
	admin, err := clientv3.New(clientv3.Config{Endpoints: deployed.Endpoints()})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	_, err = admin.UserAdd(t.Context(), "root", "right")
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
	file := filepath.Join(t.TempDir(), "credentials")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	options := map[string]string{"credentials": file, "session-timeout": "2s"}
	write("root:right\n")
	drivertest.Run(t, Driver(), outside(t, deployed, options))
	refused := func(want string, setup driver.Setup) {
		t.Helper()
		if _, err := Driver().Open(t.Context(), setup); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	write("root:wrong")
	refused("it refuses the user or password: see the option etcd.credentials", outside(t, deployed, options))
	refused("see the option etcd.credentials", outside(t, deployed, nil))
	write("no colon")
	refused(file+" should hold user:password", outside(t, deployed, options))
	t.Setenv("BENCHCTL_ETCD_CREDENTIALS", "root:right")
	store, err := Driver().Open(t.Context(), outside(t, deployed, nil))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := store.Session(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := opened.Create(t.Context(), []byte("/a"), nil); err != nil {
		t.Error(err)
	}
}

func TestUnreachable(t *testing.T) {
	setup := driver.Setup{Nodes: 1, Reads: driver.Linearizable, External: true, Endpoints: []string{"127.0.0.1:1"}, Options: map[string]string{}}
	_, err := Driver().Open(t.Context(), setup)
	if err == nil || !strings.Contains(err.Error(), "no etcd server serves at 127.0.0.1:1: ") || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}
