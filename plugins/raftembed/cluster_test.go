package raftembed

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	servers "github.com/benchctl/benchctl/core/node"
)

// TestMain lets the test's own binary run a node, as the plugin's does.
func TestMain(m *testing.M) {
	drivertest.Commands(Driver())
	goleak.VerifyTestMain(m)
}

// rig is a cluster under test.
type rig struct {
	*servers.Cluster
	t      testing.TB
	driver driver.Driver
	setup  driver.Setup
	store  driver.Store
}

// deploy starts a cluster and opens it. Options are pairs of name and value.
func deploy(t testing.TB, nodes int, options ...string) *rig {
	t.Helper()
	d := Driver()
	given := map[string]string{"heartbeat": "1s", "election": "1s", "session-timeout": "3s"} // for a busy machine
	for i := 0; i < len(options); i += 2 {
		given[options[i]] = options[i+1]
	}
	filled, err := driver.FillOptions("raftembed", d.Info().Options, given)
	if err != nil {
		t.Fatal(err)
	}
	setup := driver.Setup{Nodes: nodes, Reads: driver.Linearizable, Options: filled, Timeout: 5 * time.Second}
	if _, err := d.Guarantees(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	provisioner := d.(driver.Provisioner)
	dir := t.TempDir()
	ports, err := provisioner.Ports(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	places, err := servers.Places(dir, nodes, ports)
	if err != nil {
		t.Fatal(err)
	}
	specs, err := provisioner.Provision(t.Context(), setup, places)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := servers.NewCluster(dir, specs, places, d.(servers.Controller), func(servers.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Cluster: cluster, t: t, driver: d, setup: setup}
	t.Cleanup(r.close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := cluster.Start(ctx); err != nil {
		t.Fatal(err)
	}
	r.setup.Endpoints = cluster.Endpoints()
	r.reopen(ctx)
	return r
}

func (r *rig) close() {
	if r.setup.Option("placement") == embedded {
		for _, name := range r.Running() {
			if err := r.StopNode(context.Background(), name); err != nil {
				r.t.Error(err)
			}
		}
	}
	if err := r.Close(false); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) reopen(ctx context.Context) {
	r.t.Helper()
	store, err := r.driver.Open(ctx, r.setup)
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = store
}

func (r *rig) session(thread int) *session {
	r.t.Helper()
	s, err := r.store.Session(r.t.Context(), thread)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.Close() })
	return s.(*session)
}

// each runs a test on every placement and on one and three nodes.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, placement := range []string{embedded, processes} {
		for _, nodes := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", placement, nodes), func(t *testing.T) {
				t.Parallel()
				test(t, deploy(t, nodes, "placement", placement))
			})
		}
	}
}

func TestSetupsThatAreRefused(t *testing.T) {
	options := func(pairs ...string) map[string]string {
		given := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			given[pairs[i]] = pairs[i+1]
		}
		filled, err := driver.FillOptions("raftembed", Driver().Info().Options, given)
		if err != nil {
			t.Fatal(err)
		}
		return filled
	}
	cases := map[string]driver.Setup{
		"two nodes":        {Nodes: 2, Reads: driver.Linearizable, Options: options()},
		"stale reads":      {Nodes: 1, Reads: driver.Stale, Options: options()},
		"short heartbeat":  {Nodes: 1, Reads: driver.Linearizable, Options: options("heartbeat", "1ms")},
		"no snapshot ever": {Nodes: 1, Reads: driver.Linearizable, Options: options("snapshot-threshold", "0")},
		"short session":    {Nodes: 1, Reads: driver.Linearizable, Options: options("session-timeout", "1ms")},
	}
	for name, setup := range cases {
		if _, err := Driver().Guarantees(t.Context(), setup); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	weaker, err := Driver().Guarantees(t.Context(), driver.Setup{Nodes: 3, Reads: driver.Sequential, Options: options("sync", "false")})
	if err != nil || weaker.Durability != driver.DurableMemory || weaker.Reads != driver.Sequential {
		t.Errorf("without sync: %+v, %v", weaker, err)
	}
}
