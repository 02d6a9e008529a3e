package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

func TestMain(m *testing.M) {
	historyWithin = 5 * time.Minute // a busy machine decides the same
	goleak.VerifyTestMain(m)
}

// scripted is a driver whose sessions do what a test says.
type scripted struct {
	create func(ctx context.Context, thread int, key []byte) error
	closed atomic.Int64 // sessions
}

func (d *scripted) Info() Info { return Info{Name: "scripted", Session: (*scriptedSession)(nil)} }
func (d *scripted) Guarantees(Setup) (Guarantees, error) {
	return Guarantees{Durability: DurableMemory, Reads: Linearizable}, nil
}
func (d *scripted) Open(context.Context, Setup) (Store, error) { return d, nil }
func (d *scripted) Close() error                               { return nil }
func (d *scripted) Session(_ context.Context, thread int) (Session, error) {
	return &scriptedSession{driver: d, thread: thread}, nil
}

type scriptedSession struct {
	driver *scripted
	thread int
}

func (s *scriptedSession) Create(ctx context.Context, key, _ []byte) error {
	return s.driver.create(ctx, s.thread, key)
}
func (s *scriptedSession) Set(context.Context, []byte, []byte) error      { return nil }
func (s *scriptedSession) Get(context.Context, []byte) ([]byte, error)    { return nil, nil }
func (s *scriptedSession) Delete(context.Context, []byte) error           { return nil }
func (s *scriptedSession) List(context.Context, []byte) ([]string, error) { return nil, nil }
func (s *scriptedSession) Close() error                                   { s.driver.closed.Add(1); return nil }

// dial serves a driver over real gRPC and returns a client of it.
func dial(t *testing.T, d Driver) driverpb.DriverClient {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	driverpb.RegisterDriverServer(server, NewServer(d))
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
	})
	return driverpb.NewDriverClient(conn)
}

func request(t *testing.T, threads int, phases ...workload.Phase) *driverpb.RunRequest {
	t.Helper()
	load := workload.Workload{
		Name: "test", Version: 1,
		Keys:   workload.Keys{Space: workload.SpaceThread, Choose: workload.ChooseSequential},
		Values: workload.Values{Size: 10},
		Phases: phases,
	}
	loadJSON, err := json.Marshal(load)
	if err != nil {
		t.Fatal(err)
	}
	setupJSON, err := json.Marshal(Setup{Nodes: 1, Reads: Linearizable, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return &driverpb.RunRequest{
		SetupJson: setupJSON, WorkloadJson: loadJSON, Threads: int32(threads), Seed: 1,
		KeyPrefix: "/t", SpillDir: t.TempDir(), StartTimeoutNs: int64(time.Minute),
	}
}

func only(op sample.Op) []workload.Share { return []workload.Share{{Op: op, Weight: 1}} }

// result is a run as benchctl sees it.
type result struct {
	samples  map[string][]sample.Sample // by "phase/thread"
	phases   []string
	finished *driverpb.Finished
	err      error
}

// collect reads a run to its end, and fails if a chunk does not follow the one before.
func collect(t *testing.T, stream driverpb.Driver_RunClient, onChunk func()) result {
	t.Helper()
	r := result{samples: map[string][]sample.Sample{}}
	decoder := sample.NewDecoder()
	for {
		event, err := stream.Recv()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.err = err
			}
			return r
		}
		switch e := event.Event.(type) {
		case *driverpb.RunEvent_PhaseStarted:
			r.phases = append(r.phases, fmt.Sprintf("start %d", e.PhaseStarted.Phase))
		case *driverpb.RunEvent_PhaseEnded:
			r.phases = append(r.phases, fmt.Sprintf("end %d", e.PhaseEnded.Phase))
		case *driverpb.RunEvent_Chunk:
			key := fmt.Sprintf("%d/%d", e.Chunk.Phase, e.Chunk.Thread)
			if got := int64(len(r.samples[key])); got != e.Chunk.First {
				t.Errorf("%s: chunk begins at %d, want %d", key, e.Chunk.First, got)
			}
			before := len(r.samples[key])
			if r.samples[key], err = decoder.Decode(r.samples[key], e.Chunk.Data); err != nil {
				t.Fatal(err)
			}
			if got := len(r.samples[key]) - before; got != int(e.Chunk.Count) {
				t.Errorf("%s: %d samples in a chunk of %d", key, got, e.Chunk.Count)
			}
			if onChunk != nil {
				onChunk()
			}
		case *driverpb.RunEvent_Finished:
			r.finished = e.Finished
		}
	}
}

func (r result) count() (n int64) {
	for _, samples := range r.samples {
		n += int64(len(samples))
	}
	return n
}

