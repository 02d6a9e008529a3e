package report

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/benchctl/benchctl/core/stats"
)

func TestFormats(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0", 7: "7.00 ns", 1500: "1.50 µs", 12345678: "12.3 ms", 2 * time.Minute: "120 s"} {
		if got := Duration(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0", 0.987: "0.987", 12.34: "12.3", 999.4: "999", 1234.5: "1,235", -1234567: "-1,234,567"} {
		if got := Number(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1536: "1.50 KiB", 5 << 30: "5.00 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestThroughput(t *testing.T) {
	var records []stats.Record
	for i, nodes := range []int{3, 1} {
		for repeat := range 6 {
			for _, op := range []string{"create", "set"} {
				if nodes == 1 && op == "set" {
					continue
				}
				records = append(records, stats.Record{
					Run: int64(10*i + repeat), State: "complete", Store: "etcd", Nodes: nodes, Threads: 10, Phase: op, Op: op,
					Throughput: float64(10_000 / nodes * (98 + repeat) / 100), Ops: 1,
				})
			}
		}
	}
	var b bytes.Buffer
	if err := Throughput(records).Write(&b); err != nil {
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
	var records []stats.Record
	for i, value := range []string{"100", "20", "0"} {
		for repeat := range 6 {
			for op, throughput := range map[string]float64{"set": 2000 * float64(i), "get": 1000 * float64(2-i)} {
				if throughput > 0 {
					records = append(records, stats.Record{
						Run: int64(10*i + repeat), State: "complete", Store: "etcd", Nodes: 3, Threads: 10, Phase: "mix", Op: op,
						Params: map[string]string{"reads": value, "choose": []string{"uniform", "zipfian", "latest"}[i]}, Throughput: throughput, Ops: 1,
					})
				}
			}
		}
	}
	var b bytes.Buffer
	if err := Throughput(records).Write(&b); err != nil {
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

// answer is rows that a test makes up.
type answer struct {
	rows [][]any
	at   int
	err  error
}

func (a *answer) Columns() ([]string, error) { return []string{"name", "n", "x"}, nil }
func (a *answer) Next() bool                 { a.at++; return a.at <= len(a.rows) }
func (a *answer) Err() error                 { return a.err }
func (a *answer) Scan(dest ...any) error {
	for i, d := range dest {
		*d.(*any) = a.rows[a.at-1][i]
	}
	return nil
}

func TestRows(t *testing.T) {
	want := map[string]string{
		"table":    "name    n    x\n────────────────\na, \"b\"  1  0.5\n        2\n",
		"csv":      "name,n,x\n\"a, \"\"b\"\"\",1,0.5\n,2,\n",
		"json":     "[\n  {\"name\": \"a, \\\"b\\\"\", \"n\": 1, \"x\": 0.5},\n  {\"name\": null, \"n\": 2, \"x\": null}\n]\n",
		"markdown": "| name | n | x |\n| --- | ---:| ---:|\n| a, \"b\" | 1 | 0.5 |\n|  | 2 |  |\n",
	}
	for _, format := range Formats {
		var b bytes.Buffer
		rows := &answer{rows: [][]any{{"a, \"b\"", int64(1), 0.5}, {nil, int64(2), nil}}}
		if err := WriteRows(&b, rows, format); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[format], b.String()); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
		broken := errors.New("broken")
		if err := WriteRows(&b, &answer{err: broken}, format); !errors.Is(err, broken) {
			t.Errorf("%s: error %v", format, err)
		}
	}
}
