package etcd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

// TestMain lets the test's own binary be a server, as the plugin's can.
func TestMain(m *testing.M) {
	drivertest.Commands(Driver())
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"))
}

// endless is what an operation takes at least that nothing ends: more than the
// timeouts of the tests, also on a busy machine.
const endless = 20 * time.Second

// quick has the shortest lease that etcd grants, patient one that a busy machine
// can keep.
var (
	quick   = map[string]string{"session-timeout": "2s"}
	patient = map[string]string{"session-timeout": "6s"}
)

func TestConformance(t *testing.T) {
	for name, setup := range map[string]driver.Setup{
		"one node":    {Options: patient},
		"three nodes": {Nodes: 3, Options: patient, Reads: driver.Sequential},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drivertest.Run(t, Driver(), setup)
		})
	}
}

func TestConformanceOfAnotherVersion(t *testing.T) {
	t.Parallel()
	binary, err := exec.LookPath("etcd")
	if err != nil {
		drivertest.Lacks(t, "no etcd is installed: Debian's package is etcd-server")
	}
	drivertest.Run(t, Driver(), driver.Setup{Nodes: 3, Options: map[string]string{"session-timeout": "6s", "binary": binary}})
}

func TestTheVersionIsTheServers(t *testing.T) {
	t.Parallel()
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{})
	store, err := Driver().Open(t.Context(), deployed.Setup)
	if err != nil {
		t.Fatal(err)
	}
	got, err := store.(driver.Versioner).Version(t.Context())
	if want := Driver().Info().StoreVersion; got != want || err != nil {
		t.Errorf("version %q, %v; want %q", got, err, want)
	}
}

