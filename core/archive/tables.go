package archive

import (
	"time"

	"github.com/benchctl/benchctl/core/record"
)

// archivedRun is a run with what only the archive needs to know of it.
type archivedRun struct {
	record.Run
	owner string // document of the process that writes it
}

var runTable = table[archivedRun]{"runs", []column[archivedRun]{
	{"id", func(r *archivedRun) any { return optional[int64]{at: &r.ID} }},
	{"uid", func(r *archivedRun) any { return optional[string]{at: &r.UID} }},
	{"experiment", func(r *archivedRun) any { return &r.Experiment }},
	{"position", func(r *archivedRun) any { return optional[int]{&r.Position, -1} }},
	{"state", func(r *archivedRun) any { return &r.State }},
	{"error", func(r *archivedRun) any { return optional[string]{at: &r.Error} }},
	{"started_at", func(r *archivedRun) any { return moment{&r.StartedAt} }},
	{"ended_at", func(r *archivedRun) any { return moment{&r.EndedAt} }},
	{"zero_unix_ns", func(r *archivedRun) any { return nanoseconds{&r.Zero} }},
	{"store", func(r *archivedRun) any { return &r.Store }},
	{"store_version", func(r *archivedRun) any { return &r.StoreVersion }},
	{"plugin_version", func(r *archivedRun) any { return &r.PluginVersion }},
	{"plugin_sha256", func(r *archivedRun) any { return &r.PluginSHA256 }},
	{"nodes", func(r *archivedRun) any { return &r.Nodes }},
	{"threads", func(r *archivedRun) any { return &r.Threads }},
	{"watchers", func(r *archivedRun) any { return &r.Watchers }},
	{"setup", func(r *archivedRun) any { return documentIn(&r.Setup) }},
	{"guarantees", func(r *archivedRun) any { return documentIn(&r.Guarantees) }},
	{"workload", func(r *archivedRun) any { return &r.Workload }},
	{"workload_version", func(r *archivedRun) any { return &r.WorkloadVersion }},
	{"workload_sha256", func(r *archivedRun) any { return &r.WorkloadSHA256 }},
	{"params", func(r *archivedRun) any { return encodedIn(&r.Params, map[string]string{}) }},
	{"repeat", func(r *archivedRun) any { return &r.Repeat }},
	{"seed", func(r *archivedRun) any { return unsigned{&r.Seed} }},
	{"environment", func(r *archivedRun) any { return &r.Environment }},
	{"fsync_ns", func(r *archivedRun) any { return optional[time.Duration]{at: &r.Fsync} }},
	{"lost_nodes", func(r *archivedRun) any { return &r.LostNodes }},
	{"labels", func(r *archivedRun) any { return encodedIn(&r.Labels, map[string]string{}) }},
	{"warnings", func(r *archivedRun) any { return encodedIn(&r.Warnings, []string{}) }},
	{"client_cpu_seconds", func(r *archivedRun) any {
		return within[record.Client, float64]{&r.Client, func(c *record.Client) *float64 { return &c.CPUSeconds }}
	}},
	{"client_stalls", func(r *archivedRun) any {
		return within[record.Client, int64]{&r.Client, func(c *record.Client) *int64 { return &c.Stalls }}
	}},
	{"client_stalled_ns", func(r *archivedRun) any {
		return within[record.Client, time.Duration]{&r.Client, func(c *record.Client) *time.Duration { return &c.Stalled }}
	}},
	{"client_spilled_bytes", func(r *archivedRun) any {
		return within[record.Client, int64]{&r.Client, func(c *record.Client) *int64 { return &c.SpilledBytes }}
	}},
	{"owner", func(r *archivedRun) any { return &r.owner }},
}}

// archivedExperiment is an experiment with the process that executes it.
type archivedExperiment struct {
	record.Experiment
	owner string // its document; empty: of a benchctl that did not archive it
}

var experimentTable = table[archivedExperiment]{"experiments", []column[archivedExperiment]{
	{"id", func(e *archivedExperiment) any { return optional[int64]{at: &e.ID} }},
	{"uid", func(e *archivedExperiment) any { return optional[string]{at: &e.UID} }},
	{"created_at", func(e *archivedExperiment) any { return moment{&e.CreatedAt} }},
	{"seed", func(e *archivedExperiment) any { return unsigned{&e.Seed} }},
	{"plan", func(e *archivedExperiment) any { return documentIn(&e.Plan) }},
	{"command", func(e *archivedExperiment) any { return &e.Command }},
	{"owner", func(e *archivedExperiment) any { return optional[string]{at: &e.owner} }},
}}

