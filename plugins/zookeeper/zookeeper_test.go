package zookeeper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// endless is what an operation takes at least that nothing ends: more than the
// timeouts of the tests, also on a busy machine.
const endless = 20 * time.Second

// quick has short timeouts.
func quick(more ...string) map[string]string {
	options := map[string]string{"tick-time": "500ms", "session-timeout": "6s", "heap": "128m"}
	for i := 0; i < len(more); i += 2 {
		options[more[i]] = more[i+1]
	}
	return options
}

// deploy starts an ensemble where ZooKeeper is installed.
func deploy(t testing.TB, d driver.Driver, setup driver.Setup) *drivertest.Deployment {
	t.Helper()
	drivertest.Needs(t, Driver())
	return drivertest.Deploy(t, d, setup)
}

func open(t testing.TB, setup driver.Setup) *store {
	t.Helper()
	opened, err := Driver().Open(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	return opened.(*store)
}

func (s *store) must(t testing.TB, thread int) *session {
	t.Helper()
	opened, err := s.Session(t.Context(), thread)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened.(*session)
}

func TestConformance(t *testing.T) {
	drivertest.Needs(t, Driver())
	for name, setup := range map[string]driver.Setup{
		"one node":                      {Options: quick()},
		"three nodes":                   {Nodes: 3, Options: quick()},
		"three nodes, sequential reads": {Nodes: 3, Options: quick(), Reads: driver.Sequential},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drivertest.Run(t, Driver(), setup)
		})
	}
}

func TestTreesAreListed(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Options: quick()})
	store := open(t, deployed.Setup)
	if version, err := store.Version(t.Context()); err != nil || !strings.HasPrefix(version, "ZooKeeper 3.") {
		t.Errorf("version %q, %v", version, err)
	}
	s, other := store.must(t, 0), store.must(t, 1)
	keys := []string{"/t/a", "/t/b/c", "/t/b/d/e", "/t/f", "/u"}
	for i, key := range keys {
		if err := []*session{s, other}[i%2].Create(t.Context(), []byte(key), nil); err != nil {
			t.Fatal(key, err)
		}
	}
	for prefix, want := range map[string][]string{
		"/t/": keys[:4], "/t/b/": {"/t/b/c", "/t/b/d/e"}, "/t/b/d/": {"/t/b/d/e"}, "/none/": {}, "/": keys,
	} {
		if got, err := other.List(t.Context(), []byte(prefix)); !slices.Equal(got, want) || err != nil {
			t.Errorf("list %s: %v, %v; want %v", prefix, got, err, want)
		}
	}
	if err := s.Delete(t.Context(), []byte("/t/b/d")); !errors.Is(err, driver.ErrConflict) {
		t.Errorf("delete of a znode with children: %v", err)
	}
	for _, key := range []string{"", "a", "/a/", "//a"} {
		if err := s.Create(t.Context(), []byte(key), nil); driver.Classify(err) != driver.Classify(errors.New("other")) {
			t.Errorf("create %q: %v", key, err)
		}
	}
}