func TestRunMeasuresEveryOperation(t *testing.T) {
	var calls atomic.Int64
	var mu sync.Mutex
	keys := map[string]bool{}
	d := &scripted{create: func(_ context.Context, _ int, key []byte) error {
		mu.Lock()
		keys[string(key)] = true
		mu.Unlock()
		switch calls.Add(1) % 10 {
		case 3:
			return ErrExists
		case 7:
			return fmt.Errorf("wrapped: %w", Classed(sample.Conflict, errors.New("lost")))
		}
		return nil
	}}
	stream, err := dial(t, d).Run(t.Context(), request(t, 3,
		workload.Phase{Name: "first", Warmup: true, Mix: only(sample.OpCreate), Ops: 5000},
		workload.Phase{Name: "second", Mix: only(sample.OpCreate), Ops: 7}))
	if err != nil {
		t.Fatal(err)
	}
	r := collect(t, stream, nil)
	if r.err != nil {
		t.Fatal(r.err)
	}
	if want := int64(3 * 5007); r.count() != want || calls.Load() != want || r.finished.Samples != want {
		t.Errorf("%d samples, %d calls, %d announced, want %d", r.count(), calls.Load(), r.finished.Samples, want)
	}
	if len(keys) != 3*5007 {
		t.Errorf("%d different keys, want %d", len(keys), 3*5007)
	}
	if got := strings.Join(r.phases, ", "); got != "start 0, end 0, start 1, end 1" {
		t.Errorf("phases: %s", got)
	}
	status := map[sample.Status]int{}
	for key, samples := range r.samples {
		var end int64
		for i, s := range samples {
			status[s.Status]++
			if s.Start < end || s.Intended != s.Start || s.Latency < 0 || s.Op != sample.OpCreate {
				t.Fatalf("%s: sample %d is %+v after an end at %d", key, i, s, end)
			}
			end = s.End()
		}
	}
	if status[sample.Exists] < 1400 || status[sample.Conflict] < 1400 || status[sample.OK] < 12_000 {
		t.Errorf("statuses: %v", status)
	}
	if d.closed.Load() != 3 {
		t.Errorf("%d of 3 sessions closed", d.closed.Load())
	}
}

func TestStopKeepsWhatWasMeasured(t *testing.T) {
	cases := map[string]struct {
		create func(ctx context.Context, thread int, key []byte) error
		warn   string
	}{
		"threads that obey": {
			create: func(ctx context.Context, _ int, _ []byte) error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Millisecond):
					return nil
				}
			},
		},
		"a thread that hangs": {
			warn: "threads [1] did not stop within 1s",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			unhang := make(chan struct{})
			defer close(unhang)
			var n atomic.Int64
			if c.create == nil {
				c.create = func(_ context.Context, thread int, _ []byte) error {
					if thread == 1 && n.Add(1) > 10 {
						<-unhang
					}
					time.Sleep(time.Millisecond)
					return nil
				}
			}
			client := dial(t, &scripted{create: c.create})
			stream, err := client.Run(t.Context(), request(t, 2, workload.Phase{Name: "long", Mix: only(sample.OpCreate), For: time.Hour}))
			if err != nil {
				t.Fatal(err)
			}
			var once sync.Once
			r := collect(t, stream, func() {
				once.Do(func() {
					if _, err := client.Stop(t.Context(), &driverpb.StopRequest{}); err != nil {
						t.Error(err)
					}
				})
			})
			if r.err != nil {
				t.Fatal(r.err)
			}
			if !r.finished.Stopped || r.finished.Samples != r.count() || r.count() == 0 {
				t.Errorf("finished %+v with %d samples", r.finished, r.count())
			}
			for _, samples := range r.samples {
				for _, s := range samples {
					if s.Status != sample.OK {
						t.Errorf("an operation that was cut short is archived: %+v", s)
					}
				}
			}
			if got := strings.Join(r.finished.Warnings, "; "); !strings.Contains(got, c.warn) {
				t.Errorf("warnings %q, want %q", got, c.warn)
			}
		})
	}
}

func TestAThreadWithoutKeysEndsThePhaseForAll(t *testing.T) {
	d := &scripted{create: func(_ context.Context, thread int, _ []byte) error {
		time.Sleep(time.Duration(1+thread) * 2 * time.Millisecond)
		return nil
	}}
	stream, err := dial(t, d).Run(t.Context(), request(t, 2,
		workload.Phase{Name: "create", Mix: only(sample.OpCreate), For: 200 * time.Millisecond},
		workload.Phase{Name: "delete", Mix: only(sample.OpDelete), For: time.Hour}))
	if err != nil {
		t.Fatal(err)
	}
	r := collect(t, stream, nil)
	if r.err != nil {
		t.Fatal(r.err)
	}
	for thread := range 2 {
		created, deleted := len(r.samples[fmt.Sprintf("0/%d", thread)]), len(r.samples[fmt.Sprintf("1/%d", thread)])
		if deleted > created {
			t.Errorf("thread %d deleted %d of %d", thread, deleted, created)
		}
	}
}