var environmentTable = table[record.Environment]{"environments", []column[record.Environment]{
	{"id", func(e *record.Environment) any { return optional[int64]{at: &e.ID} }},
	{"cpu", func(e *record.Environment) any { return &e.CPU }},
	{"cores", func(e *record.Environment) any { return &e.Cores }},
	{"memory_bytes", func(e *record.Environment) any { return &e.MemoryBytes }},
	{"kernel", func(e *record.Environment) any { return &e.Kernel }},
	{"os", func(e *record.Environment) any { return &e.OS }},
	{"filesystem", func(e *record.Environment) any { return &e.Filesystem }},
	{"virtualization", func(e *record.Environment) any { return &e.Virtualization }},
	{"clock_source", func(e *record.Environment) any { return &e.ClockSource }},
	{"cpu_limit", func(e *record.Environment) any { return &e.CPULimit }},
	{"memory_limit_bytes", func(e *record.Environment) any { return &e.MemoryLimitBytes }},
}}

var workloadTable = table[record.Workload]{"workloads", []column[record.Workload]{
	{"sha256", func(w *record.Workload) any { return &w.SHA256 }},
	{"name", func(w *record.Workload) any { return &w.Name }},
	{"version", func(w *record.Workload) any { return &w.Version }},
	{"definition", func(w *record.Workload) any { return documentIn(&w.Definition) }},
	{"source", func(w *record.Workload) any { return &w.Source }},
}}

var phaseTable = table[record.Phase]{"phases", []column[record.Phase]{
	{"run_id", func(p *record.Phase) any { return &p.RunID }},
	{"phase", func(p *record.Phase) any { return &p.Index }},
	{"name", func(p *record.Phase) any { return &p.Name }},
	{"warmup", func(p *record.Phase) any { return &p.Warmup }},
	{"started_ns", func(p *record.Phase) any { return duration{&p.Started, &p.Begun} }},
	{"ended_ns", func(p *record.Phase) any { return optional[time.Duration]{at: &p.Ended} }},
	{"samples", func(p *record.Phase) any { return &p.Samples }},
	{"unstarted", func(p *record.Phase) any { return &p.Unstarted }},
	{"offered_rate", func(p *record.Phase) any {
		return within[record.Offered, float64]{&p.Offered, func(o *record.Offered) *float64 { return &o.Rate }}
	}},
	{"bound", func(p *record.Phase) any { return bound{&p.Offered} }},
	{"idle_ns", func(p *record.Phase) any { return optional[time.Duration]{at: &p.Idle} }},
	{"foreign_cpu_seconds", func(p *record.Phase) any {
		return within[record.Surroundings, float64]{&p.Surroundings, func(s *record.Surroundings) *float64 { return &s.ForeignCPUSeconds }}
	}},
	{"stolen_cpu_seconds", func(p *record.Phase) any {
		return within[record.Surroundings, float64]{&p.Surroundings, func(s *record.Surroundings) *float64 { return &s.StolenCPUSeconds }}
	}},
	{"throttled_ns", func(p *record.Phase) any {
		return within[record.Surroundings, time.Duration]{&p.Surroundings, func(s *record.Surroundings) *time.Duration { return &s.Throttled }}
	}},
	{"pressure_ns", func(p *record.Phase) any {
		return within[record.Surroundings, time.Duration]{&p.Surroundings, func(s *record.Surroundings) *time.Duration { return &s.Pressure }}
	}},
}}

var summaryTable = table[record.Summary]{"summaries", []column[record.Summary]{
	{"run_id", func(s *record.Summary) any { return &s.RunID }},
	{"phase", func(s *record.Summary) any { return &s.Phase }},
	{"warmup", func(s *record.Summary) any { return &s.Warmup }},
	{"op", func(s *record.Summary) any { return &s.Op }},
	{"ops", func(s *record.Summary) any { return &s.Ops }},
	{"errors", func(s *record.Summary) any { return &s.Errors }},
	{"seconds", func(s *record.Summary) any { return &s.Seconds }},
	{"throughput", func(s *record.Summary) any { return &s.Throughput }},
	{"throughput_per_thread", func(s *record.Summary) any { return &s.ThroughputPerThread }},
	{"mean_ns", func(s *record.Summary) any { return latency{&s.MeanNS, &s.Ops} }},
	{"p50_ns", func(s *record.Summary) any { return latency{&s.P50NS, &s.Ops} }},
	{"p90_ns", func(s *record.Summary) any { return latency{&s.P90NS, &s.Ops} }},
	{"p95_ns", func(s *record.Summary) any { return latency{&s.P95NS, &s.Ops} }},
	{"p99_ns", func(s *record.Summary) any { return latency{&s.P99NS, &s.Ops} }},
	{"p999_ns", func(s *record.Summary) any { return latency{&s.P999NS, &s.Ops} }},
	{"max_ns", func(s *record.Summary) any { return latency{&s.MaxNS, &s.Ops} }},
	{"service_mean_ns", func(s *record.Summary) any { return latency{&s.ServiceMeanNS, &s.Ops} }},
	{"service_p50_ns", func(s *record.Summary) any { return latency{&s.ServiceP50NS, &s.Ops} }},
	{"service_p90_ns", func(s *record.Summary) any { return latency{&s.ServiceP90NS, &s.Ops} }},
	{"service_p95_ns", func(s *record.Summary) any { return latency{&s.ServiceP95NS, &s.Ops} }},
	{"service_p99_ns", func(s *record.Summary) any { return latency{&s.ServiceP99NS, &s.Ops} }},
	{"service_p999_ns", func(s *record.Summary) any { return latency{&s.ServiceP999NS, &s.Ops} }},
	{"service_max_ns", func(s *record.Summary) any { return latency{&s.ServiceMaxNS, &s.Ops} }},
	{"error_mean_ns", func(s *record.Summary) any { return latency{&s.ErrorMeanNS, &s.Errors} }},
	{"error_max_ns", func(s *record.Summary) any { return latency{&s.ErrorMaxNS, &s.Errors} }},
	{"hdr", func(s *record.Summary) any { return &s.HDR }},
}}

