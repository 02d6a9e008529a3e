package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answer is rows that a test makes up.
type answer struct {
	names []string
	row   func(n int) []any // nil: no more
	at    int
	err   error
}

func (a *answer) Columns() ([]string, error) { return a.names, nil }
func (a *answer) Next() bool                 { a.at++; return a.row != nil && a.row(a.at-1) != nil }
func (a *answer) Err() error                 { return a.err }
func (a *answer) Scan(dest ...any) error {
	for i, v := range a.row(a.at - 1) {
		*dest[i].(*any) = v
	}
	return nil
}

func rowsOf(names string, rows ...[]any) *answer {
	return &answer{names: strings.Split(names, ","), row: func(n int) []any {
		if n < len(rows) {
			return rows[n]
		}
		return nil
	}}
}

func TestRows(t *testing.T) {
	long := bytes.Repeat([]byte{0x1c, 0xff}, 10)
	cases := []struct {
		name string
		rows func() *answer
		want map[string]string
	}{
		{"values", func() *answer { return rowsOf("name,n,x", []any{"a, \"b\"", int64(1), 0.5}, []any{nil, int64(2), nil}) }, map[string]string{
			"table":    "name    n    x\n────────────────\na, \"b\"  1  0.5\n        2\n",
			"csv":      "name,n,x\n\"a, \"\"b\"\"\",1,0.5\n,2,\n",
			"json":     "[\n  {\"name\": \"a, \\\"b\\\"\", \"n\": 1, \"x\": 0.5},\n  {\"name\": null, \"n\": 2, \"x\": null}\n]\n",
			"markdown": "| name | n | x |\n| --- | ---:| ---:|\n| a, \"b\" | 1 | 0.5 |\n|  | 2 |  |\n",
		}},
		{"bytes", func() *answer { return rowsOf("hdr,text", []any{long, "a\xffb"}, []any{[]byte{}, "ok"}) }, map[string]string{
			"table":    "hdr                              text\n────────────────────────────────────────────\nx'1cff1cff1cff1cff…' (20 bytes)  x'61ff62'\nx''                              ok\n",
			"csv":      "hdr,text\nHP8c/xz/HP8c/xz/HP8c/xz/HP8=,Yf9i\n,ok\n",
			"json":     "[\n  {\"hdr\": \"HP8c/xz/HP8c/xz/HP8c/xz/HP8=\", \"text\": \"Yf9i\"},\n  {\"hdr\": \"\", \"text\": \"ok\"}\n]\n",
			"markdown": "| hdr | text |\n| --- | --- |\n| x'1cff1cff1cff1cff…' (20 bytes) | x'61ff62' |\n| x'' | ok |\n",
		}},
		{"numbers", func() *answer {
			return rowsOf("n,x,y", []any{int64(9007199254740993), math.Inf(1), math.Inf(-1)}, []any{int64(math.MinInt64), 1e300, 0.1})
		}, map[string]string{
			"table":    "                   n         x          y\n───────────────────────────────────────────\n    9007199254740993  Infinity  -Infinity\n-9223372036854775808    1e+300        0.1\n",
			"csv":      "n,x,y\n9007199254740993,Infinity,-Infinity\n-9223372036854775808,1e+300,0.1\n",
			"json":     "[\n  {\"n\": 9007199254740993, \"x\": \"Infinity\", \"y\": \"-Infinity\"},\n  {\"n\": -9223372036854775808, \"x\": 1e+300, \"y\": 0.1}\n]\n",
			"markdown": "| n | x | y |\n| ---:| ---:| ---:|\n| 9007199254740993 | Infinity | -Infinity |\n| -9223372036854775808 | 1e+300 | 0.1 |\n",
		}},
		{"names that are alike", func() *answer { return rowsOf("a,a,a_2,a", []any{int64(1), int64(2), int64(3), int64(4)}) }, map[string]string{
			"table":    "a  a  a_2  a\n──────────────\n1  2    3  4\n",
			"csv":      "a,a,a_2,a\n1,2,3,4\n",
			"json":     "[\n  {\"a\": 1, \"a_3\": 2, \"a_2\": 3, \"a_4\": 4}\n]\n",
			"markdown": "| a | a | a_2 | a |\n| ---:| ---:| ---:| ---:|\n| 1 | 2 | 3 | 4 |\n",
		}},
		{"no rows", func() *answer { return rowsOf("a,b") }, map[string]string{
			"table":    "a  b\n──────\n",
			"csv":      "a,b\n",
			"json":     "[]\n",
			"markdown": "| a | b |\n| --- | --- |\n",
		}},
		{"marks and lines", func() *answer { return rowsOf("a", []any{"p|q `x` <b>\n[l](u) a_b _c_"}, []any{"世界"}) }, map[string]string{
			"table":    "a\n────────────────\np|q `x` <b>\n[l](u) a_b _c_\n世界\n",
			"csv":      "a\n\"p|q `x` <b>\n[l](u) a_b _c_\"\n世界\n",
			"json":     "[\n  {\"a\": \"p|q `x` \\u003cb\\u003e\\n[l](u) a_b _c_\"},\n  {\"a\": \"世界\"}\n]\n",
			"markdown": "| a |\n| --- |\n| p\\|q \\`x\\` \\<b\\><br>\\[l\\](u) a_b \\_c\\_ |\n| 世界 |\n",
		}},
	}
	for _, c := range cases {
		for _, format := range Formats {
			var b bytes.Buffer
			if err := WriteRows(&b, c.rows(), format); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want[format], b.String()); diff != "" {
				t.Errorf("%s as %s: %s", c.name, format, diff)
			}
			if format == "json" && !json.Valid(b.Bytes()) {
				t.Errorf("%s is no JSON: %s", c.name, b.String())
			}
			if format == "csv" {
				if _, err := csv.NewReader(&b).ReadAll(); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		}
	}
}