func TestRefusals(t *testing.T) {
	create := workload.Phase{Name: "create", Mix: only(sample.OpCreate), Ops: 1}
	cases := map[string]struct {
		change func(*driverpb.RunRequest)
		want   string
	}{
		"operation lacking": {
			func(r *driverpb.RunRequest) {
				r.WorkloadJson = request(t, 1, workload.Phase{Name: "p", Mix: only(sample.OpCreateEphemeral), Ops: 1}).WorkloadJson
			},
			"lack the operation create-ephemeral",
		},
		"recipe that is lacking": {
			func(r *driverpb.RunRequest) {
				r.WorkloadJson = request(t, 1, workload.Phase{Name: "p", Mix: only(sample.OpElection), Ops: 1}).WorkloadJson
			},
			"lack the operation election",
		},
		"verification":   {func(r *driverpb.RunRequest) { r.Verify = "all" }, `verify: "all" is none of [none read-back linearizable]`},
		"no threads":     {func(r *driverpb.RunRequest) { r.Threads = 0 }, "0 threads"},
		"workload":       {func(r *driverpb.RunRequest) { r.WorkloadJson = []byte(`{}`) }, "workload: "},
		"setup":          {func(r *driverpb.RunRequest) { r.SetupJson = []byte(`[]`) }, "setup: "},
		"no nodes":       {func(r *driverpb.RunRequest) { r.SetupJson = []byte(`{}`) }, "0 nodes"},
		"unknown option": {func(r *driverpb.RunRequest) { r.SetupJson = []byte(`{"nodes":1,"options":{"x":"y"}}`) }, `has no option "x"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := request(t, 1, create)
			c.change(r)
			stream, err := dial(t, &scripted{create: func(context.Context, int, []byte) error { return nil }}).Run(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if got := collect(t, stream, nil); got.err == nil || !strings.Contains(got.err.Error(), c.want) {
				t.Errorf("error %v, want %q", got.err, c.want)
			}
		})
	}
}

// TestAFullRingStallsItsThreadAloud lets the encoder sleep, so that a thread
// fills its ring: it must wait, lose nothing and say for how long.
func TestAFullRingStallsItsThreadAloud(t *testing.T) {
	r := newRing(ringTotal) // the smallest, which never grows
	done := make(chan struct{})
	const n = 5 * ringLeast
	samples := make([]sample.Sample, chunkSamples)
	go func() {
		defer close(done)
		for i := range int64(n) {
			r.push(sample.Sample{Start: i})
		}
	}()
	var next int64
	for next < n {
		for r.waiting() == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond)
		for _, s := range samples[:r.take(samples)] {
			if s.Start != next {
				t.Fatalf("sample %d, want %d", s.Start, next)
			}
			next++
		}
	}
	<-done
	if r.stalls == 0 || r.stalled <= 0 {
		t.Errorf("%d stalls of %v", r.stalls, r.stalled)
	}
}

// TestARingGrowsBeforeItStalls begins to take samples when a thread has filled
// its ring again and again: it grows to its limit, and nothing is lost or moved.
func TestARingGrowsBeforeItStalls(t *testing.T) {
	r := newRing(ringTotal / (64 * ringLeast))
	if want := 64 * ringLeast; r.most != want {
		t.Fatalf("may grow to %d samples, want %d", r.most, want)
	}
	const n = 1 << 20
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range int64(n) {
			r.push(sample.Sample{Start: i})
		}
	}()
	for r.waiting() <= (1+4+16)*ringLeast {
		runtime.Gosched()
	}
	samples := make([]sample.Sample, 1000)
	for next := int64(0); next < n; {
		took := r.take(samples)
		for _, s := range samples[:took] {
			if s.Start != next {
				t.Fatalf("sample %d, want %d", s.Start, next)
			}
			next++
		}
		if took == 0 {
			runtime.Gosched()
		}
	}
	<-done
	if got := len(r.into.samples); got != r.most {
		t.Errorf("grew to %d samples, want %d", got, r.most)
	}
	if got := r.waiting(); got != 0 {
		t.Errorf("%d samples wait", got)
	}
}

// TestASlowReaderSlowsNoThread takes nothing until the run is over: the chunks
// wait in memory and then in the file, and all arrive in the end.
func TestASlowReaderSlowsNoThread(t *testing.T) {
	const threads, ops = 2, 60_000
	load := &workload.Workload{
		Name: "test", Version: 1,
		Keys:   workload.Keys{Space: workload.SpaceThread, Choose: workload.ChooseSequential},
		Phases: []workload.Phase{{Name: "create", Mix: only(sample.OpCreate), Ops: ops}},
	}
	outbox := newOutbox(t.TempDir(), 20_000)
	defer outbox.release()
	err := execute(t.Context(), plan{
		driver: &scripted{create: func(context.Context, int, []byte) error { return nil }},
		setup:  Setup{Nodes: 1}, workload: load, threads: threads, seed: 1, startTimeout: time.Minute,
	}, outbox)
	if err != nil {
		t.Fatal(err)
	}
	outbox.close()
	var samples, spilled int64
	for {
		event, err := outbox.take()
		if err != nil {
			t.Fatal(err)
		}
		if event == nil {
			break
		}
		samples += int64(event.GetChunk().GetCount())
		if end := event.GetFinished(); end != nil {
			spilled = end.SpilledBytes
		}
	}
	if samples != threads*ops || spilled == 0 {
		t.Errorf("%d samples of %d arrived, %d bytes by the file", samples, threads*ops, spilled)
	}
}
