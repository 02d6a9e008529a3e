package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Runs is the table of runs.
func Runs(runs []Run) Table {
	t := Table{Columns: []Column{
		{"run", true}, {"experiment", true}, {"started", false}, {"state", false}, {"store", false}, {"nodes", true}, {"threads", true},
		{"workload", false}, {"ops", true}, {"failed", true}, {"verified", false}, {"warnings", true},
	}}
	for _, r := range runs {
		var ops, errors int64
		for _, s := range r.Summaries {
			if !s.Warmup {
				ops, errors = ops+s.Ops, errors+s.Errors
			}
		}
		t.Rows = append(t.Rows, []string{
			Integer(r.ID), Integer(r.Experiment), r.StartedAt.Local().Format(time.DateTime), r.State, r.Store, Integer(int64(r.Nodes)), Integer(int64(r.Threads)),
			fmt.Sprintf("%s@%d", r.Workload, r.WorkloadVersion), Integer(ops), Integer(errors), r.verified(), Integer(int64(len(r.Warnings))),
		})
	}
	return t
}

// verified sums the run's verdicts up: the worst of them.
func (r Run) verified() string {
	for _, result := range []string{"violated", "undecided", "held"} {
		if slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return v.Result == result }) {
			return result
		}
	}
	return "–"
}

// Show prints everything about a run.
func Show(w io.Writer, r Run) error {
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
	if len(r.Verdicts) > 0 {
		fmt.Fprintln(w)
		if err := verdicts(r).Write(w); err != nil {
			return err
		}
	}
	if len(r.Processes) > 0 {
		fmt.Fprintln(w)
		if err := processes(r).Write(w); err != nil {
			return err
		}
	}
	if len(r.Events) > 0 {
		fmt.Fprintln(w)
		if err := events(r).Write(w); err != nil {
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
		if e.Kind == logKept {
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

func facts(r Run) Table {
	t := Table{Columns: []Column{{"", false}, {"", false}}}
	add := func(name, format string, args ...any) {
		t.Rows = append(t.Rows, []string{name, fmt.Sprintf(format, args...)})
	}
	started := r.StartedAt.Local().Format(time.DateTime)
	if r.EndedAt != nil {
		started += fmt.Sprintf(", took %v", r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond))
	}
	add("started", "%s", started)
	add("store", "%s", strings.TrimSpace(r.Store+" "+r.StoreVersion))
	add("plugin", "%s, sha256 %.16s…", r.PluginVersion, r.PluginSHA256)
	if r.Watchers > 0 {
		add("nodes, threads, watchers", "%d, %d, %d", r.Nodes, r.Threads, r.Watchers)
	} else {
		add("nodes, threads", "%d, %d", r.Nodes, r.Threads)
	}
	add("setup", "%s", r.Setup)
	add("guarantees", "%s", r.Guarantees)
	add("workload", "%s@%d, sha256 %.16s…", r.Workload, r.WorkloadVersion, r.WorkloadSHA256)
	add("parameters", "%s", Pairs(r.Params))
	add("repeat, seed", "%d, %d", r.Repeat+1, r.Seed)
	if len(r.Labels) > 0 {
		add("labels", "%s", Pairs(r.Labels))
	}
	if e := r.Environment; e != nil {
		machine := fmt.Sprintf("%s, %d cores, %d GiB", e.CPU, e.Cores, (e.MemoryBytes+1<<29)>>30)
		if e.Virtualization != "" {
			machine += ", " + e.Virtualization
		}
		add("machine", "%s", machine)
		add("system", "%s, kernel %s, clock %s", e.OS, e.Kernel, e.ClockSource)
		add("data folder", "%s, fsync takes %s", e.Filesystem, Duration(time.Duration(e.FsyncNS)))
	}
	return t
}

// Pairs writes a map as name=value, by name.
func Pairs(m map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+"="+m[name])
	}
	return strings.Join(parts, " ")
}

func summaries(r Run) Table {
	t := Table{Columns: []Column{
		{"phase", false}, {"op", false}, {"ops", true}, {"failed", true}, {"seconds", true}, {"ops/s", true}, {"per thread", true},
		{"mean", true}, {"p50", true}, {"p90", true}, {"p99", true}, {"p99.9", true}, {"max", true},
	}}
	late := slices.ContainsFunc(r.Summaries, func(s Summary) bool { return s.MeanNS != s.ServiceMeanNS })
	if late {
		t.Columns = append(t.Columns, Column{"service p50", true}, Column{"p99", true}, Column{"max", true})
	}
	for _, s := range r.Summaries {
		phase := s.Phase
		if s.Warmup {
			phase += " (warm-up)"
		}
		row := []string{phase, s.Op, Integer(s.Ops), Integer(s.Errors), fmt.Sprintf("%.2f", s.Seconds), Number(s.Throughput), Number(s.ThroughputPerThread)}
		for _, ns := range []int64{s.MeanNS, s.P50NS, s.P90NS, s.P99NS, s.P999NS, s.MaxNS} {
			row = append(row, Duration(time.Duration(ns)))
		}
		if late {
			for _, ns := range []int64{s.ServiceP50NS, s.ServiceP99NS, s.ServiceMaxNS} {
				row = append(row, Duration(time.Duration(ns)))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func verdicts(r Run) Table {
	t := Table{Columns: []Column{{"phase", false}, {"verified", false}, {"result", false}, {"what was found", false}}}
	for _, v := range r.Verdicts {
		t.Rows = append(t.Rows, []string{v.Phase, v.Property, v.Result, v.Detail})
	}
	return t
}

func processes(r Run) Table {
	t := Table{Columns: []Column{{"process", false}, {"CPU", true}, {"cores used", true}, {"memory at most", true}, {"read", true}, {"written", true}}}
	for _, p := range r.Processes {
		t.Rows = append(t.Rows, []string{
			p.Name, fmt.Sprintf("%.2f s", p.CPUSeconds), fmt.Sprintf("%.2f", p.CPUSeconds/float64(max(p.Seconds, 1))),
			Bytes(p.MaxRSSBytes), Bytes(p.ReadBytes), Bytes(p.WrittenBytes),
		})
	}
	return t
}

func events(r Run) Table {
	t := Table{Columns: []Column{{"at", true}, {"event", false}, {"node", false}, {"detail", false}}}
	for _, e := range r.Events {
		if e.Kind == logKept {
			continue // shown last
		}
		t.Rows = append(t.Rows, []string{fmt.Sprintf("%.3f s", time.Duration(e.AtNS).Seconds()), e.Kind, e.Node, e.Detail})
	}
	return t
}

// Bytes writes a size in binary units.
func Bytes(n int64) string {
	x, unit := float64(n), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if x < 1024 {
			break
		}
		x, unit = x/1024, next
	}
	return significant(x) + " " + unit
}
