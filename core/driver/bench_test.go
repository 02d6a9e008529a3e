package driver_test

import (
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/plugins/memory"
)

// load is gets of keys that exist: the cheapest operation, so that what the
// engine adds shows most.
func load(ops int64) *workload.Workload {
	return &workload.Workload{
		Name: "bench", Version: 1,
		Keys:   workload.Keys{Space: workload.SpaceShared, Choose: workload.ChooseUniform, Count: 1000},
		Values: workload.Values{Size: 100},
		Phases: []workload.Phase{
			{Name: "fill", Warmup: true, Mix: []workload.Share{{Op: sample.OpCreate, Weight: 1}}, Fill: true},
			{Name: "get", Mix: []workload.Share{{Op: sample.OpGet, Weight: 1}}, Ops: ops},
		},
	}
}

// BenchmarkBareLoop makes the calls that BenchmarkEngine makes, on the same
// keys, and nothing else. The difference is the engine's cost.
func BenchmarkBareLoop(b *testing.B) {
	store, err := memory.Driver().Open(b.Context(), driver.Setup{Nodes: 1})
	if err != nil {
		b.Fatal(err)
	}
	session, err := store.Session(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	g := workload.NewGenerator(load(1), 1, 0, 1, "/bench")
	g.StartPhase(0)
	for {
		if _, ok := g.Next(); !ok {
			break
		}
		if err := session.Create(b.Context(), g.Key(), g.Value()); err != nil {
			b.Fatal(err)
		}
	}
	// The keys are chosen beforehand: choosing them is the engine's work.
	g.StartPhase(1)
	keys := make([][]byte, 1<<16)
	for i := range keys {
		g.Next()
		keys[i] = append([]byte(nil), g.Key()...)
	}
	ctx := context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := session.Get(ctx, keys[i&(len(keys)-1)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEngine runs one thread through the whole engine, with the encoder
// beside it and a reader that takes the chunks over gRPC.
func BenchmarkEngine(b *testing.B) { benchmarkRun(b, 1, nil) }

// BenchmarkArchived runs the whole way of the data: threads, encoder, gRPC,
// archive, summaries. Samples a second include the end of the run.
func BenchmarkArchived(b *testing.B) {
	for name, threads := range map[string]int{"1-thread": 1, "2-threads": 2} {
		b.Run(name, func(b *testing.B) {
			a, err := archive.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer a.Close()
			benchmarkRun(b, threads, a)
		})
	}
}

func benchmarkRun(b *testing.B, threads int, into *archive.Archive) {
	client := serve(b, memory.Driver())
	b.ReportAllocs()
	b.ResetTimer()
	// All of b.N is one run, of which each thread has its share.
	each := int64(b.N/threads) + 1
	seconds, samples := execute(b, client, load(each), threads, into)
	b.StopTimer()
	if want := 1000 + each*int64(threads); samples != want {
		b.Fatalf("%d samples arrived of %d", samples, want)
	}
	b.ReportMetric(float64(samples)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(seconds*1e9/float64(each), "ns/op-of-thread")
}

func serve(b testing.TB, d driver.Driver) driverpb.DriverClient {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := grpc.NewServer(grpc.InitialWindowSize(16<<20), grpc.InitialConnWindowSize(16<<20))
	driverpb.RegisterDriverServer(server, driver.NewServer(d))
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithInitialWindowSize(16<<20), grpc.WithInitialConnWindowSize(16<<20))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		conn.Close()
		server.Stop()
	})
	return driverpb.NewDriverClient(conn)
}

// execute runs a load and returns how long its measured phase took and how
// many samples arrived in all.
func execute(b testing.TB, client driverpb.DriverClient, w *workload.Workload, threads int, into *archive.Archive) (seconds float64, samples int64) {
	b.Helper()
	document, err := json.Marshal(w)
	if err != nil {
		b.Fatal(err)
	}
	writer := begin(b, into, w, threads)
	stream, err := client.Run(b.Context(), &driverpb.RunRequest{
		SetupJson: []byte(`{"nodes":1}`), WorkloadJson: document, Threads: int32(threads), Seed: 1,
		KeyPrefix: "/bench", SpillDir: b.TempDir(), StartTimeoutNs: int64(time.Minute),
	})
	if err != nil {
		b.Fatal(err)
	}
	var began int64
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	for {
		event, err := stream.Recv()
		must(err)
		switch e := event.Event.(type) {
		case *driverpb.RunEvent_Started:
			if writer != nil {
				must(writer.Started(time.Unix(0, e.Started.WallUnixNs), ""))
			}
		case *driverpb.RunEvent_PhaseStarted:
			began = e.PhaseStarted.AtNs
			if writer != nil {
				must(writer.PhaseStarted(int(e.PhaseStarted.Phase), time.Duration(began)))
			}
		case *driverpb.RunEvent_Chunk:
			samples += int64(e.Chunk.Count)
			if writer != nil {
				must(writer.Chunk(sample.Header{Phase: int(e.Chunk.Phase), Thread: int(e.Chunk.Thread), First: e.Chunk.First, Count: int(e.Chunk.Count)}, e.Chunk.Data))
			}
		case *driverpb.RunEvent_PhaseEnded:
			seconds = float64(e.PhaseEnded.AtNs-began) / 1e9
			if writer != nil {
				must(writer.PhaseEnded(int(e.PhaseEnded.Phase), time.Duration(e.PhaseEnded.AtNs), e.PhaseEnded.Samples, e.PhaseEnded.Unstarted))
			}
		case *driverpb.RunEvent_Incident:
			if writer != nil {
				must(writer.Event(record.Event{At: time.Duration(e.Incident.AtNs), Kind: e.Incident.Kind, Detail: e.Incident.Detail}))
			}
		case *driverpb.RunEvent_Finished:
			if len(e.Finished.Warnings) > 0 {
				b.Log(e.Finished.Warnings)
			}
			if writer != nil {
				must(writer.Finish(b.Context(), record.Complete, ""))
			}
			return seconds, samples
		}
	}
}

func begin(b testing.TB, into *archive.Archive, w *workload.Workload, threads int) *archive.RunWriter {
	if into == nil {
		return nil
	}
	b.Helper()
	ctx := b.Context()
	environment, err := into.Environment(ctx, record.Environment{CPU: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	if err := into.Workload(ctx, record.Workload{Name: w.Name, Version: 1, SHA256: "0", Definition: []byte("{}")}); err != nil {
		b.Fatal(err)
	}
	id, err := into.BeginExperiment(ctx, record.Experiment{Plan: []byte("[]")})
	if err != nil {
		b.Fatal(err)
	}
	var phases []record.Phase
	for _, stage := range w.Stages() {
		phases = append(phases, record.Phase{Name: stage.Name, Warmup: stage.Warmup})
	}
	writer, err := into.BeginRun(ctx, record.Run{
		Experiment: id, Store: "memory", Nodes: 1, Setup: []byte("{}"), Guarantees: []byte("{}"),
		Workload: w.Name, WorkloadVersion: 1, WorkloadSHA256: "0", Threads: threads, Environment: environment,
	}, phases)
	if err != nil {
		b.Fatal(err)
	}
	return writer
}
