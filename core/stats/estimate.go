package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchmath"

	"github.com/benchctl/benchctl/core/sample"
)

// Confidence is the level of intervals.
const Confidence = 0.95

// Enough is how many repeats an interval at that level needs. The whole range
// of five covers the median in only 93.75 % of cases, which is shown with a
// warning; fewer than five have no interval.
const (
	Enough = 6
	fewest = 5
)

// Estimate is the median of repeats with its confidence interval.
type Estimate struct {
	Value     float64
	Low, High float64 // infinite where there are too few repeats
	N         int     // repeats
}

// Known reports whether there is an interval.
func (e Estimate) Known() bool { return !math.IsInf(e.Low, 0) && !math.IsInf(e.High, 0) }

// Spread returns the larger half of the interval as a share of the value.
func (e Estimate) Spread() float64 { return max(e.Value-e.Low, e.High-e.Value) / e.Value }

// Summarize estimates the median of repeats. The interval comes from order
// statistics and assumes nothing of the distribution (benchmath.AssumeNothing).
func Summarize(values []float64) Estimate {
	level := Confidence
	if len(values) == fewest {
		level = rangeLevel(fewest)
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(values, &benchmath.DefaultThresholds), level)
	return Estimate{Value: s.Center, Low: s.Lo, High: s.Hi, N: len(values)}
}

// rangeLevel is how often the range of n values covers the median: unless all
// of them fall on one side of it.
func rangeLevel(n int) float64 { return 1 - math.Pow(2, float64(1-n)) }

// Group is the records that agree in all of a comparison's keys.
type Group struct {
	Values  []string // of the keys
	Records []Record
}

// GroupBy puts records that agree in keys together, in a fixed order: numbers
// and durations by size, operations as they are listed in core/sample, all else
// by name.
func GroupBy(records []Record, keys ...string) []Group {
	var groups []Group
	at := map[string]int{}
	for _, r := range records {
		values := make([]string, len(keys))
		for i, key := range keys {
			values[i] = r.Value(key)
		}
		id := strings.Join(values, "\x00")
		i, ok := at[id]
		if !ok {
			i = len(groups)
			at[id] = i
			groups = append(groups, Group{Values: values})
		}
		groups[i].Records = append(groups[i].Records, r)
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		for i, key := range keys {
			if order := compare(key, a.Values[i], b.Values[i]); order != 0 {
				return order
			}
		}
		return 0
	})
	return groups
}