// TestAWatchCountsItsGaps makes changes as fast as eight sessions can.
func TestAWatchCountsItsGaps(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Options: quick()})
	store := open(t, deployed.Setup)
	watcher := store.must(t, 0)
	events, err := watcher.Watch(t.Context(), []byte("/w/"))
	if err != nil {
		t.Fatal(err)
	}
	const writers, changes = 8, 150
	var group sync.WaitGroup
	for i := range writers {
		s := store.must(t, i+1)
		group.Go(func() { // creations and changes only: all of them can be counted
			key := fmt.Appendf(nil, "/w/%d", i)
			if err := s.Create(t.Context(), key, nil); err != nil {
				t.Error(err)
			}
			for range changes - 1 {
				if err := s.Set(t.Context(), key, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen, missed := 0, 0
	for deadline := time.After(time.Minute); seen+missed < writers*changes; {
		select {
		case e := <-events:
			seen, missed = seen+1, missed+e.Missed
		case <-deadline:
			t.Fatalf("%d changes seen and %d missed of %d", seen, missed, writers*changes)
		}
	}
	group.Wait()
	select {
	case e := <-events:
		t.Errorf("one event too many: %+v", e)
	case <-time.After(200 * time.Millisecond):
	}
	if missed == 0 {
		t.Errorf("none of %d changes was missed, which proves nothing", writers*changes)
	}
	t.Logf("%d seen, %d missed", seen, missed)
}

func TestTheLeaderIsKilled(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Nodes: 3, Timeout: 2 * time.Second, Options: quick("session-timeout", "10s")})
	store := open(t, deployed.Setup)
	incidents := make(chan driver.Incident, 100)
	store.Notify(func(i driver.Incident) { incidents <- i })
	var sessions []*session
	for i := range 3 {
		s := store.must(t, i)
		if err := s.CreateEphemeral(t.Context(), fmt.Appendf(nil, "/e/%d", i), nil); err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	events, err := sessions[0].Watch(t.Context(), []byte("/w/"))
	if err != nil {
		t.Fatal(err)
	}
	leader, err := deployed.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := deployed.KillNode(t.Context(), leader); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for i, s := range sessions {
		for {
			began := time.Now()
			err := s.Create(t.Context(), fmt.Appendf(nil, "/w/%d", i), nil)
			if took := time.Since(began); took > endless {
				t.Errorf("an operation with a timeout of 2 s took %v", took)
			}
			if err == nil || errors.Is(err, driver.ErrExists) { // an answer that was lost
				break
			}
			if !errors.Is(err, driver.ErrUnavailable) && !errors.Is(err, driver.ErrTimeout) {
				t.Errorf("session %d: %v", i, err)
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
			if e.Type != driver.Created {
				t.Errorf("%+v", e)
			}
		case <-time.After(time.Minute):
			t.Fatal("the watch does not go on")
		}
	}
	if i := <-incidents; i.Kind != driver.SessionLost {
		t.Errorf("%+v", i)
	}
}

func TestWithoutServersOperationsEndInTime(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Timeout: time.Second, Options: quick()})
	store := open(t, deployed.Setup)
	s := store.must(t, 0)
	if err := deployed.KillNode(t.Context(), deployed.Names()[0]); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		began := time.Now()
		err := s.Create(t.Context(), []byte("/a"), nil)
		if took := time.Since(began); (!errors.Is(err, driver.ErrUnavailable) && !errors.Is(err, driver.ErrTimeout)) || took > endless {
			t.Errorf("%v after %v", err, took)
		}
	}
	if err := deployed.StartNode(t.Context(), deployed.Names()[0]); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); s.Set(t.Context(), []byte("/benchctl"), nil) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("it does not serve again")
		}
	}
}

