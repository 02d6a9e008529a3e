package archive

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

func TestMain(m *testing.M) {
	if task := os.Getenv("ARCHIVE_TEST_TASK"); task != "" {
		os.Exit(childTask(task))
	}
	// A closed sql.DB ends its opener a moment later.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

// open opens a new archive that the test closes.
func open(t testing.TB) *Archive {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "test.db"))
}

func openAt(t testing.TB, path string) *Archive {
	t.Helper()
	a, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return a
}

var testPhases = []record.Phase{{Name: "warm", Warmup: true}, {Name: "create"}, {Name: "mixed"}}

// begin archives what a run needs and begins it.
func begin(ctx context.Context, a *Archive, threads int, phases []record.Phase) (*RunWriter, error) {
	environment, err := a.Environment(ctx, record.Environment{CPU: "test cpu", Cores: 2, MemoryBytes: 4 << 30, Kernel: "6.1", OS: "linux", Filesystem: "ext4", ClockSource: "tsc"})
	if err != nil {
		return nil, err
	}
	w := record.Workload{Name: "create-set-delete", Version: 1, SHA256: "abc", Definition: json.RawMessage(`{"name":"create-set-delete"}`), Source: "name: create-set-delete\n"}
	if err := a.Workload(ctx, w); err != nil {
		return nil, err
	}
	experiment, err := a.BeginExperiment(ctx, record.Experiment{Seed: 7, Plan: json.RawMessage(`{"runs":[{"position":0,"store":"memory"}]}`), Command: "benchctl run"})
	if err != nil {
		return nil, err
	}
	return a.BeginRun(ctx, record.Run{
		Experiment: experiment, Store: "memory", StoreVersion: "1", PluginVersion: "0.1", PluginSHA256: "def", Nodes: 3,
		Setup: json.RawMessage(`{"nodes":3}`), Guarantees: json.RawMessage(`{"durability":"fsync","reads":"linearizable"}`),
		Workload: w.Name, WorkloadVersion: w.Version, WorkloadSHA256: w.SHA256, Params: map[string]string{"size": "100"},
		Threads: threads, Position: 4, Repeat: 2, Seed: math.MaxUint64, Environment: environment, Labels: map[string]string{"branch": "main"},
	}, phases)
}

// likely makes n samples of one thread from the moment at, as a closed loop
// would: two operations, one in 50 failed.
func likely(rng *rand.Rand, at int64, n int, median float64) []sample.Sample {
	samples := make([]sample.Sample, n)
	for i := range samples {
		at += 60 + rng.Int64N(40)
		s := sample.Sample{Intended: at, Start: at, Op: sample.OpCreate, Latency: int64(median * math.Exp(0.4*rng.NormFloat64()))}
		if rng.IntN(3) == 0 {
			s.Op = sample.OpGet
		}
		if rng.IntN(50) == 0 {
			s.Status = sample.Timeout
		}
		samples[i] = s
		at = s.End()
	}
	return samples
}

// written is what load wrote: samples by phase and thread.
type written map[[2]int][]sample.Sample

// load writes the first phases of a run: per thread and phase so many chunks of
// size.
func load(w *RunWriter, threads, phases, chunks, size int) (written, error) {
	if err := w.Started(time.Now(), ""); err != nil {
		return nil, err
	}
	return loadPhases(w, threads, 0, phases, chunks, size)
}

func loadPhases(w *RunWriter, threads, from, to, chunks, size int) (written, error) {
	rng := rand.New(rand.NewPCG(3, uint64(w.ID())))
	encoder := sample.NewEncoder()
	all := written{}
	at := int64(from) * 100e9
	for phase := from; phase < to; phase++ {
		if err := w.PhaseStarted(phase, time.Duration(at)); err != nil {
			return nil, err
		}
		var count, last int64
		ends := make([]int64, threads)
		for thread := range threads {
			ends[thread] = at
		}
		for chunk := range chunks {
			for thread := range threads {
				samples := likely(rng, ends[thread], size, 1e6)
				ends[thread] = samples[size-1].End()
				last = max(last, ends[thread])
				key := [2]int{phase, thread}
				all[key] = append(all[key], samples...)
				h := sample.Header{Phase: phase, Thread: thread, First: int64(chunk * size), Count: size}
				if err := w.Chunk(h, encoder.Append(nil, samples)); err != nil {
					return nil, err
				}
				count += int64(size)
			}
		}
		at = last
		if err := w.PhaseEnded(phase, time.Duration(at), count, 0); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// finished archives a whole run and returns what was written.
func finished(t testing.TB, a *Archive, threads, chunks, size int) (int64, written) {
	t.Helper()
	w, err := begin(t.Context(), a, threads, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	all, err := load(w, threads, len(testPhases), chunks, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), record.Complete, ""); err != nil {
		t.Fatal(err)
	}
	return w.ID(), all
}

// one returns the single value of a query.
func one[T any](t testing.TB, a *Archive, query string, args ...any) T {
	t.Helper()
	var value T
	if err := a.reader.QueryRowContext(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// files returns the hashes of an archive and what stands beside it, but for the
// memory that SQLite's connections share.
func files(t testing.TB, path string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	hashes := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "-shm") {
			hashes[filepath.Base(name)] = ""
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		hashes[filepath.Base(name)] = fmt.Sprintf("%d bytes, %x", len(data), sha256.Sum256(data))
	}
	return hashes
}

// checkSums checks that summaries, thread-seconds, phases and decoded samples
// agree in number.
func checkSums(t testing.TB, a *Archive, run int64) int64 {
	t.Helper()
	samples := one[int64](t, a, "select count(*) from samples where run_id = ?", run)
	for _, query := range []string{
		"select coalesce(sum(ops + errors), 0) from summaries where run_id = ?",
		"select coalesce(sum(ops + errors), 0) from thread_seconds where run_id = ?",
		"select coalesce(sum(samples), 0) from phases where run_id = ?",
		"select coalesce(sum(count), 0) from chunks where run_id = ?",
	} {
		if got := one[int64](t, a, query, run); got != samples {
			t.Errorf("run %d has %d samples, but %s gives %d", run, samples, query, got)
		}
	}
	return samples
}

// sound checks that the archive verifies.
func sound(t testing.TB, a *Archive) {
	t.Helper()
	v, err := a.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Problems {
		t.Error(p)
	}
}

func childTask(task string) int {
	if err := childTasks[task](context.Background(), os.Getenv("ARCHIVE_TEST_PATH")); err != nil {
		fmt.Fprintln(os.Stderr, task+":", err)
		return 1
	}
	return 0
}
