package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/report"
	"github.com/benchctl/benchctl/core/stats"
)

// readArchive opens the archive for reading. Runs whose benchctl was killed are
// marked interrupted on the way, where the file can be written.
func (a *app) readArchive(ctx context.Context) (*archive.Archive, error) {
	return archive.OpenReadOnly(ctx, a.archivePath)
}

// selection is the runs and records that a command works on.
type selection struct {
	text    string
	runs    []archive.Run
	records []stats.Record // of these runs; one without op for a run that has none
}

// selected reads the runs that match an expression, and fails if there is none.
func selected(ctx context.Context, from *archive.Archive, words []string) (selection, error) {
	expression, err := stats.ParseSelection(strings.Join(words, " "))
	if err != nil {
		return selection{}, &usageError{err}
	}
	runs, err := from.Runs(ctx)
	if err != nil {
		return selection{}, err
	}
	if len(runs) == 0 {
		return selection{}, fmt.Errorf("%s has no runs yet: make some with `benchctl run`", from.Path())
	}
	summaries, err := from.Summaries(ctx)
	if err != nil {
		return selection{}, err
	}
	byRun := map[int64][]archive.Summary{}
	for _, s := range summaries {
		byRun[s.RunID] = append(byRun[s.RunID], s)
	}
	verified, err := verifiedRuns(ctx, from)
	if err != nil {
		return selection{}, err
	}
	s := selection{text: expression.String()}
	for _, run := range runs {
		records, err := recordsOf(run, byRun[run.ID], verified[run.ID])
		if err != nil {
			return selection{}, err
		}
		if matching := expression.Select(records); len(matching) > 0 {
			s.runs = append(s.runs, run)
			s.records = append(s.records, matching...)
		}
	}
	if len(s.runs) == 0 {
		return selection{}, fmt.Errorf("no run matches %q: `benchctl runs` lists all %d", s.text, len(runs))
	}
	return s, nil
}

// verifiedRuns returns what came of checking runs, by run: held, or undecided
// if anything was. Runs of which nothing was checked are not there.
func verifiedRuns(ctx context.Context, from *archive.Archive, ids ...int64) (map[int64]string, error) {
	verdicts, err := from.Verdicts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	verified := map[int64]string{}
	for _, v := range verdicts {
		if verified[v.RunID] == "" || v.Result != archive.Held {
			verified[v.RunID] = string(v.Result)
		}
	}
	return verified, nil
}

// recordsOf makes the records of a run, or one without an operation if it has
// no summaries.
func recordsOf(run archive.Run, summaries []archive.Summary, verified string) ([]stats.Record, error) {
	var setup driver.Setup
	if err := json.Unmarshal(run.Setup, &setup); err != nil {
		return nil, fmt.Errorf("read the setup of run %d: %w", run.ID, err)
	}
	var guarantees driver.Guarantees
	if err := json.Unmarshal(run.Guarantees, &guarantees); err != nil {
		return nil, fmt.Errorf("read the guarantees of run %d: %w", run.ID, err)
	}
	of := stats.Record{
		Run: run.ID, Experiment: run.Experiment, State: string(run.State), Started: run.StartedAt,
		Store: run.Store, StoreVersion: run.StoreVersion, PluginVersion: run.PluginVersion,
		Nodes: run.Nodes, Threads: run.Threads,
		Workload: run.Workload, WorkloadVersion: run.WorkloadVersion, Params: run.Params,
		Reads: string(setup.Reads), Promised: string(guarantees.Reads), Durability: string(guarantees.Durability), Connections: guarantees.Connections, Notes: guarantees.Notes,
		Options: setup.Options, Labels: run.Labels, Verified: verified,
	}
	if len(summaries) == 0 {
		return []stats.Record{of}, nil
	}
	records := make([]stats.Record, len(summaries))
	for i, s := range summaries {
		r := of
		r.Phase, r.Warmup, r.Op = s.Phase, s.Warmup, s.Op
		r.Ops, r.Errors, r.Seconds, r.Throughput = s.Ops, s.Errors, s.Seconds, s.Throughput
		r.Mean, r.Max = time.Duration(s.MeanNS), time.Duration(s.MaxNS)
		r.P50, r.P90, r.P95 = time.Duration(s.P50NS), time.Duration(s.P90NS), time.Duration(s.P95NS)
		r.P99, r.P999 = time.Duration(s.P99NS), time.Duration(s.P999NS)
		records[i] = r
	}
	return records, nil
}

