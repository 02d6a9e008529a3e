package selection

import (
	"slices"
	"strconv"
	"strings"
	"testing"

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
		"colour:red":   `there is no key "colour"; the keys are store, nodes`,
		"store:(":      "syntax error",
		"param.:1 x:2": `there is no key "x"`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
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