func TestASessionThatExpires(t *testing.T) {
	t.Parallel()
	deployed := deploy(t, Driver(), driver.Setup{Options: quick()})
	store := open(t, deployed.Setup)
	incidents := make(chan driver.Incident, 100)
	store.Notify(func(i driver.Incident) { incidents <- i })
	s, observer := store.must(t, 0), store.must(t, 1)
	events, err := s.Watch(t.Context(), []byte("/w/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateEphemeral(t.Context(), []byte("/w/mine"), nil); err != nil {
		t.Fatal(err)
	}
	// The server is suspended for longer than the session may be silent.
	if err := deployed.KillNode(t.Context(), deployed.Names()[0]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	if err := deployed.StartNode(t.Context(), deployed.Names()[0]); err != nil {
		t.Fatal(err)
	}
	// A server that comes back gives sessions their timeout anew; one is ended
	// as the server would end it.
	other, _, err := zk.Connect(deployed.Endpoints(), time.Second, zk.WithLogger(silent))
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	for deadline := time.Now().Add(time.Minute); ; {
		err := s.Create(t.Context(), []byte("/w/later"), nil)
		if err == nil || errors.Is(err, driver.ErrExists) { // an answer that was lost
			err = observer.Sync(t.Context())
		}
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	kinds := map[driver.IncidentKind]int{}
	for len(incidents) > 0 {
		kinds[(<-incidents).Kind]++
	}
	if kinds[driver.SessionLost] == 0 || kinds[driver.SessionResumed] == 0 {
		t.Errorf("incidents: %v", kinds)
	}
	for deadline := time.After(time.Minute); ; {
		select {
		case e := <-events:
			if e.Key == "/w/later" {
				return
			}
		case <-deadline:
			t.Fatal("the watch does not go on")
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("JAVA_HOME", "")
	setup := driver.Setup{Nodes: 1, Options: quick()}
	if _, err := Driver().(driver.Provisioner).Provision(t.Context(), setup, nil); err == nil || !strings.Contains(err.Error(), "install a runtime, on Debian with `apt-get install default-jre-headless`") {
		t.Error(err)
	}
	java := filepath.Join(t.TempDir(), "java")
	if err := os.WriteFile(java, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(java))
	t.Setenv("ZOOKEEPER_HOME", filepath.Dir(java))
	if _, err := Driver().(driver.Provisioner).Provision(t.Context(), setup, nil); err == nil || !strings.Contains(err.Error(), "there is no zookeeper-*.jar: name the folder of an unpacked release") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(java), "zookeeper-3.9.9.jar"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if jars, err := findJars(); err != nil || !strings.Contains(jars, filepath.Join(filepath.Dir(java), "lib", "*")) {
		t.Error(jars, err)
	}
}

func TestSetupsThatAreRefused(t *testing.T) {
	for want, setup := range map[string]driver.Setup{
		"zookeeper runs on 1, 3, 5 or 7 nodes": {Nodes: 4},
		"not stale":                            {Nodes: 1, Reads: driver.Stale},
		"tick-time should be at least 100ms":   {Nodes: 1, Options: map[string]string{"tick-time": "1ms"}},
		"2 to 20 times zookeeper.tick-time":    {Nodes: 1, Options: map[string]string{"session-timeout": "1s"}},
		"snap-count should be at least 2":      {Nodes: 1, Options: map[string]string{"snap-count": "0"}},
		"at most 2147483647":                   {Nodes: 1, Options: map[string]string{"snap-count": "3000000000"}},
		"flush-delay should be whole milli":    {Nodes: 1, Options: map[string]string{"flush-delay": "500us"}},
		"tick-time should be whole milli":      {Nodes: 1, Options: map[string]string{"tick-time": "600h", "session-timeout": "1200h"}},
		"flush-delay should not be negative":   {Nodes: 1, Options: map[string]string{"flush-delay": "-1s"}},
		"are for clusters that run already":    {Nodes: 1, Options: map[string]string{"tls-ca": "x"}},
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
}

// TestAbandonedWhileItOpens has a server that accepts a connection and answers
// nothing: the client library waits for the session, and must not for ever.
func TestAbandonedWhileItOpens(t *testing.T) {
	before := goleak.IgnoreCurrent()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	options, err := driver.FillOptions(name, Driver().Info().Options, quick())
	if err != nil {
		t.Fatal(err)
	}
	opened := newSession(&store{setup: driver.Setup{Endpoints: []string{silent.Addr().String()}, Options: options}, tell: func(driver.Incident) {}}, 0)
	ctx, cancel := context.WithCancel(t.Context())
	connected := make(chan error, 1)
	go func() { connected <- opened.connect(ctx) }()
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 4)); err != nil { // it asks for a session
		t.Fatal(err)
	}
	if err := opened.Abandon(); err != nil {
		t.Error(err)
	}
	cancel()
	if <-connected == nil {
		t.Error("connected")
	}
	goleak.VerifyNone(t, before)
}
