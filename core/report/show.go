package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/stats"
)

// Runs is the table of runs, with a column for each parameter, option and label
// in which they differ.
func Runs(lines []record.Line) Table {
	t := Table{Columns: []Column{
		{"run", true}, {"experiment", true}, {"started", false}, {"state", false}, {"store", false}, {"nodes", true}, {"threads", true},
		{"workload", false}, {"ops", true}, {"failed", true}, {"verified", false}, {"warnings", true},
	}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []string{
			format.Integer(l.ID), format.Integer(l.Experiment), l.StartedAt.Local().Format(time.DateTime), string(l.State),
			l.Store, format.Integer(l.Nodes), format.Integer(l.Threads), l.Workload + "@" + strconv.Itoa(l.WorkloadVersion),
			format.Integer(l.Ops), format.Integer(l.Errors), cmp.Or(string(l.Verified), "–"), format.Integer(l.Warnings),
		})
	}
	for _, g := range varying(lines) {
		t.Columns = append(t.Columns, Column{Name: g.name})
		for i, l := range lines {
			t.Rows[i] = append(t.Rows[i], g.of(l)[g.key])
		}
	}
	return t
}

// given is something by name that runs were given: the key in what of returns.
type given struct {
	name, key string
	of        func(record.Line) map[string]string
}

