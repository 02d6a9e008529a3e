package report

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prettytable "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/record"
)

func TestThroughput(t *testing.T) {
	var records []comparisontest.Record
	for i, nodes := range []int{3, 1} {
		for repeat := range 6 {
			for _, op := range []string{"create", "set"} {
				if nodes == 1 && op == "set" {
					continue
				}
				records = append(records, comparisontest.Record{
					Run: int64(10*i + repeat), Store: "etcd", Nodes: nodes, Threads: 10, Phase: op, Op: op,
					Throughput: float64(10_000 / nodes * (98 + repeat) / 100), Ops: 1,
				})
			}
		}
	}
	var b bytes.Buffer
	if err := Answers(comparisontest.Workload(t, records)).Write(&b); err != nil {
		t.Fatal(err)
	}
	want := `
store  nodes  threads  create/s         set/s         runs
────────────────────────────────────────────────────────────
etcd       1       10     1,005  ± 2 %      –            6
etcd       3       10       335  ± 2 %    335  ± 2 %     6
`
	if diff := cmp.Diff(want, "\n"+b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestThroughputOfASweep(t *testing.T) {
	var records []comparisontest.Record
	for i, value := range []string{"100", "20", "0"} {
		for repeat := range 6 {
			for op, throughput := range map[string]float64{"set": 2000 * float64(i), "get": 1000 * float64(2-i)} {
				if throughput > 0 {
					records = append(records, comparisontest.Record{
						Run: int64(10*i + repeat), Store: "etcd", Nodes: 3, Threads: 10, Phase: "mix", Op: op,
						Params: map[string]string{"reads": value, "choose": []string{"uniform", "zipfian", "latest"}[i]}, Throughput: throughput, Ops: 1,
					})
				}
			}
		}
	}
	var b bytes.Buffer
	if err := Answers(comparisontest.Workload(t, records)).Write(&b); err != nil {
		t.Fatal(err)
	}
	want := `
store  nodes  threads  choose   reads  set/s         get/s         all/s         runs
───────────────────────────────────────────────────────────────────────────────────────
etcd       3       10  latest       0    400  ± 0 %      –           400  ± 0 %     6
etcd       3       10  uniform    100      –           200  ± 0 %    200  ± 0 %     6
etcd       3       10  zipfian     20    200  ± 0 %    100  ± 0 %    300  ± 0 %     6
`
	if diff := cmp.Diff(want, "\n"+b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotSampledUsesNoCores(t *testing.T) {
	for want, p := range map[string]record.Process{"0.500": {CPUSeconds: 2, Seconds: 4}, "1.60": {CPUSeconds: 0.4, Seconds: 0.25}, "–": {CPUSeconds: 1}} {
		if got := cores(p); got != want {
			t.Errorf("%+v: %s, want %s", p, got, want)
		}
	}
}

// TestTablesAreLaidOutAsByGoPretty compares Write with the library's layout.
func TestTablesAreLaidOutAsByGoPretty(t *testing.T) {
	cells := []string{"", "a", "1,234", "± 2 %", "two\nlines of text", "a\ttab", "wide 世界", "back\r\nto\r\nback", "end  ", "\nsecond", "–"}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var table Table
		for range 1 + rng.IntN(5) {
			name := []string{"", "n", "a longer name"}[rng.IntN(3)]
			table.Columns = append(table.Columns, Column{name, rng.IntN(2) == 0})
		}
		for range rng.IntN(5) {
			var row []string
			for range table.Columns {
				row = append(row, cells[rng.IntN(len(cells))])
			}
			table.Rows = append(table.Rows, row)
		}
		pretty := pretty(table)
		style := pretty.Style()
		style.Options = prettytable.Options{SeparateHeader: true}
		style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
		style.Box.MiddleSeparator = style.Box.MiddleHorizontal
		pretty.SuppressTrailingSpaces()
		want := pretty.Render()
		if want != "" {
			want += "\n"
		}
		var b bytes.Buffer
		if err := table.Write(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Fatalf("%v: %s", table, diff)
		}
	}
}

func TestTheListOfRunsShowsWhatVaries(t *testing.T) {
	line := func(workload, store, size, sync, host string) record.Line {
		l := record.Line{Workload: workload, Store: store, Params: map[string]string{"size": size, "duration": "1s"}, Options: map[string]string{"sync": sync}}
		if host != "" {
			l.Labels = map[string]string{"host": host}
		}
		return l
	}
	for name, c := range map[string]struct {
		lines []record.Line
		want  string
	}{
		"nothing":              {[]record.Line{line("a", "x", "1", "true", ""), line("a", "x", "1", "true", "")}, ""},
		"one":                  {[]record.Line{line("a", "x", "1", "true", "h")}, ""},
		"a parameter":          {[]record.Line{line("a", "x", "1", "true", ""), line("a", "x", "2", "true", "")}, "size"},
		"of two workloads":     {[]record.Line{line("a", "x", "1", "true", ""), line("b", "x", "2", "true", "")}, ""},
		"an option":            {[]record.Line{line("a", "x", "1", "true", ""), line("a", "x", "1", "false", "")}, "option.sync"},
		"of two stores":        {[]record.Line{line("a", "x", "1", "true", ""), line("a", "y", "1", "false", "")}, ""},
		"a label that one has": {[]record.Line{line("a", "x", "1", "true", "h"), line("a", "x", "1", "true", "")}, "label.host"},
		"all":                  {[]record.Line{line("a", "x", "1", "true", "h"), line("a", "x", "2", "false", "i")}, "size option.sync label.host"},
	} {
		table := Runs(c.lines)
		var names []string
		for _, column := range table.Columns[12:] {
			names = append(names, column.Name)
		}
		if got := strings.Join(names, " "); got != c.want || len(table.Rows[0]) != len(table.Columns) {
			t.Errorf("%s: columns %q, want %q", name, got, c.want)
		}
	}
}

// What answers the question of a workload stands in its table.
func TestAnswers(t *testing.T) {
	const head = "{name: w, version: 1, summary: s, source: t, keys: {space: shared, count: 10, choose: uniform}, values: {size: 10}, phases: ["
	cases := map[string]struct {
		phases string
		ops    []string
		offer  record.Offered
		want   string
	}{
		"open loop": {"{name: load, mix: {get: 1, set: 1}, rate: 1000, for: 1s}]}", []string{"set", "get"}, record.Offered{Rate: 1000}, `
store  nodes  threads  offered/s  achieved/s         op       p50             p99           p99.9         runs
────────────────────────────────────────────────────────────────────────────────────────────────────────────────
etcd       3       10      1,000       2,000  ± 0 %  set  2.00 ms  ± 0 %  5.00 ms  ± 0 %  6.00 ms  ± 0 %     6
                                                     get  2.00 ms  ± 0 %  5.00 ms  ± 0 %  6.00 ms  ± 0 %
`},
		"search that finds": {"{name: load, mix: {set: 1}, rate: 100, rate-to: 900, for: 1s, until: p99 < 5ms}]}", []string{"set"}, record.Offered{Rate: 707, Bound: record.BoundKept}, `
store  nodes  threads  found/s         set p50         set p99         set p99.9         runs
───────────────────────────────────────────────────────────────────────────────────────────────
etcd       3       10      707  ± 0 %  2.00 ms  ± 0 %  5.00 ms  ± 0 %    6.00 ms  ± 0 %     6
`},
		"search that does not": {"{name: load, mix: {set: 1}, rate: 100, rate-to: 900, for: 1s, until: p99 < 5ms}]}", []string{"set"}, record.Offered{Rate: 100, Bound: record.BoundBroken}, `
store  nodes  threads  found/s    set p50         set p99         set p99.9         runs
──────────────────────────────────────────────────────────────────────────────────────────
etcd       3       10     none    2.00 ms  ± 0 %  5.00 ms  ± 0 %    6.00 ms  ± 0 %     6
`},
		"watchers": {"{name: load, mix: {set: 1}, rate: 100, for: 1s, watchers: 5}]}", []string{"set", "watch"}, record.Offered{Rate: 100}, `
store  nodes  threads  watch p50         watch p99         watch max         runs
───────────────────────────────────────────────────────────────────────────────────
etcd       3       10    2.00 ms  ± 0 %    5.00 ms  ± 0 %    7.00 ms  ± 0 %     6
`},
		"expiry": {"{name: load, mix: {expire: 1}, ops: 1}]}", []string{"expire"}, record.Offered{}, `
store  nodes  threads  expire p50         expire max         runs
───────────────────────────────────────────────────────────────────
etcd       3       10     2.00 ms  ± 0 %     7.00 ms  ± 0 %     6
`},
		"declared": {"{name: load, mix: {get: 1, set: 1}, for: 1s}], answers: {figures: [throughput, p99], ops: [get]}}", []string{"set", "get"}, record.Offered{}, `
store  nodes  threads  all/s         get p99         runs
───────────────────────────────────────────────────────────
etcd       3       10  2,000  ± 0 %  5.00 ms  ± 0 %     6
`},
	}
	for name, c := range cases {
		var records []comparisontest.Record
		for repeat := range 6 {
			for _, op := range c.ops {
				records = append(records, comparisontest.Record{
					Run: int64(repeat), Store: "etcd", Nodes: 3, Threads: 10, Phase: "load", Op: op, Throughput: 1000, Ops: 1000,
					Workload: "w", Definition: head + c.phases, Offered: c.offer,
					P50: 2 * time.Millisecond, P90: 3 * time.Millisecond, P99: 5 * time.Millisecond, P999: 6 * time.Millisecond, Max: 7 * time.Millisecond,
				})
			}
		}
		var b bytes.Buffer
		if err := Answers(comparisontest.Workload(t, records)).Write(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, "\n"+b.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// pretty is the table as the library has it.
func pretty(t Table) prettytable.Writer {
	w := prettytable.NewWriter()
	style := prettytable.StyleLight
	style.Format.Header = text.FormatDefault
	w.SetStyle(style)
	header := prettytable.Row{}
	var configs []prettytable.ColumnConfig
	named := false
	for i, c := range t.Columns {
		named = named || c.Name != ""
		header = append(header, c.Name)
		config := prettytable.ColumnConfig{Number: i + 1}
		if c.Right {
			config.Align, config.AlignHeader = text.AlignRight, text.AlignRight
		}
		configs = append(configs, config)
	}
	if named {
		w.AppendHeader(header)
	}
	w.SetColumnConfigs(configs)
	for _, cells := range t.Rows {
		row := prettytable.Row{}
		for _, cell := range cells {
			row = append(row, cell)
		}
		w.AppendRow(row)
	}
	return w
}