// documents makes the reports' form of runs, with their summaries.
func documents(ctx context.Context, from *archive.Archive, runs []archive.Run) ([]report.Run, error) {
	ids := make([]int64, len(runs))
	at := map[int64]int{}
	out := make([]report.Run, len(runs))
	for i, r := range runs {
		ids[i], at[r.ID] = r.ID, i
		out[i] = report.Run{
			ID: r.ID, Experiment: r.Experiment, State: string(r.State), Error: r.Error, StartedAt: r.StartedAt,
			Store: r.Store, StoreVersion: r.StoreVersion, PluginVersion: r.PluginVersion, PluginSHA256: r.PluginSHA256,
			Nodes: r.Nodes, Threads: r.Threads, Watchers: r.Watchers, Setup: r.Setup, Guarantees: r.Guarantees,
			Workload: r.Workload, WorkloadVersion: r.WorkloadVersion, WorkloadSHA256: r.WorkloadSHA256,
			Params: r.Params, Repeat: r.Repeat, Seed: r.Seed, Labels: r.Labels,
			Warnings: append([]string{}, r.Warnings...), Summaries: []report.Summary{},
		}
		if !r.EndedAt.IsZero() {
			out[i].EndedAt = &r.EndedAt
		}
	}
	if len(runs) == 0 {
		return out, nil
	}
	summaries, err := from.Summaries(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, s := range summaries {
		r := &out[at[s.RunID]]
		r.Summaries = append(r.Summaries, report.Summary{
			Phase: s.Phase, Warmup: s.Warmup, Op: s.Op, Ops: s.Ops, Errors: s.Errors, Seconds: s.Seconds,
			Throughput: s.Throughput, ThroughputPerThread: s.ThroughputPerThread, MeanNS: s.MeanNS,
			P50NS: s.P50NS, P90NS: s.P90NS, P95NS: s.P95NS, P99NS: s.P99NS, P999NS: s.P999NS, MaxNS: s.MaxNS,
			ServiceMeanNS: s.ServiceMeanNS, ServiceP50NS: s.ServiceP50NS, ServiceP90NS: s.ServiceP90NS, ServiceP95NS: s.ServiceP95NS,
			ServiceP99NS: s.ServiceP99NS, ServiceP999NS: s.ServiceP999NS, ServiceMaxNS: s.ServiceMaxNS,
		})
	}
	verdicts, err := from.Verdicts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, v := range verdicts {
		r := &out[at[v.RunID]]
		r.Verdicts = append(r.Verdicts, report.Verdict{
			Phase: v.Phase, Property: v.Property, Result: string(v.Result), Checked: v.Checked, Detail: v.Detail, History: v.History,
		})
	}
	return out, nil
}

// complete adds to one run's document what only `show` tells.
func complete(ctx context.Context, from *archive.Archive, run archive.Run, r *report.Run) error {
	e, err := from.EnvironmentOf(ctx, run.Environment)
	if err != nil {
		return err
	}
	r.Environment = &report.Environment{
		CPU: e.CPU, Cores: e.Cores, MemoryBytes: e.MemoryBytes, Kernel: e.Kernel, OS: e.OS,
		Filesystem: e.Filesystem, FsyncNS: int64(e.Fsync), Virtualization: e.Virtualization, ClockSource: e.ClockSource,
	}
	phases, err := from.Phases(ctx, run.ID)
	if err != nil {
		return err
	}
	for _, p := range phases {
		if p.Begun {
			r.Phases = append(r.Phases, report.Phase{Name: p.Name, Warmup: p.Warmup, StartedNS: int64(p.Started), EndedNS: int64(p.Ended), Samples: p.Samples, Unstarted: p.Unstarted})
		}
	}
	events, err := from.Events(ctx, run.ID)
	if err != nil {
		return err
	}
	for _, e := range events {
		r.Events = append(r.Events, report.Event{AtNS: int64(e.At), Kind: e.Kind, Node: e.Node, Detail: e.Detail})
	}
	seconds, err := from.NodeSeconds(ctx, run.ID)
	if err != nil {
		return err
	}
	at := map[string]int{}
	for _, s := range seconds {
		i, ok := at[s.Node]
		if !ok {
			i = len(r.Processes)
			at[s.Node] = i
			r.Processes = append(r.Processes, report.Process{Name: s.Node})
		}
		p := &r.Processes[i]
		p.Seconds++
		p.CPUSeconds += s.CPUSeconds
		p.MaxRSSBytes = max(p.MaxRSSBytes, s.RSSBytes)
		p.ReadBytes += s.ReadBytes
		p.WrittenBytes += s.WrittenBytes
	}
	return nil
}

// create makes a file and lets write fill it.
func create(path string, write func(f *os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return errors.Join(write(f), f.Close())
}