// figureTable is summaries without the histograms, which take most of their room.
var figureTable = summaryTable.without("hdr")

var threadSecondTable = table[record.ThreadSecond]{"thread_seconds", []column[record.ThreadSecond]{
	{"run_id", func(s *record.ThreadSecond) any { return &s.RunID }},
	{"phase", func(s *record.ThreadSecond) any { return &s.Phase }},
	{"warmup", func(s *record.ThreadSecond) any { return &s.Warmup }},
	{"thread", func(s *record.ThreadSecond) any { return &s.Thread }},
	{"op", func(s *record.ThreadSecond) any { return &s.Op }},
	{"second", func(s *record.ThreadSecond) any { return &s.Second }},
	{"ops", func(s *record.ThreadSecond) any { return &s.Ops }},
	{"errors", func(s *record.ThreadSecond) any { return &s.Errors }},
	{"mean_ns", func(s *record.ThreadSecond) any { return latency{&s.MeanNS, &s.Ops} }},
	{"p50_ns", func(s *record.ThreadSecond) any { return latency{&s.P50NS, &s.Ops} }},
	{"p99_ns", func(s *record.ThreadSecond) any { return latency{&s.P99NS, &s.Ops} }},
	{"max_ns", func(s *record.ThreadSecond) any { return latency{&s.MaxNS, &s.Ops} }},
}}

var nodeSecondTable = table[record.NodeSecond]{"node_seconds", []column[record.NodeSecond]{
	{"run_id", func(s *record.NodeSecond) any { return &s.RunID }},
	{"node", func(s *record.NodeSecond) any { return &s.Node }},
	{"second", func(s *record.NodeSecond) any { return &s.Second }},
	{"seconds", func(s *record.NodeSecond) any { return &s.Seconds }},
	{"cpu_seconds", func(s *record.NodeSecond) any { return &s.CPUSeconds }},
	{"rss_bytes", func(s *record.NodeSecond) any { return &s.RSSBytes }},
	{"read_bytes", func(s *record.NodeSecond) any { return &s.ReadBytes }},
	{"written_bytes", func(s *record.NodeSecond) any { return &s.WrittenBytes }},
	{"handed_bytes", func(s *record.NodeSecond) any { return &s.HandedBytes }},
}}

var failureTable = table[record.Failure]{"failures", []column[record.Failure]{
	{"run_id", func(f *record.Failure) any { return &f.RunID }},
	{"phase", func(f *record.Failure) any { return &f.Phase }},
	{"warmup", func(f *record.Failure) any { return &f.Warmup }},
	{"op", func(f *record.Failure) any { return &f.Op }},
	{"status", func(f *record.Failure) any { return &f.Status }},
	{"count", func(f *record.Failure) any { return &f.Count }},
	{"first_ns", func(f *record.Failure) any { return &f.First }},
	{"error", func(f *record.Failure) any { return optional[string]{at: &f.Error} }},
}}

var eventTable = table[record.Event]{"events", []column[record.Event]{
	{"run_id", func(e *record.Event) any { return &e.RunID }},
	{"at_ns", func(e *record.Event) any { return &e.At }},
	{"kind", func(e *record.Event) any { return &e.Kind }},
	{"node", func(e *record.Event) any { return optional[string]{at: &e.Node} }},
	{"detail", func(e *record.Event) any { return optional[string]{at: &e.Detail} }},
}}

var verdictTable = table[record.Verdict]{"verdicts", []column[record.Verdict]{
	{"run_id", func(v *record.Verdict) any { return &v.RunID }},
	{"phase", func(v *record.Verdict) any { return &v.Phase }},
	{"property", func(v *record.Verdict) any { return &v.Property }},
	{"result", func(v *record.Verdict) any { return &v.Result }},
	{"checked", func(v *record.Verdict) any { return &v.Checked }},
	{"detail", func(v *record.Verdict) any { return &v.Detail }},
	{"history", func(v *record.Verdict) any { return optional[string]{at: &v.History} }},
}}