// TestASessionGoesOnAtAnotherNode kills the leader under load.
func TestASessionGoesOnAtAnotherNode(t *testing.T) {
	t.Parallel()
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{Nodes: 3, Timeout: 2 * time.Second, Options: map[string]string{"election": "500ms", "session-timeout": "5s"}})
	store, err := Driver().Open(t.Context(), deployed.Setup)
	if err != nil {
		t.Fatal(err)
	}
	incidents := make(chan driver.Incident, 100)
	store.(driver.Notifier).Notify(func(i driver.Incident) { incidents <- i })
	leader, err := deployed.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sessions := make([]*session, 3)
	for i := range sessions {
		opened, err := store.Session(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		defer opened.Close()
		sessions[i] = opened.(*session)
		if err := sessions[i].CreateEphemeral(t.Context(), fmt.Appendf(nil, "/e/%d", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	events, err := sessions[0].Watch(t.Context(), []byte("/w/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := deployed.KillNode(t.Context(), leader); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for i, s := range sessions {
		for {
			err := s.Put(t.Context(), fmt.Appendf(nil, "/w/%d", i), nil)
			if err == nil {
				break
			}
			if class := driver.Classify(err); class != driver.Classify(driver.ErrUnavailable) && class != driver.Classify(driver.ErrTimeout) {
				t.Errorf("session %d: %v, %v", i, class, err)
			}
			if time.Now().After(deadline) {
				t.Fatalf("session %d: %v", i, err)
			}
		}
		if _, err := s.Get(t.Context(), fmt.Appendf(nil, "/e/%d", i)); err != nil {
			t.Errorf("session %d: its ephemeral key: %v", i, err)
		}
	}
	for range sessions {
		select {
		case e := <-events:
			if e.Missed != 0 {
				t.Errorf("%+v", e)
			}
		case <-time.After(time.Minute):
			t.Fatal("the watch does not go on")
		}
	}
	select {
	case i := <-incidents:
		if i.Kind != driver.SessionLost || !slices.Contains(deployed.Setup.Endpoints, i.Node) {
			t.Errorf("incident %+v", i)
		}
	default:
		t.Error("no session tells that its connection was lost")
	}
}

func TestWithoutAMajorityOperationsEndInTime(t *testing.T) {
	t.Parallel()
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{Nodes: 3, Timeout: time.Second})
	store, err := Driver().Open(t.Context(), deployed.Setup)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := store.Session(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for _, name := range deployed.Names()[1:] {
		if err := deployed.KillNode(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		began := time.Now()
		err := opened.Create(t.Context(), []byte("/a"), nil)
		if took := time.Since(began); !errors.Is(err, driver.ErrTimeout) || took > endless {
			t.Errorf("%v after %v", err, took)
		}
	}
	if err := deployed.KillNode(t.Context(), deployed.Names()[0]); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		began := time.Now()
		err := opened.Create(t.Context(), []byte("/a"), nil)
		if took := time.Since(began); err == nil || took > endless {
			t.Errorf("%v after %v", err, took)
		}
	}
}

func TestALeaseThatExpires(t *testing.T) {
	t.Parallel()
	deployed := drivertest.Deploy(t, Driver(), driver.Setup{Options: quick, Timeout: time.Second})
	store, err := Driver().Open(t.Context(), deployed.Setup)
	if err != nil {
		t.Fatal(err)
	}
	incidents := make(chan driver.Incident, 10)
	store.(driver.Notifier).Notify(func(i driver.Incident) { incidents <- i })
	opened, err := store.Session(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	s := opened.(*session)
	if err := s.CreateEphemeral(t.Context(), []byte("/e"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Revoke(t.Context(), s.lease.id); err != nil { // as the server does
		t.Fatal(err)
	}
	select {
	case i := <-incidents:
		if i.Kind != driver.SessionExpired {
			t.Errorf("%+v", i)
		}
	case <-time.After(time.Minute):
		t.Fatal("nobody tells that the lease has expired")
	}
	if err := s.CreateEphemeral(t.Context(), []byte("/e"), nil); err != nil {
		t.Errorf("with a new lease: %v", err)
	}
}

func TestSetupsThatAreRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, setup := range map[string]driver.Setup{
		"etcd runs on 1, 3, 5 or 7 nodes":              {Nodes: 2},
		"not stale":                                    {Nodes: 1, Reads: driver.Stale},
		"five times":                                   {Nodes: 1, Options: map[string]string{"election": "200ms"}},
		"etcd.quota should be at least 1":              {Nodes: 1, Options: map[string]string{"quota": "0"}},
		"the shortest lease that etcd grants":          {Nodes: 1, Options: map[string]string{"session-timeout": "1s"}},
		"are for clusters that run already":            {Nodes: 1, Options: map[string]string{"tls-ca": "x"}},
		"credentials is for clusters that run already": {Nodes: 1, Options: map[string]string{"credentials": "x"}},
		"read tls-ca: stat /nowhere":                   {Nodes: 1, External: true, Options: map[string]string{"tls-ca": "/nowhere"}},
		"tls-cert and tls-key belong together":         {Nodes: 1, External: true, Options: map[string]string{"tls-cert": "/x"}},
		"read credentials: stat /nowhere":              {Nodes: 1, External: true, Options: map[string]string{"credentials": "/nowhere"}},
		"there is no certificate in PEM form in ":      {Nodes: 1, External: true, Options: map[string]string{"tls-ca": empty}},
		"/dev/null is no regular file":                 {Nodes: 1, External: true, Options: map[string]string{"tls-ca": "/dev/null"}},
	} {
		filled, err := driver.FillOptions(name, Driver().Info().Options, setup.Options)
		if err != nil {
			t.Fatal(err)
		}
		setup.Options = filled
		if setup.Reads == "" {
			setup.Reads = driver.Linearizable
		}
		if _, err := Driver().Guarantees(t.Context(), setup); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	weaker := driver.Setup{Nodes: 1, Reads: driver.Linearizable, Options: map[string]string{"sync": "false", "heartbeat": "100ms", "election": "1s", "quota": "1", "session-timeout": "5s"}}
	if g, err := Driver().Guarantees(t.Context(), weaker); err != nil || g.Durability != driver.DurableMemory {
		t.Errorf("without sync: %+v, %v", g, err)
	}
	if _, err := server("/nowhere/etcd"); err == nil || !strings.Contains(err.Error(), "name the path of an etcd server") {
		t.Errorf("a binary that is not there: %v", err)
	}
	if _, err := server(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no program") {
		t.Errorf("a folder as a binary: %v", err)
	}
}

func TestOneNodeOfAnOldVersionIsNotDurable(t *testing.T) {
	for printed, want := range map[string]driver.Guarantees{
		"etcd Version: 3.4.20": {Durability: driver.DurableMemory, Notes: []string{"etcd 3.4.20 with one node may acknowledge a write just before it is synced; 3.4.21 and 3.5.5 do not"}},
		"etcd Version: 3.5.4":  {Durability: driver.DurableMemory, Notes: []string{"etcd 3.5.4 with one node may acknowledge a write just before it is synced; 3.4.21 and 3.5.5 do not"}},
		"etcd Version: 3.4.21": {Durability: driver.DurableFsync},
		"etcd Version: 3.5.5":  {Durability: driver.DurableFsync},
		"etcd Version: 3.6.0":  {Durability: driver.DurableFsync},
		"Usage: etcd [flags]":  {Durability: driver.DurableFsync, Notes: []string{"whether a write is synced before it is acknowledged depends on the server's version, which could not be told: BINARY --version prints no version of etcd"}},
	} {
		binary := filepath.Join(t.TempDir(), "etcd")
		if err := os.WriteFile(binary, fmt.Appendf(nil, "#!/bin/sh\necho '%s'\n", printed), 0o700); err != nil { //nolint:gosec // it is a program
			t.Fatal(err)
		}
		options, err := driver.FillOptions(name, Driver().Info().Options, map[string]string{"binary": binary})
		if err != nil {
			t.Fatal(err)
		}
		for _, nodes := range []int{1, 3} {
			if nodes == 3 {
				want = driver.Guarantees{Durability: driver.DurableFsync}
			}
			g, err := Driver().Guarantees(t.Context(), driver.Setup{Nodes: nodes, Reads: driver.Linearizable, Options: options})
			notes := strings.ReplaceAll(strings.Join(g.Notes, "; "), binary, "BINARY")
			if err != nil || g.Durability != want.Durability || notes != strings.Join(want.Notes, "; ") {
				t.Errorf("%q on %d nodes: %+v, %v", printed, nodes, g, err)
			}
		}
	}
}
