package engine_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/plugins/memory"
)

// reads is gets of keys that exist: the cheapest operation, so that what the
// engine adds shows most.
func reads(ops int64) *load.Load {
	return &load.Load{
		Name: "bench", Version: 1,
		Keys:   load.Keys{Space: load.SpaceShared, Choose: load.ChooseUniform, Count: 1000},
		Values: load.Values{Size: 100},
		Phases: []load.Phase{
			{Name: "fill", Warmup: true, Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}, Fill: true},
			{Name: "get", Mix: []load.Share{{Op: sample.OpGet, Weight: 1}}, Ops: ops},
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
	g := load.NewGenerator(reads(1), 1, 0, 1, "/bench")
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
	b.ReportAllocs()
	b.ResetTimer()
	// All of b.N is one run, of which each thread has its share.
	each := int64(b.N/threads) + 1
	seconds, samples := execute(b, memory.Driver(), reads(each), threads, into)
	b.StopTimer()
	if want := 1000 + each*int64(threads); samples != want {
		b.Fatalf("%d samples arrived of %d", samples, want)
	}
	b.ReportMetric(float64(samples)/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(seconds*1e9/float64(each), "ns/op-of-thread")
}

// execute runs a load and returns how long its last phase took and how many
// samples arrived in all.
func execute(b testing.TB, d driver.Driver, w *load.Load, threads int, into *archive.Archive) (seconds float64, samples int64) {
	b.Helper()
	s := &sink{writer: begin(b, into, w, threads)}
	err := drivertest.Serve(b, d).Run(b.Context(), protocol.RunRequest{
		Setup: driver.Setup{Nodes: 1}, Load: w, Threads: threads, Seed: 1,
		KeyPrefix: "/bench", SpillDir: b.TempDir(), StartTimeout: time.Minute,
	}, s)
	if err != nil {
		b.Fatal(err)
	}
	if len(s.finished.Warnings) > 0 {
		b.Log(s.finished.Warnings)
	}
	if s.writer != nil {
		if err := s.writer.Finish(b.Context(), record.Complete, ""); err != nil {
			b.Fatal(err)
		}
	}
	return (s.ended - s.began).Seconds(), s.samples
}

// sink keeps what tests look at, and archives the rest if there is a writer.
type sink struct {
	writer       *archive.RunWriter
	began, ended time.Duration // of the last phase
	samples      int64
	verdicts     map[int]map[string]record.Verdict // by phase and property
	finished     protocol.Finished
}

func (s *sink) Started(zero time.Time, version string) error {
	if s.writer == nil {
		return nil
	}
	return s.writer.Started(zero, version)
}

func (s *sink) PhaseStarted(phase int, at time.Duration) error {
	s.began = at
	if s.writer == nil {
		return nil
	}
	return s.writer.PhaseStarted(phase, at)
}

func (s *sink) Chunk(h sample.Header, data []byte) error {
	s.samples += int64(h.Count)
	if s.writer == nil {
		return nil
	}
	return s.writer.Chunk(h, data)
}

func (s *sink) Offered(phase int, o record.Offered) error {
	if s.writer == nil {
		return nil
	}
	return s.writer.Offered(phase, o)
}

func (s *sink) PhaseEnded(phase int, at time.Duration, samples, unstarted int64) error {
	s.ended = at
	if s.writer == nil {
		return nil
	}
	return s.writer.PhaseEnded(phase, at, samples, unstarted)
}

func (s *sink) Incident(at time.Duration, i driver.Incident) error {
	if s.writer == nil {
		return nil
	}
	return s.writer.Event(record.Event{At: at, Kind: string(i.Kind), Detail: i.Detail})
}

func (s *sink) Verdict(phase int, v record.Verdict) error {
	if s.verdicts == nil {
		s.verdicts = map[int]map[string]record.Verdict{}
	}
	if s.verdicts[phase] == nil {
		s.verdicts[phase] = map[string]record.Verdict{}
	}
	s.verdicts[phase][v.Property] = v
	return nil
}

func (s *sink) Finished(f protocol.Finished) error        { s.finished = f; return nil }
func (s *sink) Progress(int, time.Duration, int64, int64) {}

func begin(b testing.TB, into *archive.Archive, w *load.Load, threads int) *archive.RunWriter {
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
