package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/host"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// TestMain lets the test's own binary be a plugin, and a controller, when it is
// started under the name of one.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case protocol.BinaryPrefix + "scripted":
		plugin.Serve(scripted{})
		return
	case protocol.BinaryPrefix + "lingering":
		plugin.Serve(scripted{})
		time.Sleep(time.Hour)
		return
	case protocol.BinaryPrefix + "bare":
		serveBare()
		return
	case protocol.BinaryPrefix + "handmade":
		if err := serveHandmade(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	case "controller":
		control()
		return
	}
	goleak.VerifyTestMain(m)
}

// control is a benchctl that launches the plugin in its argument, says which
// process it is, and lives until it is killed.
func control() {
	p, err := host.Launch(context.Background(), "scripted", os.Args[1], host.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.PID())
	time.Sleep(time.Hour)
}

// scripted is a driver whose setups say how it behaves.
type scripted struct{}

func (scripted) Info() driver.Info {
	return driver.Info{
		Name: "scripted", Version: "1.2.3", StoreVersion: "4.5", Summary: "does what a test says", Session: session{},
		Options: []driver.Option{{Name: "behave", Type: driver.String, Allowed: []string{"", "log", "exit", "panic", "slow-open", "fail"}, Help: "how"}},
	}
}

func (scripted) Guarantees(_ context.Context, setup driver.Setup) (driver.Guarantees, error) {
	switch {
	case setup.Option("behave") == "log":
		writeLogs()
	case setup.Option("behave") == "exit":
		os.Exit(7)
	case setup.Nodes > 5:
		return driver.Guarantees{}, fmt.Errorf("%d nodes are too many: use at most 5", setup.Nodes)
	}
	return driver.Guarantees{Durability: driver.DurableFsync, Reads: setup.Reads, Notes: []string{"a note"}}, nil
}

// writeLogs writes to both standard errors that a plugin has: the one that
// loggers made early have kept, and the one that go-plugin has put in its place.
func writeLogs() {
	json := hclog.New(&hclog.LoggerOptions{Name: "store", Level: hclog.Trace, Output: os.Stderr, JSONFormat: true})
	text := hclog.New(&hclog.LoggerOptions{Name: "store", Level: hclog.Trace, Output: os.Stderr})
	json.Warn("disk is slow", "ms", 12)
	json.Debug("a detail")
	text.Error("no leader")
	fmt.Fprintln(os.Stderr, "a bare line")
	fmt.Fprintln(os.Stdout, "to standard output")
	early := os.NewFile(2, "stderr")
	hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: early, JSONFormat: true}).Warn("from an early logger")
	hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: early}).Error("from an early logger in text form")
}

func (scripted) Ports(_ context.Context, setup driver.Setup) (int, error) {
	return 2 * setup.Nodes, nil
}

func (scripted) Provision(_ context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	if setup.Option("behave") == "fail" {
		return nil, errors.New("there is no server binary: install one")
	}
	nodes := make([]driver.Node, len(places))
	for i, place := range places {
		nodes[i] = driver.Node{
			Name: "n" + strconv.Itoa(i), Endpoint: fmt.Sprintf("127.0.0.1:%d", place.Ports[0]),
			Command: []string{"server", place.Dir}, Env: []string{"A=b"}, Files: map[string]string{"x/y": "z"},
			Ready: driver.Probe{Address: fmt.Sprintf("127.0.0.1:%d", place.Ports[1]), Send: "ruok", Expect: "imok"},
		}
	}
	return nodes, nil
}

func (scripted) StartNode(_ context.Context, node string) error { return controlNode("start", node) }
func (scripted) StopNode(_ context.Context, node string) error  { return controlNode("stop", node) }
func (scripted) KillNode(_ context.Context, node string) error  { return controlNode("kill", node) }

func controlNode(verb, node string) error {
	if node == "n0" {
		return nil
	}
	return fmt.Errorf("cannot %s %s", verb, node)
}

func (scripted) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	if setup.Option("behave") == "slow-open" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if setup.Option("behave") == "fail" {
		return nil, errors.New("connection refused: start the store")
	}
	return &store{panics: setup.Option("behave") == "panic"}, nil
}

type store struct {
	panics bool
	done   atomic.Int64
}

func (s *store) Session(context.Context, int) (driver.Session, error) { return session{s}, nil }
func (s *store) Close() error                                         { return nil }

type session struct{ store *store }