// varying returns what differs among runs: parameters among those of one
// workload, options among those of one store, variables of the environment and
// labels among all.
func varying(lines []record.Line) []given {
	var all []given
	for _, kind := range []struct {
		prefix string
		of     func(record.Line) map[string]string
		within func(record.Line) string
	}{
		{"", func(l record.Line) map[string]string { return l.Params }, func(l record.Line) string { return l.Workload }},
		{"option.", func(l record.Line) map[string]string { return l.Options }, func(l record.Line) string { return l.Store }},
		{"env.", func(l record.Line) map[string]string { return l.Env }, func(record.Line) string { return "" }},
		{"label.", func(l record.Line) map[string]string { return l.Labels }, func(record.Line) string { return "" }},
	} {
		type place struct{ within, key string }
		first, differs, keys := map[place]string{}, map[string]bool{}, map[string]bool{}
		for _, l := range lines {
			for key := range kind.of(l) {
				keys[key] = true
			}
		}
		for _, l := range lines {
			for key := range keys {
				at := place{kind.within(l), key}
				value := kind.of(l)[key]
				if before, seen := first[at]; !seen {
					first[at] = value
				} else if before != value {
					differs[key] = true
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(differs)) {
			all = append(all, given{kind.prefix + key, key, kind.of})
		}
	}
	return all
}

// Show prints everything about a run.
func Show(w io.Writer, r record.Account) error {
	fmt.Fprintf(w, "run %d of experiment %d, %s\n\n", r.ID, r.Experiment, r.State)
	if err := facts(r).Write(w); err != nil {
		return err
	}
	if len(r.Summaries) > 0 {
		fmt.Fprintln(w)
		if err := summaries(r).Write(w); err != nil {
			return err
		}
	}
	if len(r.Failures) > 0 {
		fmt.Fprintln(w)
		if err := failures(r).Write(w); err != nil {
			return err
		}
	}
	if len(r.Verdicts) > 0 {
		fmt.Fprintln(w)
		if err := verdicts(r).Write(w); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(r.Phases, func(p record.Phase) bool { return p.Surroundings != nil }) {
		fmt.Fprintln(w)
		if err := surroundings(r).Write(w); err != nil {
			return err
		}
	}
	if len(r.Processes) > 0 {
		fmt.Fprintln(w)
		if err := processes(r).Write(w); err != nil {
			return err
		}
	}
	if t := events(r); len(t.Rows) > 0 {
		fmt.Fprintln(w)
		if err := t.Write(w); err != nil {
			return err
		}
	}
	if len(r.Warnings) > 0 || r.Error != "" {
		fmt.Fprintln(w)
	}
	Notes(w, "!", r.Warnings)
	if r.Error != "" {
		Notes(w, "✗", []string{r.Error})
	}
	for _, v := range r.Verdicts {
		if v.History != "" {
			fmt.Fprintf(w, "\nwhat shows that %s does not hold in phase %s:\n  %s\n", v.Property, v.Phase, strings.ReplaceAll(strings.TrimSpace(v.History), "\n", "\n  "))
		}
	}
	for _, e := range r.Events {
		if e.Kind == logKept && strings.TrimSpace(e.Detail) == "" {
			fmt.Fprintf(w, "\n%s has logged nothing\n", e.Node)
		} else if e.Kind == logKept {
			lines := strings.Split(e.Detail, "\n")
			fmt.Fprintf(w, "\nlast lines of the log of %s:\n  %s\n", e.Node, strings.Join(lines[max(0, len(lines)-logShown):], "\n  "))
		}
	}
	return nil
}

const (
	logKept  = "node-log" // the kind of event whose detail is the end of a log
	logShown = 15         // lines of it; `benchctl sql` prints all that is kept
)

func facts(r record.Account) Table {
	t := Table{Columns: []Column{{"", false}, {"", false}}}
	add := func(name, format string, args ...any) {
		t.Rows = append(t.Rows, []string{name, fmt.Sprintf(format, args...)})
	}
	started := r.StartedAt.Local().Format(time.DateTime)
	if !r.EndedAt.IsZero() {
		started += ", took " + format.Duration(r.EndedAt.Sub(r.StartedAt))
	}
	add("started", "%s", started)
	store := r.Store
	if version, named := strings.CutPrefix(r.StoreVersion, r.Store+" "); named {
		store += " " + version
	} else if r.StoreVersion != "" {
		store += ", " + r.StoreVersion
	}
	add("store", "%s", store)
	add("plugin", "%s, sha256 %.16s…", r.PluginVersion, r.PluginSHA256)
	if r.Watchers > 0 {
		add("nodes, threads, watchers", "%d, %d, %d", r.Nodes, r.Threads, r.Watchers)
	} else {
		add("nodes, threads", "%d, %d", r.Nodes, r.Threads)
	}
	add("setup", "%s", r.Setup)
	add("guarantees", "%s", r.Guarantees)
	add("workload", "%s@%d, sha256 %.16s…", r.Workload, r.WorkloadVersion, r.WorkloadSHA256)
	add("parameters", "%s", format.Pairs(r.Params))
	add("repeat, seed", "%d, %d", r.Repeat+1, r.Seed)
	if r.Command != "" {
		add("command", "%s", r.Command)
	}
	if len(r.Labels) > 0 {
		add("labels", "%s", format.Pairs(r.Labels))
	}
	if e := r.Environment; e != nil {
		machine := fmt.Sprintf("%s, %s, %d GiB", e.CPU, format.Count(e.Cores, "core"), (e.MemoryBytes+1<<29)>>30)
		if limits := format.Limits(e.CPULimit, e.MemoryLimitBytes); limits != "" {
			machine += " (" + limits + ")"
		}
		if e.Virtualization != "" {
			machine += ", " + e.Virtualization
		}
		add("machine", "%s", machine)
		add("system", "%s, kernel %s, clock %s", e.OS, e.Kernel, e.ClockSource)
		if r.Fsync > 0 {
			add("data folder", "%s, fsync takes %s", e.Filesystem, format.Duration(r.Fsync))
		}
	}
	return t
}

func summaries(r record.Account) Table {
	t := Table{Columns: []Column{
		{"phase", false}, {"op", false}, {"ops", true}, {"failed", true}, {"seconds", true}, {"ops/s", true}, {"per thread", true},
		{"mean", true}, {"p50", true}, {"p90", true}, {"p99", true}, {"p99.9", true}, {"max", true},
	}}
	late := slices.ContainsFunc(r.Summaries, func(s record.Summary) bool { return s.MeanNS != s.ServiceMeanNS })
	if late {
		t.Columns = append(t.Columns, Column{"service p50", true}, Column{"p99", true}, Column{"max", true})
	}
	for _, s := range r.Summaries {
		phase := s.Phase
		if s.Warmup {
			phase += " (warm-up)"
		}
		perThread := format.Number(s.ThroughputPerThread)
		if s.Op == sample.OpWatch.String() {
			perThread = "–" // what watchers were told no thread has done
		}
		row := []string{phase, s.Op, format.Integer(s.Ops), format.Integer(s.Errors), format.Number(s.Seconds), format.Number(s.Throughput), perThread}
		row = append(row, percentile(s, 0, s.MeanNS), percentile(s, 50, s.P50NS), percentile(s, 90, s.P90NS),
			percentile(s, 99, s.P99NS), percentile(s, 99.9, s.P999NS), percentile(s, 0, s.MaxNS))
		if late {
			row = append(row, percentile(s, 50, s.ServiceP50NS), percentile(s, 99, s.ServiceP99NS), percentile(s, 0, s.ServiceMaxNS))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// percentile writes a percentile of latencies, unless there are too few of them to
// carry it.
func percentile(s record.Summary, percent float64, ns int64) string {
	if s.Ops == 0 || !stats.Carries(s.Ops, percent) {
		return "–"
	}
	return format.Duration(time.Duration(ns))
}

func failures(r record.Account) Table {
	t := Table{Columns: []Column{{"phase", false}, {"op", false}, {"failed of", false}, {"count", true}, {"first at", true}, {"what it said", false}}}
	for _, f := range r.Failures {
		phase := f.Phase
		if f.Warmup {
			phase += " (warm-up)"
		}
		t.Rows = append(t.Rows, []string{phase, f.Op, f.Status, format.Integer(f.Count), format.Moment(f.First), cmp.Or(f.Error, "–")})
	}
	return t
}

func verdicts(r record.Account) Table {
	t := Table{Columns: []Column{{"phase", false}, {"verified", false}, {"result", false}, {"what was found", false}}}
	for _, v := range r.Verdicts {
		t.Rows = append(t.Rows, []string{v.Phase, v.Property, string(v.Result), v.Detail})
	}
	return t
}

// surroundings is what the machine did beside the run.
func surroundings(r record.Account) Table {
	t := Table{Columns: []Column{
		{"phase", false}, {"took", true}, {"no operation for", true}, {"others' CPU", true}, {"taken by the host", true}, {"held up by the limit", true}, {"waited for CPU", true},
	}}
	seconds := func(s float64) string { return format.Duration(time.Duration(s * float64(time.Second))) }
	for _, p := range r.Phases {
		name := p.Name
		if p.Warmup {
			name += " (warm-up)"
		}
		row := []string{name, format.Duration(max(p.Ended-p.Started, 0)), format.Duration(p.Idle)}
		if s := p.Surroundings; s != nil {
			row = append(row, seconds(s.ForeignCPUSeconds), seconds(s.StolenCPUSeconds), format.Duration(s.Throttled), format.Duration(s.Pressure))
		} else {
			row = append(row, "–", "–", "–", "–")
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func processes(r record.Account) Table {
	t := Table{Columns: []Column{{"process", false}, {"CPU", true}, {"cores used", true}, {"memory at most", true}, {"read", true}, {"written", true}, {"handed to the system", true}}}
	for _, p := range r.Processes {
		t.Rows = append(t.Rows, []string{
			p.Name, format.Duration(time.Duration(p.CPUSeconds * float64(time.Second))), cores(p),
			format.Size(p.MaxRSSBytes), format.Size(p.ReadBytes), size(p.WrittenBytes), size(p.HandedBytes),
		})
	}
	return t
}

// size writes a size that may not be known.
func size(bytes *int64) string {
	if bytes == nil {
		return "–"
	}
	return format.Size(*bytes)
}

// cores writes how many processors a process used on average.
func cores(p record.Process) string {
	if p.Seconds == 0 {
		return "–"
	}
	return format.Number(p.CPUSeconds / p.Seconds)
}

func events(r record.Account) Table {
	t := Table{Columns: []Column{{"at", true}, {"event", false}, {"node", false}, {"detail", false}}}
	for _, e := range r.Events {
		if e.Kind == logKept {
			continue // shown last
		}
		t.Rows = append(t.Rows, []string{format.Moment(e.At), e.Kind, e.Node, e.Detail})
	}
	return t
}
