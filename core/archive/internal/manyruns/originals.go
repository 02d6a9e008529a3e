package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/workloads"
)

// store is what a store is like.
type store struct {
	name, version string
	write, read   time.Duration // median latencies of one thread on one node
	guarantees    string
}

var stores = []store{
	{"etcd", "3.6.8", 900 * time.Microsecond, 250 * time.Microsecond,
		`{"durability":"fsync","reads":"linearizable","connections":1,"notes":["a write is acknowledged when a majority has it in its log"]}`},
	{"raftembed", "hashicorp/raft 1.7.3", 700 * time.Microsecond, 3 * time.Microsecond,
		`{"durability":"fsync","reads":"linearizable","connections":0,"notes":["nodes and load generator share one process; writes go to the leader by a call, without a network"]}`},
	{"zookeeper", "3.8.0", 1100 * time.Microsecond, 180 * time.Microsecond,
		`{"durability":"fsync","reads":"sequential","connections":1}`},
}

// loads are the workloads, with the phases that are executed of them.
var loads = []struct {
	name   string
	phases []stage
	params map[string]string
}{
	{"create-set-delete", []stage{
		{"warm-up", true, []sample.Op{sample.OpCreate, sample.OpSet, sample.OpDelete}},
		{"create", false, []sample.Op{sample.OpCreate}},
		{"set", false, []sample.Op{sample.OpSet}},
		{"delete", false, []sample.Op{sample.OpDelete}},
	}, map[string]string{"duration": "2s", "warmup": "1s", "size": "100"}},
	{"read-write", []stage{
		{"fill", true, []sample.Op{sample.OpCreate}},
		{"mix", false, []sample.Op{sample.OpGet, sample.OpSet}},
	}, map[string]string{"reads": "50", "keys": "1000", "size": "1024", "duration": "5s", "warmup": "1s"}},
}

type stage struct {
	name   string
	warmup bool
	ops    []sample.Op // in turn
}

// original is a run that copies are made of.
type original struct {
	id   int64
	load int // of loads
	run  record.Run
}

// writeOriginals archives one run of every combination, as benchctl does.
func writeOriginals(ctx context.Context, path string, rng *rand.Rand) (originals []original, err error) {
	into, err := archive.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	environment, err := into.Environment(ctx, record.Environment{
		CPU: "a processor", Cores: 8, MemoryBytes: 16 << 30, Kernel: "6.1.0", OS: "debian 12 amd64",
		Filesystem: "ext4", ClockSource: "tsc",
	})
	if err != nil {
		return nil, err
	}
	for load, l := range loads {
		definition, err := shipped(l.name)
		if err != nil {
			return nil, err
		}
		err = into.Workload(ctx, record.Workload{
			Name: definition.Name, Version: definition.Version, SHA256: definition.SHA256(),
			Definition: definition.Canonical(), Source: string(definition.Text()),
		})
		if err != nil {
			return nil, err
		}
		experiment, err := into.BeginExperiment(ctx, record.Experiment{Seed: 1, Plan: json.RawMessage(`{"version":1,"runs":[]}`), Command: "benchctl run " + l.name})
		if err != nil {
			return nil, err
		}
		for _, s := range stores {
			for _, nodes := range []int{1, 3, 5} {
				for _, threads := range []int{1, 10, 50} {
					r := record.Run{
						Experiment: experiment, Position: len(originals), Store: s.name, StoreVersion: s.version,
						PluginVersion: "0.1.0", PluginSHA256: strings.Repeat(fmt.Sprintf("%x", len(s.name)), 64), Nodes: nodes,
						Setup: json.RawMessage(fmt.Sprintf(
							`{"nodes":%d,"reads":"linearizable","options":{"snapshot-threshold":"100000","sync":"true"},"timeout_ns":5000000000}`, nodes)),
						Guarantees: json.RawMessage(s.guarantees),
						Workload:   definition.Name, WorkloadVersion: definition.Version, WorkloadSHA256: definition.SHA256(),
						Params: l.params, Threads: threads, Seed: 1, Environment: environment,
					}
					o := original{load: load, run: r}
					if o.id, err = writeOriginal(ctx, into, rng, r, s, l.phases); err != nil {
						return nil, err
					}
					originals = append(originals, o)
				}
			}
		}
	}
	return originals, nil
}

func shipped(name string) (*workload.Definition, error) {
	all, err := workloads.All()
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		if d.Name == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("benchctl ships no workload %s", name)
}

func writeOriginal(ctx context.Context, into *archive.Archive, rng *rand.Rand, r record.Run, s store, stages []stage) (int64, error) {
	var phases []record.Phase
	for _, p := range stages {
		phases = append(phases, record.Phase{Name: p.name, Warmup: p.warmup})
	}
	w, err := into.BeginRun(ctx, r, phases)
	if err != nil {
		return 0, err
	}
	if err := w.Started(time.Now(), ""); err != nil {
		return 0, err
	}
	var at time.Duration
	for i, p := range stages {
		if at, err = writePhase(w, rng, r, s, i, p, at); err != nil {
			return 0, err
		}
		if p.warmup {
			continue
		}
		err := w.Verdict(record.Verdict{Phase: p.name, Property: "read-back", Result: record.Held, Checked: 120,
			Detail: "120 keys have the value that was acknowledged last (chosen from 100 % of all)"})
		if err != nil {
			return 0, err
		}
	}
	for second := range int(at/time.Second) + 1 {
		for node := range r.Nodes + 1 {
			name := fmt.Sprintf("node-%d", node)
			if node == 0 {
				name = record.ClientNode
			}
			covered := min(1, at.Seconds()-float64(second))
			err := w.NodeSecond(record.NodeSecond{Node: name, Second: second, Seconds: covered, CPUSeconds: covered * (0.2 + rng.Float64()), RSSBytes: 50 << 20, WrittenBytes: new(int64(1 << 20))})
			if err != nil {
				return 0, err
			}
		}
	}
	if err := w.Client(record.Client{CPUSeconds: at.Seconds() / 2}); err != nil {
		return 0, err
	}
	return w.ID(), w.Finish(ctx, record.Complete, "")
}

// writePhase writes the operations of all threads, and returns when the last
// ended. The more threads and nodes there are, the longer each takes.
func writePhase(w *archive.RunWriter, rng *rand.Rand, r record.Run, s store, number int, p stage, at time.Duration) (time.Duration, error) {
	if err := w.PhaseStarted(number, at); err != nil {
		return 0, err
	}
	each := 300
	if r.Threads > 10 {
		each = 60
	}
	slower := math.Sqrt(float64(r.Nodes)) * (1 + float64(r.Threads)/20)
	encoder := sample.NewEncoder()
	last := at.Nanoseconds()
	for thread := range r.Threads {
		samples := make([]sample.Sample, each)
		now := at.Nanoseconds()
		for i := range samples {
			op := p.ops[i%len(p.ops)]
			median := s.write
			if op == sample.OpGet {
				median = s.read
			}
			now += 200
			samples[i] = sample.Sample{Op: op, Intended: now, Start: now, Latency: int64(float64(median) * slower * math.Exp(0.4*rng.NormFloat64()))}
			if rng.IntN(2000) == 0 {
				samples[i].Status = sample.Timeout
			}
			now = samples[i].End()
		}
		last = max(last, now)
		if err := w.Chunk(sample.Header{Phase: number, Thread: thread, Count: each}, encoder.Append(nil, samples)); err != nil {
			return 0, err
		}
	}
	return time.Duration(last), w.PhaseEnded(number, time.Duration(last), int64(each*r.Threads), 0)
}
