package selection

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// row is a row that a test makes up.
type row struct {
	values map[string]string
	given  Given
}

func (r row) Value(key string) string {
	if value, ok := r.values[key]; ok {
		return value
	}
	return r.given.Value(key)
}

func (r row) Given() Given { return r.given }

func of(store string, nodes, threads int, op string) row {
	return row{
		values: map[string]string{
			"store": store, "nodes": strconv.Itoa(nodes), "threads": strconv.Itoa(threads), "op": op,
			"state": "complete", "durability": "fsync", "reads": "linearizable", "workload": "w", "workload-version": "1",
		},
		given: Given{Params: map[string]string{"size": "100"}, Labels: map[string]string{"host": "x y"}},
	}
}

func TestExpressions(t *testing.T) {
	rows := []row{of("etcd", 3, 10, "set"), of("etcd", 1, 50, "get"), of("zookeeper", 3, 10, "set")}
	cases := map[string][]int{
		"":                                     {0, 1, 2},
		"store:etcd":                           {0, 1},
		"store:etcd nodes:3":                   {0},
		"store:etcd threads:(10 OR 50)":        {0, 1},
		"-store:etcd":                          {2},
		"NOT store:etcd":                       {2},
		"NOT NOT store:etcd":                   {0, 1},
		"NOT (store:etcd OR op:get)":           {2},
		"store:etcd NOT op:get":                {0},
		"threads:10,50 store:etcd":             {0, 1},
		"NOT threads:10,20":                    {1},
		"threads:10..49":                       {0, 2},
		"threads:11..":                         {1},
		"threads:..10":                         {0, 2},
		"threads:1..9,50":                      {1},
		"threads:(1..9 OR 50)":                 {1},
		"NOT threads:20..":                     {0, 2},
		"param.size:50..150 store:etcd":        {0, 1},
		"param.size:1s..2s":                    nil,
		"param.size:a..b":                      nil,
		"store:(etcd OR /zoo.*/)":              {0, 1, 2},
		`store:"etcd",/zoo(/|k).*/`:            {0, 1, 2},
		`label.host:"a,b"`:                     nil,
		`store:etcd AND nodes:3`:               {0},
		`"store":etcd`:                         {0, 1},
		"*":                                    {0, 1, 2},
		"option.sync:\"\"":                     {0, 1, 2},
		"nodes:1 OR store:zookeeper":           {1, 2},
		"nodes:1 OR nodes:3":                   {0, 1, 2},
		"param.size:100 op:set":                {0, 2},
		`label.host:"x y" store:/zoo.*/`:       {2},
		"store:consul":                         nil,
		"option.sync:true":                     nil,
		"workload:w workload-version:1 op:get": {1},
	}
	for text, want := range cases {
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		match := e.Matcher()
		for range 2 { // the second time it remembers
			var got []int
			for i, r := range rows {
				var values []string
				for _, key := range e.Keys() {
					values = append(values, r.Value(key))
				}
				if match(values) {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q selects %v, want %v", text, got, want)
			}
		}
		if e.OfOperations() != strings.Contains(text, "op:") {
			t.Errorf("%q: of operations %v", text, e.OfOperations())
		}
	}
	for text, want := range map[string]string{
		"colour:red":                `there is no key "colour"; the keys are store, nodes`,
		"stroe:etcd":                `there is no key "stroe" (did you mean store?)`,
		"store:(":                   "a value is missing",
		"store:(a b)":               "separated by OR",
		"store:":                    "a value is missing",
		"(store:a":                  "syntax error",
		"store:a)":                  "syntax error",
		"AND":                       "syntax error",
		"param.:1 x:2":              `there is no key "x"`,
		"threads:>10":               "write a range, such as threads:10..50, threads:10.. or threads:..50",
		"threads:>=10":              "write a range, such as threads:10..50",
		"store:!=etcd":              "NOT before what is to be left out",
		"threads>10":                "write a range, such as threads:10..50",
		"store!=etcd":               "NOT before what is to be left out",
		"threads:ten":               "threads is a whole number, such as threads:10, or a range",
		"threads:10+":               "threads is a whole number",
		"threads:..":                "is no range",
		"threads:a..b":              "is no range",
		"nodes:50..10":              "ends before it begins",
		"state:completed":           "state is none of running, complete, failed, interrupted (did you mean complete?)",
		"op:delte":                  "(did you mean delete?)",
		"reads:any":                 "reads is none of linearizable, sequential",
		"durability:disk":           "durability is none of fsync, memory",
		"state:":                    "a value is missing",
		"store:etcd or":             "or is written in capitals: OR",
		"not store:etcd":            "not is written in capitals: NOT",
		"store:etcd NOT":            "NOT stands before what is to be left out",
		"etcd":                      `"etcd" is no key:value`,
		"label.host:x y":            `"y" is no key:value, such as store:etcd; a value with a space stands in quotes`,
		`store:"etcd`:               "a quote is not closed",
		"store:/et":                 "the regular expression has no / at its end",
		"since:gestern":             `"gestern" is no date, such as 2026-01-31`,
		"since:2026-13":             "is no date",
		"since:":                    "a value is missing",
		"started:..":                "write a date",
		"last:0":                    "write how many of the newest runs are meant, such as last:5",
		"last:5,6":                  "write how many",
		"last:5 last:6":             "last is given twice",
		"NOT last:5":                "without NOT",
		"(last:5)":                  "outside of parentheses",
		"store:a OR store:b last:5": "write alternatives with commas",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTimesAndNumbersOfRuns(t *testing.T) {
	day := func(text string) string {
		at, err := time.ParseInLocation(time.DateTime, text, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	started := []string{day("2025-12-31 23:59:59"), day("2026-01-01 00:00:00"), day("2026-01-31 12:30:20"), day("2026-02-01 00:00:00")}
	for text, want := range map[string][]int{
		"since:2026-01-01":                    {1, 2, 3},
		"since:2026":                          {1, 2, 3},
		"until:2026-01-31":                    {0, 1, 2},
		"until:2025":                          {0},
		"since:2026-01 until:2026-01":         {1, 2},
		"started:2026-01":                     {1, 2},
		"started:2026-01-31T12:30":            {2},
		"started:2026-01-01..2026-01-31":      {1, 2},
		"started:..2026-01-01":                {0, 1},
		"NOT since:2026-01-02":                {0, 1},
		"started:2025-12-31,2026-02-01":       {0, 3},
		"since:" + day("2026-02-01 00:00:00"): {3},
	} {
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []int
		for i, value := range started {
			if e.Match([]string{value}) {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) || !slices.Equal(e.Keys(), []string{"started"}) {
			t.Errorf("%q of %v selects %v, want %v", text, e.Keys(), got, want)
		}
	}
	if e, err := Parse("store:etcd,zookeeper last:5"); err != nil || e.Last() != 5 || len(e.Keys()) != 1 {
		t.Errorf("last: %v, %v", e, err)
	}
}

func TestTermsOfAnExpression(t *testing.T) {
	e, err := Parse(`store:etcd,zookeeper NOT (op:get OR NOT nodes:1..3) last:5 label.x:"a b"`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, term := range e.Terms() {
		got = append(got, term.String())
	}
	if diff := cmp.Diff([]string{"store:etcd,zookeeper", "op:get", "NOT nodes:1..3", `label.x:"a b"`}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"store:etcd nodes:3 threads:10,50 NOT op:delete", `label.x:"a\"b",/c(/)[/]/ OR (last:5)`, "started:2026..", "--store:a", "threads:(10 OR 20..30)"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		if e, err := Parse(text); err == nil {
			e.Match(make([]string, len(e.Keys())))
			e.Terms()
		}
	})
}

func TestGroupsAreInANaturalOrder(t *testing.T) {
	rows := []row{of("b", 10, 1, "delete"), of("b", 3, 1, "set"), of("a", 3, 1, "create"), of("b", 3, 1, "create")}
	var got []string
	for _, g := range GroupBy(rows, "store", "nodes", "op") {
		got = append(got, strings.Join(g.Values, " "))
	}
	if diff := cmp.Diff([]string{"a 3 create", "b 3 create", "b 3 set", "b 10 delete"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"3", "10"}, ValuesOf(rows, "nodes")); diff != "" {
		t.Error(diff)
	}
}

func TestValuesOfParametersAreInTheOrderOfTheirSize(t *testing.T) {
	for _, want := range [][]string{{"5", "20", "100"}, {"80ms", "1.5s", "10s", "2m0s"}, {"uniform", "zipfian"}} {
		var rows []row
		for i := range want {
			r := of("etcd", 1, 1, "set")
			r.given.Params = map[string]string{"x": want[len(want)-1-i]}
			rows = append(rows, r)
		}
		if diff := cmp.Diff(want, ValuesOf(rows, "param.x")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSeriesAreToldApartByWhatDiffers(t *testing.T) {
	a, b, c := of("etcd", 1, 1, "set"), of("etcd", 1, 1, "get"), of("raftembed", 1, 1, "set")
	b.given.Params = map[string]string{"size": "200"}
	c.given.Options = map[string]string{"sync": "true"}
	c.values["durability"] = "memory"
	if diff := cmp.Diff([]string{"store", "nodes", "threads", "param.size"}, Series([]row{a, b, c})); diff != "" {
		t.Error(diff)
	}
	d := c
	d.given.Options = map[string]string{"sync": "false"}
	if diff := cmp.Diff([]string{"store", "nodes", "threads", "option.sync"}, Series([]row{a, c, d})); diff != "" {
		t.Error(diff)
	}
	if got := Name([]string{"store", "nodes", "threads", "param.size"}, []string{"etcd", "1", "10", "200"}); got != "etcd, 1 node, 10 threads, size 200" {
		t.Error(got)
	}
	if got := Name([]string{"store", "option.sync"}, []string{"memory", ""}); got != "memory" {
		t.Error(got)
	}
}