func TestRowsThatBreakOff(t *testing.T) {
	broken := errors.New("broken")
	for _, format := range Formats {
		var b bytes.Buffer
		rows := rowsOf("a", []any{int64(7)})
		rows.err = broken
		if err := WriteRows(&b, rows, format); !errors.Is(err, broken) || !strings.Contains(b.String(), "7") {
			t.Errorf("%s: error %v, written %q", format, err, b.String())
		}
		if format == "json" && json.Valid(b.Bytes()) {
			t.Errorf("what is not whole is a document: %s", b.String())
		}
	}
}

// full takes some bytes and then no more.
type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestRowsAreStreamed(t *testing.T) {
	const n = 300_000
	text := strings.Repeat("x", 100)
	for _, format := range Formats {
		heap := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before, most := heap(), uint64(0)
		rows := &answer{names: []string{"n", "text"}, row: func(i int) []any {
			if i%50_000 == 49_999 {
				most = max(most, heap())
			}
			if i == n {
				return nil
			}
			return []any{int64(i), text}
		}}
		if err := WriteRows(&full{math.MaxInt}, rows, format); err != nil {
			t.Fatal(err)
		}
		if most > before+8<<20 { // all rows are 30 MB
			t.Errorf("%s: %d bytes were held", format, most-before)
		}
		rows.at = 0
		if err := WriteRows(&full{1 << 16}, rows, format); !errors.Is(err, errFull) || rows.at > 20_000 {
			t.Errorf("%s: %v after %d rows", format, err, rows.at)
		}
	}
}

func TestColumnsOnlyGetWider(t *testing.T) {
	wide := map[int]string{0: "a", pageRows: "abcdef", 2 * pageRows: strings.Repeat("l", 1000)}
	rows := &answer{names: []string{"s", "n"}, row: func(i int) []any {
		if i > 3*pageRows {
			return nil
		}
		return []any{wide[i], int64(i)}
	}}
	var b bytes.Buffer
	if err := WriteRows(&b, rows, "table"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")[2:]
	for at, want := range map[int]string{
		0:              "a    0",
		1:              "     1",
		pageRows:       "abcdef  1000",
		pageRows + 1:   "        1001",
		2 * pageRows:   strings.Repeat("l", 1000) + "  2000",
		2*pageRows + 1: strings.Repeat(" ", widest) + "  2001",
		3 * pageRows:   strings.Repeat(" ", widest) + "  3000",
	} {
		if lines[at] != want {
			t.Errorf("row %d: %q, want %q", at, lines[at], want)
		}
	}
	if n := strings.Count(b.String(), "─\n"); n != 1 {
		t.Error(fmt.Sprint(n), "headings")
	}
}
