package raftembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/driver"
	servers "github.com/benchctl/benchctl/core/node"
)

// TestMain lets the test's own binary run a node, as the plugin's does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		if err := Driver().(driver.Commander).Command(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
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
	if _, err := d.Guarantees(setup); err != nil {
		t.Fatal(err)
	}
	provisioner := d.(driver.Provisioner)
	dir := t.TempDir()
	places, err := servers.Places(dir, nodes, provisioner.Ports(setup))
	if err != nil {
		t.Fatal(err)
	}
	specs, err := provisioner.Provision(setup, places)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := servers.NewCluster(dir, specs, places, d.(driver.NodeController), func(servers.Event) {})
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

// leader returns the name of the node that leads.
func (r *rig) leader() string {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if name, ok := r.leading(); ok {
			return name
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatal("no node leads")
	return ""
}

// leading asks each node: a keep-alive is answered by the leader alone.
func (r *rig) leading() (string, bool) {
	if !separate(r.setup) {
		if n := r.driver.(*raftembed).nodes.leader(); n != nil {
			return n.name, true
		}
		return "", false
	}
	for i, name := range r.Names() {
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
		conn, err := dial(ctx, r.setup.Endpoints[i])
		if err == nil {
			answer, err := conn.request(ctx, time.Now().Add(time.Second), &command{kind: kindKeepAlive}, flagForwarded)
			conn.close()
			if err == nil && answer.status != statusMoved {
				cancel()
				return name, true
			}
		}
		cancel()
	}
	return "", false
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

func TestOperations(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		a, b := []byte("/d/a"), []byte("/d/b")
		// More sessions than nodes, so that some speak to followers.
		for thread := range 4 {
			s := r.session(thread)
			v := []byte(fmt.Sprint("v", thread))
			version := func() int64 {
				_, version, err := s.GetVersion(ctx, a)
				if err != nil {
					t.Fatal(err)
				}
				return version
			}
			steps := []struct {
				name string
				do   func() error
				want error
			}{
				{"set absent", func() error { return s.Set(ctx, a, v) }, driver.ErrNotFound},
				{"delete absent", func() error { return s.Delete(ctx, a) }, driver.ErrNotFound},
				{"create", func() error { return s.Create(ctx, a, v) }, nil},
				{"create present", func() error { return s.Create(ctx, a, v) }, driver.ErrExists},
				{"put absent", func() error { return s.Put(ctx, b, v) }, nil},
				{"put present", func() error { return s.Put(ctx, b, v) }, nil},
				{"set", func() error { return s.Set(ctx, a, []byte("set")) }, nil},
				{"compare-and-set", func() error { _, err := s.CompareAndSet(ctx, a, v, version()); return err }, nil},
				{"compare-and-set stale", func() error { _, err := s.CompareAndSet(ctx, a, v, version()-1); return err }, driver.ErrConflict},
				{"compare-and-set absent", func() error { _, err := s.CompareAndSet(ctx, []byte("/no"), v, 1); return err }, driver.ErrNotFound},
				{"sync", func() error { return s.Sync(ctx) }, nil},
			}
			for _, step := range steps {
				if err := step.do(); !errors.Is(err, step.want) {
					t.Errorf("session %d, %s: error %v, want %v", thread, step.name, err, step.want)
				}
			}
			if got, err := s.Get(ctx, a); string(got) != string(v) || err != nil {
				t.Errorf("session %d: get: %q, %v", thread, got, err)
			}
			if got, err := s.List(ctx, []byte("/d/")); !slices.Equal(got, []string{"/d/a", "/d/b"}) || err != nil {
				t.Errorf("session %d: list: %v, %v", thread, got, err)
			}
			if err := errors.Join(s.Delete(ctx, a), s.Delete(ctx, b)); err != nil {
				t.Errorf("session %d: delete: %v", thread, err)
			}
			if _, err := s.Get(ctx, a); !errors.Is(err, driver.ErrNotFound) {
				t.Errorf("session %d: get absent: %v", thread, err)
			}
		}
	})
}

