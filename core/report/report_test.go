package report

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prettytable "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/stats"
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

func TestARunShowsWhatItsOperationsFailedOf(t *testing.T) {
	var b bytes.Buffer
	err := Show(&b, record.Account{
		Run: record.Run{ID: 3, State: record.Failed},
		Failures: []record.Failure{
			{Phase: "warm-up", Warmup: true, Op: "set", Status: "timeout", Count: 1, First: 1500 * time.Millisecond},
			{Phase: "set", Op: "set", Status: "other", Count: 1234, First: 2 * time.Second, Error: "größer als erlaubt"},
		},
		Events: []record.Event{{Kind: logKept, Node: "node-1"}, {Kind: logKept, Node: "node-2", Detail: "a line"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`
phase              op   failed of  count  first at  what it said
────────────────────────────────────────────────────────────────────────
warm-up (warm-up)  set  timeout        1   1.500 s  –
set                set  other      1,234   2.000 s  größer als erlaubt
`, "\nnode-1 has logged nothing\n", "\nlast lines of the log of node-2:\n  a line\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestWhatIsLeftOutIsPrintedWhereNothingElseIs(t *testing.T) {
	var b bytes.Buffer
	err := Print(&b, comparisontest.Compare(t, []comparisontest.Record{{Run: 1, Store: "a", LostNodes: 1, Warnings: []string{"node-2 ended by itself"}, Op: "set", Ops: 1}}))
	want := "! 1 run lost a node while it lasted and is left out: the selection lost:1 has it\n! node-2 ended by itself\n"
	if err != nil || b.String() != want {
		t.Errorf("%v:\n%s", err, b.String())
	}
}

func TestWhatIsNotSampledUsesNoCores(t *testing.T) {
	for want, p := range map[string]record.Process{"0.500": {CPUSeconds: 2, Seconds: 4}, "1.60": {CPUSeconds: 0.4, Seconds: 0.25}, "–": {CPUSeconds: 1}} {
		if got := cores(p); got != want {
			t.Errorf("%+v: %s, want %s", p, got, want)
		}
	}
}

func TestAnIntervalThatIsWideIsGivenByItsEnds(t *testing.T) {
	for want, e := range map[string]stats.Estimate{
		"± 2 %":         {Value: 100, Low: 98, High: 101, N: 6},
		"± 50 %":        {Value: 100, Low: 50, High: 101, N: 6},
		"[49.0, 101]":   {Value: 100, Low: 49, High: 101, N: 6},
		"[644, 21,382]": {Value: 7728, Low: 644, High: 21382, N: 6},
		"[0, 3.00]":     {Value: 1, Low: 0, High: 3, N: 6},
		"[1.00, 1.60]":  {Value: 1, Low: 1, High: 1.6, N: 5},
		"± ?":           {Value: 1, Low: math.Inf(-1), High: math.Inf(1), N: 2},
		"± ? ":          {},
	} {
		if got := spread(e, format.Number); got != strings.TrimSpace(want) {
			t.Errorf("%+v: %s, want %s", e, got, want)
		}
	}
	if got := spread(stats.Estimate{Value: 2e6, Low: 381695, High: 4206591, N: 6}, nanoseconds); got != "[382 µs, 4.21 ms]" {
		t.Errorf("of a latency: %s", got)
	}
}

func TestShowSaysWhatTheMachineDid(t *testing.T) {
	var b bytes.Buffer
	err := Show(&b, record.Account{
		Environment: &record.Environment{CPU: "Able", Cores: 2, MemoryBytes: 4 << 30, CPULimit: 0.5, MemoryLimitBytes: 1 << 30},
		Phases: []record.Phase{
			{Name: "fill", Warmup: true, Started: time.Second, Ended: 3 * time.Second},
			{Name: "set", Started: 3 * time.Second, Ended: 13 * time.Second, Idle: 20 * time.Millisecond, Surroundings: &record.Surroundings{
				ForeignCPUSeconds: 8, StolenCPUSeconds: 0.5, Throttled: 3 * time.Second, Pressure: 9 * time.Second,
			}},
		},
		Processes: []record.Process{
			{Name: "node-1", Seconds: 10, CPUSeconds: 2, HandedBytes: new(int64(2048))},
			{Name: record.ClientNode, Seconds: 10, CPUSeconds: 2, WrittenBytes: new(int64(4096)), HandedBytes: new(int64(1024))},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Able, 2 cores, 4 GiB (of which 0.5 cores and 1.00 GiB of memory may be used)\n",
		`
phase             took  no operation for  others' CPU  taken by the host  held up by the limit  waited for CPU
────────────────────────────────────────────────────────────────────────────────────────────────────────────────
fill (warm-up)  2.00 s                 0            –                  –                     –               –
set             10.0 s           20.0 ms       8.00 s             500 ms                3.00 s          9.00 s
`, `
process     CPU  cores used  memory at most  read   written  handed to the system
───────────────────────────────────────────────────────────────────────────────────
node-1   2.00 s       0.200             0 B   0 B         –              2.00 KiB
client   2.00 s       0.200             0 B   0 B  4.00 KiB              1.00 KiB
`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s\nlacks\n%s", b.String(), want)
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