func (s session) Create(context.Context, []byte, []byte) error {
	time.Sleep(100 * time.Microsecond)
	if n := s.store.done.Add(1); s.store.panics && n == 1500 {
		panic("out of luck")
	}
	return nil
}
func (session) Set(context.Context, []byte, []byte) error      { return nil }
func (session) Get(context.Context, []byte) ([]byte, error)    { return nil, nil }
func (session) Delete(context.Context, []byte) error           { return nil }
func (session) List(context.Context, []byte) ([]string, error) { return nil, nil }
func (session) Close() error                                   { return nil }

// bare is a plugin without the SDK: it sends bareChunks chunks and then ends
// the stream without saying that it has finished.
type bare struct {
	driverpb.UnimplementedDriverServer
}

const (
	bareChunks = 64
	bareChunk  = 1 << 20
)

func (bare) Describe(context.Context, *driverpb.DescribeRequest) (*driverpb.DescribeReply, error) {
	return &driverpb.DescribeReply{DescriptionJson: []byte("not JSON")}, nil
}

func (bare) Run(r *driverpb.RunRequest, stream driverpb.Driver_RunServer) error {
	data := make([]byte, bareChunk)
	for i := range int64(r.Seed) {
		if err := stream.Send(&driverpb.RunEvent{Event: &driverpb.RunEvent_Chunk{Chunk: &driverpb.Chunk{First: i, Count: 1, Data: data}}}); err != nil {
			return err
		}
	}
	return nil
}

type barePlugin struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (barePlugin) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	driverpb.RegisterDriverServer(s, bare{})
	return nil
}

func (barePlugin) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a plugin is no client")
}

func serveBare() {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{MagicCookieKey: protocol.CookieKey, MagicCookieValue: protocol.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{protocol.Version: {protocol.PluginName: barePlugin{}}},
		GRPCServer:       goplugin.DefaultGRPCServer,
	})
}

// binary returns the path of the test's own binary under a plugin's name.
func binary(t testing.TB, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// logs is what a plugin's launch has logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logs) at(level hclog.Level) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: "plugin", Level: level, Output: l, DisableTime: true})
}

// launch launches a plugin that is closed at the end of the test.
func launch(t testing.TB, store string, options host.Options) *host.Plugin {
	t.Helper()
	p, err := host.Launch(context.Background(), store, binary(t, protocol.BinaryPrefix+store), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func setup(behave string) driver.Setup {
	return driver.Setup{Nodes: 1, Reads: driver.Linearizable, Options: map[string]string{"behave": behave}, Timeout: time.Second}
}

// request is a run of creates: warm-up of 100, then as many as ops says.
func request(t testing.TB, behave string, ops int64) protocol.RunRequest {
	return protocol.RunRequest{
		Setup: setup(behave), Threads: 2, Seed: 1, KeyPrefix: "/t", SpillDir: t.TempDir(), StartTimeout: 30 * time.Second,
		Load: &load.Load{
			Name: "test", Version: 1,
			Keys:   load.Keys{Space: load.SpaceThread, Choose: load.ChooseSequential},
			Values: load.Values{Size: 10},
			Phases: []load.Phase{
				{Name: "warm-up", Warmup: true, Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}, Ops: 100},
				{Name: "measured", Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}, Ops: ops},
			},
		},
	}
}

// endless is more operations than a test waits for.
const endless = 1 << 30

// sink keeps what a run produces.
type sink struct {
	finished protocol.Finished
	mu       sync.Mutex
	order    []string // kinds of events, repetitions left out
	zero     time.Time
	samples  int64 // in chunks
	counted  int64 // by the ends of phases
	chunk    func() error
}

func (s *sink) event(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 || s.order[len(s.order)-1] != kind {
		s.order = append(s.order, kind)
	}
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.order, " ")
}

func (s *sink) Incident(time.Duration, driver.Incident) error { return nil }

func (s *sink) Started(zero time.Time, _ string) error {
	s.zero = zero
	s.event("started")
	return nil
}

func (s *sink) PhaseStarted(phase int, _ time.Duration) error {
	s.event(fmt.Sprintf("phase-%d", phase))
	return nil
}

func (s *sink) Chunk(h sample.Header, _ []byte) error {
	s.event("chunks")
	s.mu.Lock()
	s.samples += int64(h.Count)
	s.mu.Unlock()
	if s.chunk != nil {
		return s.chunk()
	}
	return nil
}

func (s *sink) Verdict(int, record.Verdict) error { return nil }

func (s *sink) Finished(f protocol.Finished) error { s.finished = f; return nil }

func (s *sink) Offered(int, record.Offered) error { return nil }

func (s *sink) PhaseEnded(phase int, _ time.Duration, samples, _ int64) error {
	s.event(fmt.Sprintf("end-%d", phase))
	s.counted += samples
	return nil
}

func (s *sink) Progress(int, time.Duration, int64, int64) {}
