package main

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/etcd/etcdtest"
	"github.com/benchctl/benchctl/plugins/zookeeper/zookeepertest"
)

// keys is what lets a client into a cluster that speaks TLS and asks for a
// certificate and a password.
type keys struct {
	drivertest.Certificates
	credentials string // the file
	password    string
}

// newKeys makes certificates, and a file with a user and password.
func newKeys(t *testing.T, password string) keys {
	t.Helper()
	k := keys{drivertest.NewCertificates(t), filepath.Join(t.TempDir(), "credentials"), password}
	if err := os.WriteFile(k.credentials, []byte(user+":"+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

const user = "root"

// options are those by which a driver is told of the keys.
func (k keys) options() map[string]string {
	return map[string]string{"tls-ca": k.CA, "tls-cert": k.Certificate, "tls-key": k.Key, "credentials": k.credentials}
}

// secrets is everything that should stay in the files.
func (k keys) secrets(t *testing.T) [][]byte {
	t.Helper()
	secrets := [][]byte{[]byte(k.password)}
	for _, file := range []string{k.CA, k.Certificate, k.Key} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(content)
		lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
		secrets = append(secrets, block.Bytes, lines[1], lines[len(lines)-2])
	}
	return secrets
}

func TestProtectedClusters(t *testing.T) {
	for _, test := range []struct {
		store     subject
		speakTLS  func(driver.Driver, drivertest.Certificates) driver.Driver
		ask       func(t *testing.T, servers []string, config *tls.Config, password string)
		password  string // what is said of a wrong one, of none and of a wrong authority
		none      string
		authority string
	}{
		{
			etcdSubject, etcdtest.TLS,
			func(t *testing.T, servers []string, config *tls.Config, password string) {
				etcdtest.RequirePassword(t, servers, config, password)
			},
			"etcd at https://SERVER: it refuses the user or password: see the option etcd.credentials",
			"etcd at https://SERVER: it does not let this user read and write below /benchctl: see the option etcd.credentials",
			"etcd at https://SERVER: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority: see the options etcd.tls-ca, etcd.tls-cert and etcd.tls-key",
		},
		{
			zookeeperSubject, zookeepertest.TLS,
			func(t *testing.T, servers []string, config *tls.Config, password string) {
				zookeepertest.RequirePassword(t, servers, config, user, password)
			},
			"zookeeper at SERVER: it refuses the user or password, or lets this user write nothing below /benchctl: see the option zookeeper.credentials",
			"zookeeper at SERVER: it needs a user and password to write below /benchctl: see the option zookeeper.credentials",
			"zookeeper at SERVER: tls: failed to verify certificate: x509: certificate signed by unknown authority: see the options zookeeper.tls-ca, zookeeper.tls-cert and zookeeper.tls-key",
		},
	} {
		t.Run(test.store.name(), func(t *testing.T) {
			drivertest.Needs(t, test.store.driver)
			right, wrong := newKeys(t, "korrekt-pferd-batterie"), newKeys(t, "falsch-esel-akku")
			servers := drivertest.Deploy(t, test.speakTLS(test.store.driver, right.Certificates), driver.Setup{Options: test.store.options})
			config, err := driver.Setup{External: true, Options: right.options()}.TLS()
			if err != nil {
				t.Fatal(err)
			}
			test.ask(t, servers.Endpoints(), config, right.password)

			archive := filepath.Join(t.TempDir(), "a.db")
			run := func(change map[string]string) (s *started, code int) {
				options := right.options()
				maps.Copy(options, change)
				args := []string{"run", "--store", test.store.name(), "--endpoints", strings.Join(servers.Endpoints(), ","), "--threads", "2", "--duration", "100ms", "--warmup", "100ms"}
				s = start(t, archive, append(args, test.store.flags(options)...)...)
				return s, s.wait()
			}
			s, code := run(nil)
			if code != exitDone {
				t.Errorf("exit code %d:\n%s", code, s.stderr.String())
			}
			s.expect("select state, (select sum(errors) from summaries), (select sum(ops) from summaries) > 0 from runs", "complete,0,1")
			s.noneLeft()

			refused := func(change map[string]string, want string) {
				t.Helper()
				s, code := run(change)
				if code != exitFailed {
					t.Errorf("exit code %d, want %d", code, exitFailed)
				}
				want = "plugin " + test.store.name() + ": open the store: " + strings.ReplaceAll(want, "SERVER", servers.Endpoints()[0])
				if lines := s.stderr.String(); !strings.HasSuffix(lines, "\nbenchctl: 1 of 1 runs failed; the first: "+want+"\n") {
					t.Errorf("standard error:\n%s\nwant %s", lines, want)
				}
				s.expect(fmt.Sprintf("select state, error = '%s' from runs order by id desc limit 1", want), "failed,1")
				s.noneLeft()
			}
			refused(map[string]string{"credentials": wrong.credentials}, test.password)
			refused(map[string]string{"credentials": ""}, test.none)
			refused(map[string]string{"tls-ca": wrong.CA}, test.authority)
			t.Setenv("BENCHCTL_"+strings.ToUpper(test.store.name())+"_CREDENTIALS", user+":"+wrong.password)
			refused(map[string]string{"credentials": ""}, test.password)

			s.verify()
			if running := servers.Running(); len(running) != 1 {
				t.Errorf("benchctl has ended servers that are not its own: %v run", running)
			}
			keepsNo(t, archive, append(right.secrets(t), wrong.secrets(t)...), right.credentials)
		})
	}
}

// keepsNo looks for secrets among the bytes of an archive, in which it should
// find, so that it is known to look at the right place, something else.
func keepsNo(t *testing.T, archive string, secrets [][]byte, something string) {
	t.Helper()
	files, err := filepath.Glob(archive + "*")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	for _, secret := range secrets {
		if bytes.Contains(all, secret) {
			t.Errorf("the archive has the secret %q", secret)
		}
	}
	if !bytes.Contains(all, []byte(something)) {
		t.Errorf("%s is not in %v", something, files)
	}
}
