package comparison

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/selection"
	"github.com/benchctl/benchctl/core/stats"
)

// repeats counts the groups of repeats that are too few for an interval.
type repeats struct {
	few, groups int
	least       int // repeats of the smallest group that is too few
}

func repeatsOf(l *Workload) repeats {
	r := repeats{least: math.MaxInt}
	for _, s := range l.Series {
		for _, o := range s.Operations {
			for _, phase := range selection.GroupBy(o.Rows, "phase") {
				r.groups++
				if n := len(phase.Rows); n < stats.Enough {
					r.few++
					r.least = min(r.least, n)
				}
			}
		}
	}
	return r
}

func (r repeats) and(more repeats) repeats {
	if r.groups == 0 {
		return more
	}
	return repeats{r.few + more.few, r.groups + more.groups, min(r.least, more.least)}
}

// name names what is given with the medians.
func (r repeats) name() string {
	switch {
	case r.few == 0:
		return fmt.Sprintf("%g %% interval", 100*stats.Confidence)
	case r.least == stats.Fewest && r.few == r.groups:
		return "range"
	case r.least == stats.Fewest:
		return fmt.Sprintf("%g %% interval, or range", 100*stats.Confidence)
	}
	return "interval"
}

func (r repeats) warnings() []string {
	if r.few == 0 {
		return nil
	}
	what := "an interval"
	if r.least == stats.Fewest {
		what = fmt.Sprintf("an interval at %g %%, so the range is shown, which is one at %g %%", 100*stats.Confidence, 100*stats.RangeConfidence)
	}
	return []string{fmt.Sprintf("too few repeats for %s: %s where %d are needed", what, r.have(), stats.Enough)}
}

func (r repeats) have() string {
	switch {
	case r.few < r.groups:
		return fmt.Sprintf("some have only %d", r.least)
	case r.least == 1:
		return "there is 1"
	}
	return fmt.Sprintf("there are %d", r.least)
}

// failed warns of operations that failed: each by itself, or if there are more
// than a reader would look at, all at once.
func failed(l *Workload) []string {
	const few = 6
	var warnings []string
	var ofWorst string
	worst, cases := 0.0, 0
	for _, s := range l.Series {
		for _, o := range s.Operations {
			cases++
			if o.Errors == 0 {
				continue
			}
			all := o.Ops + o.Errors
			share := fmt.Sprintf("%s of %s %s operations", format.Integer(o.Errors), format.Integer(all), o.Op)
			warnings = append(warnings, fmt.Sprintf("%s: %s failed; they are not counted in throughput or latency", s.Name, share))
			if part := float64(o.Errors) / float64(all); part > worst {
				worst, ofWorst = part, share+" of "+s.Name
			}
		}
	}
	if len(warnings) > few {
		return []string{fmt.Sprintf("in %d of %d cases operations failed, at most %s; they are not counted in throughput or latency", len(warnings), cases, ofWorst)}
	}
	return warnings
}

// runWarningsShown is how many warnings of single runs are kept.
const runWarningsShown = 12

// runWarnings returns what runs themselves warn of, once each.
func runWarnings(runs []*Run) []string {
	seen := map[string]bool{}
	var warnings []string
	for _, run := range runs {
		for _, w := range run.Warnings {
			if !seen[w] {
				seen[w] = true
				warnings = append(warnings, w)
			}
		}
	}
	if more := len(warnings) - runWarningsShown; more > 1 {
		warnings = append(warnings[:runWarningsShown], fmt.Sprintf("and %s of single runs: `benchctl runs` counts them, `benchctl show RUN` prints them", format.Count(more, "other warning")))
	}
	return warnings
}

// machineNumbers numbers the machines: environments that differ in their
// filesystem only are of one. known are all environments of the archive.
func machineNumbers(known map[int64]record.Environment) map[int64]int64 {
	first, numbers := map[record.Environment]int64{}, map[int64]int64{}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		machine := known[id]
		machine.ID, machine.Filesystem = 0, ""
		if _, seen := first[machine]; !seen {
			first[machine] = id
		}
		numbers[id] = first[machine]
	}
	return numbers
}

// machineNotes says for each machine of runs what it is, with its number if there
// are several, and for nodes that were deployed where their data was.
func machineNotes(runs []*Run, known map[int64]record.Environment) []string {
	machines := selection.GroupBy(runs, "machine")
	var notes []string
	for _, machine := range machines {
		e := known[machine.Rows[0].Environment]
		note := fmt.Sprintf("%s, %s, %d GiB of memory, kernel %s", e.CPU, format.Count(e.Cores, "core"), (e.MemoryBytes+1<<29)>>30, e.Kernel)
		if len(machines) > 1 {
			note = "machine " + machine.Values[0] + ": " + note
		}
		for _, folder := range selection.GroupBy(machine.Rows, "filesystem") {
			var times []time.Duration
			for _, run := range folder.Rows {
				if run.Fsync > 0 {
					times = append(times, run.Fsync)
				}
			}
			if len(times) > 0 {
				note += fmt.Sprintf("; data folder on %s, where an fsync takes %s", folder.Values[0], fsyncTime(times))
			}
		}
		notes = append(notes, note)
	}
	return notes
}

// fsyncTime writes what fsync took before runs: the median, and the least and the
// greatest where they are far apart.
func fsyncTime(times []time.Duration) string {
	slices.Sort(times)
	least, middle, greatest := times[0], times[len(times)/2], times[len(times)-1]
	if greatest < 2*least {
		return format.Duration(middle)
	}
	return fmt.Sprintf("%s (%s to %s)", format.Duration(middle), format.Duration(least), format.Duration(greatest))
}
