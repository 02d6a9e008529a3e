package etcd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/etcd/etcdtest"
)

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
	t.Parallel()
	files, others := drivertest.NewCertificates(t), drivertest.NewCertificates(t)
	deployed := drivertest.Deploy(t, etcdtest.TLS(Driver(), files), driver.Setup{})
	with := func(ca, certificate, key string) map[string]string {
		return map[string]string{"tls-ca": ca, "tls-cert": certificate, "tls-key": key, "session-timeout": "6s"}
	}
	t.Run("right", func(t *testing.T) {
		drivertest.Run(t, Driver(), outside(t, deployed, with(files.CA, files.Certificate, files.Key)))
	})
	for want, options := range map[string]map[string]string{
		"x509: certificate signed by unknown authority":               with(others.CA, files.Certificate, files.Key),
		"see the options etcd.tls-ca, etcd.tls-cert and etcd.tls-key": with(files.CA, others.Certificate, others.Key),
		"it accepts connections and ends them: perhaps it speaks TLS": {},
	} {
		_, err := Driver().Open(t.Context(), outside(t, deployed, options))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{})
	etcdtest.RequirePassword(t, deployed.Endpoints(), nil, "right")
	file := filepath.Join(t.TempDir(), "credentials")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	options := map[string]string{"credentials": file, "session-timeout": "6s"}
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
	refused("it needs a user and password: see the option etcd.credentials", outside(t, deployed, nil))
	write("no colon")
	refused(file+" should hold user:password", outside(t, deployed, options))
}

func TestPasswordsInTheEnvironment(t *testing.T) {
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{})
	etcdtest.RequirePassword(t, deployed.Endpoints(), nil, "right")
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
	t.Parallel()
	setup := driver.Setup{Nodes: 1, Reads: driver.Linearizable, External: true, Endpoints: []string{"127.0.0.1:1"}, Options: map[string]string{}}
	_, err := Driver().Open(t.Context(), setup)
	if err == nil || !strings.Contains(err.Error(), "no etcd server serves at 127.0.0.1:1: ") || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}
