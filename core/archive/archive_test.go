package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

func TestRunIsReadAsItWasWritten(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 2, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	zero := time.Date(2026, 5, 4, 3, 2, 1, 123456789, time.UTC)
	node := record.NodeSecond{RunID: 1, Node: "n1", Second: 3, Seconds: 0.5, CPUSeconds: 0.5, RSSBytes: 1, ReadBytes: 2, WrittenBytes: new(int64(3)), HandedBytes: new(int64(4))}
	client := record.Client{CPUSeconds: 0.25, Stalls: 2, Stalled: 3 * time.Millisecond, SpilledBytes: 4}
	events := []record.Event{{RunID: 1, At: time.Second, Kind: "node-started", Node: "n1", Detail: "pid 3"}, {RunID: 1, At: 2 * time.Second, Kind: "note"}}
	for _, err := range []error{
		w.Started(zero, ""), w.Event(events[1]), w.Event(events[0]), w.NodeSecond(node), w.Warn("slow disk"), w.Warn("slow disk"), w.Warn("hot"), w.Client(client),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(t.Context(), record.Failed, "plugin exited"); err != nil {
		t.Fatal(err)
	}
	got, err := a.Run(t.Context(), w.ID())
	if err != nil {
		t.Fatal(err)
	}
	if got.EndedAt.IsZero() {
		t.Error("no end")
	}
	if got.UID == "" {
		t.Error("no uid")
	}
	got.EndedAt, got.UID = time.Time{}, ""
	want := record.Run{
		ID: w.ID(), Experiment: 1, State: record.Failed, StartedAt: zero.Truncate(time.Millisecond), Zero: zero, Error: "plugin exited",
		Store: "memory", StoreVersion: "1", PluginVersion: "0.1", PluginSHA256: "def", Nodes: 3,
		Setup: json.RawMessage(`{"nodes":3}`), Guarantees: json.RawMessage(`{"durability":"fsync","reads":"linearizable"}`),
		Workload: "create-set-delete", WorkloadVersion: 1, WorkloadSHA256: "abc", Params: map[string]string{"size": "100"},
		Threads: 2, Position: 4, Repeat: 2, Seed: math.MaxUint64, Environment: 1, Labels: map[string]string{"branch": "main"},
		Warnings: []string{"slow disk", "hot"}, Client: &client,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	gotEvents, err := a.Events(t.Context(), w.ID())
	if diff := cmp.Diff(events, gotEvents); diff != "" || err != nil {
		t.Error(err, diff)
	}
	nodes, err := a.NodeSeconds(t.Context(), w.ID())
	if diff := cmp.Diff([]record.NodeSecond{node}, nodes); diff != "" || err != nil {
		t.Error(err, diff)
	}
	e, err := a.Experiment(t.Context(), 1)
	if err != nil || e.Seed != 7 || e.Command != "benchctl run" || e.CreatedAt.IsZero() {
		t.Error(e, err)
	}
	machine, err := a.EnvironmentOf(t.Context(), 1)
	if err != nil || machine.CPU != "test cpu" {
		t.Error(machine, err)
	}
	workloads, err := a.Workloads(t.Context())
	if err != nil || len(workloads) != 1 || workloads[0].Source != "name: create-set-delete\n" {
		t.Error(workloads, err)
	}
	if _, err := a.Run(t.Context(), 99); !errors.Is(err, ErrNoRun) || errors.Is(err, ErrArchive) {
		t.Error(err)
	}
	if _, err := a.Experiment(t.Context(), 99); !errors.Is(err, ErrNoExperiment) || errors.Is(err, ErrArchive) {
		t.Error(err)
	}
	sound(t, a)
}

func TestSummariesFollowFromSamples(t *testing.T) {
	a := open(t)
	const threads, chunks, size = 3, 5, 700 // about 3.5 s of each phase
	run, all := finished(t, a, threads, chunks, size)
	other, _ := finished(t, a, 1, 1, 10)
	if got, want := checkSums(t, a, run), int64(3*threads*chunks*size); got != want {
		t.Errorf("%d samples, want %d", got, want)
	}
	checkSums(t, a, other)
	sound(t, a)

	read := written{}
	err := a.Samples(t.Context(), run, func(h sample.Header, samples []sample.Sample) error {
		key := [2]int{h.Phase, h.Thread}
		if h.First != int64(len(read[key])) {
			t.Errorf("chunk of %v begins at %d after %d samples", key, h.First, len(read[key]))
		}
		read[key] = append(read[key], samples...)
		return nil
	})
	if diff := cmp.Diff(all, read); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	phases, err := a.Phases(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	var summaries []record.Summary
	err = a.Histograms(t.Context(), func(s record.Summary) error { summaries = append(summaries, s); return nil }, run)
	if err != nil {
		t.Fatal(err)
	}
	if len(summaries) != 6 {
		t.Fatalf("%d summaries, want 3 phases × 2 operations", len(summaries))
	}
	for _, s := range summaries {
		t.Run(s.Phase+" "+s.Op, func(t *testing.T) { checkSummary(t, s, phases, all, threads) })
	}
	checkThreadSeconds(t, a, run, phases, all)
}

func checkSummary(t *testing.T, s record.Summary, phases []record.Phase, all written, threads int) {
	index := slices.IndexFunc(phases, func(p record.Phase) bool { return p.Name == s.Phase })
	if phases[index].Warmup != s.Warmup || s.Warmup != (s.Phase == "warm") {
		t.Error("warm-up is not marked")
	}
	var latencies []int64
	var sum, last, failed, failedSum int64
	for key, samples := range all {
		for _, x := range samples {
			if key[0] != index {
				break
			}
			last = max(last, x.End())
			switch {
			case x.Op.String() != s.Op:
			case x.Status == sample.OK:
				latencies = append(latencies, x.Latency)
				sum += x.Latency
			default:
				failed++
				failedSum += x.Latency
			}
		}
	}
	slices.Sort(latencies)
	n := len(latencies)
	if s.Ops != int64(n) || s.Errors != failed || failed == 0 {
		t.Errorf("%d ops and %d errors, want %d and %d", s.Ops, s.Errors, n, failed)
	}
	if s.MaxNS != latencies[n-1] || s.MeanNS != divide(sum, int64(n)) || s.ErrorMeanNS != divide(failedSum, failed) {
		t.Errorf("max %d, mean %d, mean of errors %d", s.MaxNS, s.MeanNS, s.ErrorMeanNS)
	}
	seconds := float64(last-int64(phases[index].Started)) / 1e9
	if s.Seconds != seconds || s.Throughput != float64(n)/seconds || s.ThroughputPerThread != float64(n)/seconds/float64(threads) {
		t.Errorf("%v s, %v/s, %v/s per thread; want %v s", s.Seconds, s.Throughput, s.ThroughputPerThread, seconds)
	}
	for q, got := range map[float64]int64{.5: s.P50NS, .9: s.P90NS, .95: s.P95NS, .99: s.P99NS, .999: s.P999NS} {
		want := latencies[min(int(q*float64(n)+0.5), n)-1]
		if math.Abs(float64(got-want)) > float64(want)/1000 {
			t.Errorf("p%v is %d, want %d to three digits", q*100, got, want)
		}
	}
	h, err := Histogram(s)
	if err != nil || h.TotalCount() != s.Ops || h.ValueAtPercentile(99) < s.P99NS {
		t.Errorf("histogram: %v", err)
	}
}

func checkThreadSeconds(t *testing.T, a *Archive, run int64, phases []record.Phase, all written) {
	type key struct {
		phase  string
		thread int
		op     string
		second int
	}
	latencies, failures := map[key][]int64{}, map[key]int64{}
	for at, samples := range all {
		for _, x := range samples {
			k := key{phases[at[0]].Name, at[1], x.Op.String(), int(x.End() / 1e9)}
			if x.Status == sample.OK {
				latencies[k] = append(latencies[k], x.Latency)
			} else {
				failures[k]++
			}
		}
	}
	rows, err := a.ThreadSeconds(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		k := key{r.Phase, r.Thread, r.Op, r.Second}
		l := latencies[k]
		slices.Sort(l)
		n := len(l)
		if r.Ops != int64(n) || r.Errors != failures[k] {
			t.Errorf("%v: %d ops, %d errors; want %d, %d", k, r.Ops, r.Errors, n, failures[k])
		}
		if n > 0 && (r.P50NS != l[max((n*50+50)/100, 1)-1] || r.P99NS != l[max((n*99+50)/100, 1)-1] || r.MaxNS != l[n-1]) {
			t.Errorf("%v: p50 %d, p99 %d, max %d", k, r.P50NS, r.P99NS, r.MaxNS)
		}
	}
}

func TestOnlyErrors(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases[1:2])
	if err != nil {
		t.Fatal(err)
	}
	data := sample.NewEncoder().Append(nil, []sample.Sample{{Start: 10, Intended: 10, Latency: 90, Op: sample.OpSet, Status: sample.Unavailable}})
	for _, err := range []error{w.Chunk(sample.Header{Count: 1}, data), w.Finish(t.Context(), record.Interrupted, "")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := a.Summaries(t.Context(), w.ID())
	want := []record.Summary{{RunID: w.ID(), Phase: "create", Op: "set", Errors: 1, Seconds: 90e-9, ErrorMeanNS: 90, ErrorMaxNS: 90}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if one[int64](t, a, "select count(*) from summaries where mean_ns is null and hdr is null") != 1 {
		t.Error("latencies of no operation are not null")
	}
	sound(t, a)
}

func TestWorkloadThatChangedIsRefused(t *testing.T) {
	a := open(t)
	w := record.Workload{Name: "w", Version: 3, SHA256: "1", Definition: json.RawMessage("{}")}
	for range 2 {
		if err := a.Workload(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	w.SHA256 = "2"
	err := a.Workload(t.Context(), w)
	want := fmt.Sprintf("workload w@3 is not the one that archive %s has under that name and version; raise its version to 4, or name another archive", a.Path())
	if !errors.Is(err, ErrWorkloadChanged) || errors.Is(err, ErrArchive) || err.Error() != want {
		t.Error(err)
	}
}

func TestEnvironmentIsKeptOnce(t *testing.T) {
	a := open(t)
	var ids []int64
	for _, cores := range []int{2, 4, 2} {
		id, err := a.Environment(t.Context(), record.Environment{CPU: "x", Cores: cores})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if !slices.Equal(ids, []int64{1, 2, 1}) {
		t.Error(ids)
	}
}

func TestBadChunksFailTheRun(t *testing.T) {
	good := []sample.Sample{{Start: 1, Intended: 1, Latency: 5, Op: sample.OpGet}, {Start: 9, Intended: 9, Latency: 5, Op: sample.OpGet}}
	backwards := []sample.Sample{{Start: 100, Intended: 100, Latency: 5, Op: sample.OpGet}, {Start: 9, Intended: 9, Latency: 5, Op: sample.OpGet}}
	encode := func(s []sample.Sample) []byte { return sample.NewEncoder().Append(nil, s) }
	damaged := encode(good)
	damaged[len(damaged)-1] ^= 1
	cases := map[string]struct {
		header sample.Header
		data   []byte
		want   string
	}{
		"unknown phase":  {sample.Header{Phase: 3, Count: 2}, encode(good), "there is a chunk of phase 3, thread 0; the run has 3 phases and 1 threads"},
		"unknown thread": {sample.Header{Thread: 1, Count: 2}, encode(good), "there is a chunk of phase 0, thread 1"},
		"gap":            {sample.Header{First: 7, Count: 2}, encode(good), "the samples before it end at 2"},
		"count":          {sample.Header{First: 2, Count: 3}, encode(good), "it holds 2 samples, should hold 3"},
		"checksum":       {sample.Header{First: 2, Count: 2}, damaged, "checksum"},
		"nothing":        {sample.Header{First: 2, Count: 2}, nil, "0 bytes are too few"},
		"backwards":      {sample.Header{First: 2, Count: 2}, encode(backwards), "sample 3 ends before"},
	}
	a := open(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w, err := begin(t.Context(), a, 1, testPhases)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Chunk(sample.Header{Count: 2}, encode(good)); err != nil {
				t.Fatal(err)
			}
			_ = w.Chunk(c.header, c.data)
			err = w.Finish(t.Context(), record.Complete, "")
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			run, err := a.Run(t.Context(), w.ID())
			if err != nil || run.State != record.Failed || !strings.Contains(run.Error, c.want) {
				t.Errorf("run is %s: %s (%v)", run.State, run.Error, err)
			}
			checkSums(t, a, w.ID())
		})
	}
	sound(t, a)
}

func TestChunkAfterItsPhaseFailsTheRun(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	data := sample.NewEncoder().Append(nil, []sample.Sample{{Op: sample.OpGet}})
	if err := errors.Join(w.PhaseEnded(0, 1, 0, 0), w.Chunk(sample.Header{Count: 1}, data)); err != nil {
		t.Fatal(err)
	}
	err = w.Finish(t.Context(), record.Complete, "")
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "it came after the end of its phase") {
		t.Error(err)
	}
}

func TestUnknownPhaseIsRefused(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range []int{-1, 3} {
		want := fmt.Sprintf("archive run 1: there is no phase %d; the run has 3", phase)
		if err := w.PhaseStarted(phase, 0); err == nil || err.Error() != want {
			t.Error(err)
		}
		if err := w.PhaseEnded(phase, 0, 0, 0); err == nil || err.Error() != want {
			t.Error(err)
		}
	}
	if err := w.Finish(t.Context(), record.Interrupted, ""); err != nil {
		t.Error(err)
	}
}

func TestLostSamplesFailTheRun(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases[:1])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.PhaseEnded(0, time.Second, 5, 0); err != nil {
		t.Fatal(err)
	}
	err = w.Finish(t.Context(), record.Complete, "")
	want := "run 1: 5 operations were executed in phase warm, but 0 samples arrived; the plugin lost some"
	if err == nil || err.Error() != want {
		t.Error(err)
	}
	if run, err := a.Run(t.Context(), w.ID()); err != nil || run.State != record.Failed || run.Error != want {
		t.Error(run, err)
	}
}

func TestCloseEndsRuns(t *testing.T) {
	a := open(t)
	w, err := begin(t.Context(), a, 1, testPhases)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Warn("late"); err == nil || err.Error() != "archive run 1: it has been finished" {
		t.Error(err)
	}
	b := openAt(t, a.Path())
	if run, err := b.Run(t.Context(), w.ID()); err != nil || run.State != record.Interrupted {
		t.Error(run.State, err)
	}
}