func TestEphemeralKeysLiveAsLongAsTheirSession(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		observer, closing, dying, living := r.session(0), r.session(1), r.session(2), r.session(3)
		for i, s := range []*session{closing, dying, living} {
			if err := s.CreateEphemeral(ctx, []byte(fmt.Sprintf("/e/%d", i)), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := closing.CreateEphemeral(ctx, []byte("/e/1"), nil); !errors.Is(err, driver.ErrExists) {
			t.Errorf("create-ephemeral present: %v", err)
		}
		if err := closing.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := observer.List(ctx, []byte("/e/")); !slices.Equal(got, []string{"/e/1", "/e/2"}) || err != nil {
			t.Errorf("after close: %v, %v", got, err)
		}
		dying.leave() // no sign of life from now on
		deadline := time.Now().Add(time.Minute)
		for {
			got, err := observer.List(ctx, []byte("/e/"))
			if slices.Equal(got, []string{"/e/2"}) && err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("long after a client died: %v, %v", got, err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if err := dying.CreateEphemeral(ctx, []byte("/e/9"), nil); !errors.Is(err, driver.ErrUnavailable) {
			t.Errorf("create-ephemeral in an expired session: %v", err)
		}
		time.Sleep(living.timeout * 3 / 2)
		if got, err := observer.List(ctx, []byte("/e/")); !slices.Equal(got, []string{"/e/2"}) || err != nil {
			t.Errorf("of a session that lives: %v, %v", got, err)
		}
	})
}

func TestSequentialKeysAreUniqueAndGrow(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const sessions, keys = 6, 50
		all := make([][]string, sessions)
		var group sync.WaitGroup
		for i := range sessions {
			s := r.session(i)
			group.Go(func() {
				for range keys {
					key, err := s.CreateSequential(t.Context(), []byte("/q/s-"), nil)
					if err != nil {
						t.Error(err)
						return
					}
					all[i] = append(all[i], key)
				}
			})
		}
		group.Wait()
		seen := map[string]bool{}
		for i, mine := range all {
			if !slices.IsSorted(mine) {
				t.Errorf("session %d: keys do not grow: %v", i, mine)
			}
			for _, key := range mine {
				if seen[key] {
					t.Errorf("%s was given twice", key)
				}
				seen[key] = true
			}
		}
		if got, err := r.session(0).List(t.Context(), []byte("/q/")); len(got) != sessions*keys || err != nil {
			t.Errorf("%d keys, %v", len(got), err)
		}
	})
}

func TestWatchSeesEveryChangeInOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		events, err := r.session(1).Watch(ctx, []byte("/w/"))
		if err != nil {
			t.Fatal(err)
		}
		const n = 100
		writer := r.session(0)
		for i := range n {
			key := []byte(fmt.Sprintf("/w/%03d", i))
			if err := errors.Join(writer.Create(ctx, key, nil), writer.Put(ctx, []byte("/other"), nil), writer.Set(ctx, key, nil), writer.Delete(ctx, key)); err != nil {
				t.Fatal(err)
			}
			if i == n/2 && r.setup.Nodes > 1 { // goes on over the loss of the leader
				leader := r.leader()
				if err := r.KillNode(ctx, leader); err != nil {
					t.Fatal(err)
				}
				for writer.Sync(ctx) != nil { // the connection that was lost costs one operation
					time.Sleep(10 * time.Millisecond)
				}
			}
		}
		for i := range n {
			for _, kind := range []driver.WatchType{driver.Created, driver.Changed, driver.Deleted} {
				select {
				case got := <-events:
					if want := fmt.Sprintf("/w/%03d", i); got.Type != kind || got.Key != want || got.Missed != 0 {
						t.Fatalf("got %+v, want %s of %s", got, kind, want)
					}
				case <-time.After(time.Minute):
					t.Fatalf("no event for %s of key %d", kind, i)
				}
			}
		}
		cancel()
		for range events { // it is closed
		}
	})
}

func TestReadsOfTheOwnNodeSeeOwnWritesInTheEnd(t *testing.T) {
	t.Parallel()
	r := deploy(t, 3, "placement", processes)
	r.setup.Reads = driver.Sequential
	r.reopen(t.Context())
	writer, reader := r.session(0), r.session(1)
	if err := writer.Create(t.Context(), []byte("/k"), []byte("0")); err != nil {
		t.Fatal(err)
	}
	last := -1
	for i := 1; last < 200; i++ {
		if i <= 200 {
			if err := writer.Set(t.Context(), []byte("/k"), []byte(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		got, err := reader.Get(t.Context(), []byte("/k"))
		if errors.Is(err, driver.ErrNotFound) && last < 0 {
			continue // late, which is allowed
		}
		now := 0
		if _, scanErr := fmt.Sscan(string(got), &now); err != nil || scanErr != nil {
			t.Fatal(err, scanErr)
		}
		if now < last {
			t.Fatalf("read %d after %d", now, last)
		}
		last = now
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
		if _, err := Driver().Guarantees(setup); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	weaker, err := Driver().Guarantees(driver.Setup{Nodes: 3, Reads: driver.Sequential, Options: options("sync", "false")})
	if err != nil || weaker.Durability != driver.DurableMemory || weaker.Reads != driver.Sequential {
		t.Errorf("without sync: %+v, %v", weaker, err)
	}
}