func compare(key, a, b string) int {
	if key == "op" {
		x, errX := sample.ParseOp(a)
		y, errY := sample.ParseOp(b)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	d, errD := time.ParseDuration(a)
	e, errE := time.ParseDuration(b)
	if errD == nil && errE == nil {
		return cmp.Compare(d, e)
	}
	return cmp.Compare(a, b)
}

// Estimate summarises one figure of the group's records, one record a run.
func (g Group) Estimate(figure func(Record) float64) Estimate {
	values := make([]float64, len(g.Records))
	for i, r := range g.Records {
		values[i] = figure(r)
	}
	return Summarize(values)
}

// Series returns the keys by which records are told apart in a comparison:
// store, nodes and threads, and whatever else differs among them that is not
// a property of the single run.
func Series(records []Record) []string {
	keys := []string{"store", "nodes", "threads"}
	for _, key := range Keys(records) {
		differs := varies
		switch {
		case slices.Contains(keys, key) || ofOneRun[key]:
			continue
		case strings.HasPrefix(key, optionPrefix) || key == "store-version" || key == "plugin-version":
			differs = variesWithinStore
		}
		if differs(records, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// ofOneRun are the keys that tell runs and their parts apart, not setups; a
// setup's durability follows from its options.
var ofOneRun = map[string]bool{"phase": true, "op": true, "run": true, "experiment": true, "state": true, "durability": true}

func varies(records []Record, key string) bool {
	return slices.ContainsFunc(records, func(r Record) bool { return r.Value(key) != records[0].Value(key) })
}

// variesWithinStore tells a choice from a property: stores differ in their
// options and versions, which says no more than their names.
func variesWithinStore(records []Record, key string) bool {
	for _, store := range GroupBy(records, "store") {
		if varies(store.Records, key) {
			return true
		}
	}
	return false
}

// Label names a group of a comparison by the keys of Series.
func Label(keys, values []string) string {
	var parts []string
	for i, key := range keys {
		if values[i] == "" {
			continue // an option or label that only others have
		}
		switch key {
		case "store", "workload":
			parts = append(parts, values[i])
		case "nodes", "threads":
			n, _ := strconv.Atoi(values[i])
			parts = append(parts, Count(n, strings.TrimSuffix(key, "s")))
		default:
			parts = append(parts, short(key)+" "+values[i])
		}
	}
	return strings.Join(parts, ", ")
}

// short is a key's name without its kind: of option.sync, sync.
func short(key string) string {
	_, name, ok := strings.Cut(key, ".")
	if !ok {
		return key
	}
	return name
}

// Measured returns the records that a comparison may use: those of complete
// runs and measured phases.
func Measured(records []Record) []Record {
	var measured []Record
	for _, r := range records {
		if r.State == "complete" && !r.Warmup {
			measured = append(measured, r)
		}
	}
	return measured
}

// Interval names what is given with the medians of records.
func Interval(records []Record) string {
	switch few, least, groups := tooFew(records); {
	case few == 0:
		return fmt.Sprintf("%g %% interval", 100*Confidence)
	case least == fewest && few == groups:
		return "range"
	case least == fewest:
		return fmt.Sprintf("%g %% interval, or range", 100*Confidence)
	}
	return "interval"
}

// tooFew counts the groups of repeats that are too few for an interval, and
// returns the size of the smallest.
func tooFew(records []Record) (few, least, groups int) {
	least = math.MaxInt
	all := GroupBy(records, append(Series(records), "phase", "op")...)
	for _, g := range all {
		if len(g.Records) < Enough {
			few++
			least = min(least, len(g.Records))
		}
	}
	return few, least, len(all)
}

// Warnings says what weakens a comparison of records.
func Warnings(records []Record) []string {
	var warnings []string
	few, least, groups := tooFew(records)
	if few > 0 {
		what := "an interval"
		if least == fewest {
			what = fmt.Sprintf("an interval at %g %%, so the range is shown, which is one at %g %%", 100*Confidence, 100*rangeLevel(fewest))
		}
		warnings = append(warnings, fmt.Sprintf("too few repeats for %s: %s where %d are needed (--repeat %d)", what, atLeast(least, few < groups), Enough, Enough))
	}
	warnings = append(warnings, failures(records)...)
	warnings = append(warnings, unequal(records)...)
	return warnings
}

// failures warns of operations that failed: each by itself, or if there are
// more than a reader would look at, all at once.
func failures(records []Record) []string {
	const few = 6
	keys := Series(records)
	var warnings []string
	var ofWorst string
	worst := 0.0
	groups := GroupBy(records, append(keys, "op")...)
	for _, g := range groups {
		var ops, errors int64
		for _, r := range g.Records {
			ops, errors = ops+r.Ops, errors+r.Errors
		}
		if errors == 0 {
			continue
		}
		setup, op := Label(keys, g.Values[:len(keys)]), g.Values[len(keys)]
		warnings = append(warnings, fmt.Sprintf("%s: %d of %d %s operations failed; they are not counted in throughput or latency", setup, errors, ops+errors, op))
		if share := float64(errors) / float64(ops+errors); share > worst {
			worst, ofWorst = share, fmt.Sprintf("%d of %d %s operations of %s", errors, ops+errors, op, setup)
		}
	}
	if len(warnings) > few {
		return []string{fmt.Sprintf("in %d of %d cases operations failed, at most %s; they are not counted in throughput or latency", len(warnings), len(groups), ofWorst)}
	}
	return warnings
}

func atLeast(n int, some bool) string {
	if some {
		return fmt.Sprintf("some have only %d", n)
	}
	if n == 1 {
		return "there is 1"
	}
	return fmt.Sprintf("there are %d", n)
}

// Verified says of how many runs the store was found to have done what it
// acknowledged.
func Verified(records []Record) []string {
	counts := map[string]int{}
	runs := GroupBy(records, "run")
	for _, g := range runs {
		counts[g.Records[0].Verified]++
	}
	if len(runs) == counts[""] {
		return nil
	}
	line := fmt.Sprintf("what the stores acknowledged was checked and held in %d of %s", counts["held"], Count(len(runs), "run"))
	if n := counts["undecided"]; n > 0 {
		line += fmt.Sprintf("; in %d it could not be decided", n)
	}
	if n := counts[""]; n > 0 {
		line += fmt.Sprintf("; in %d nothing was checked", n)
	}
	return []string{line}
}
