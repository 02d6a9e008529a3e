package report

import (
	"slices"
	"strings"

	"github.com/benchctl/benchctl/core/stats"
)

// Throughput is the table that the project began with: what one thread does in
// a second, by store, setup and operation, as the median of the repeats with
// its interval.
func Throughput(records []stats.Record) Table {
	records = stats.Measured(records)
	if len(records) == 0 {
		return Table{}
	}
	keys := stats.Series(records)
	ops := stats.GroupBy(records, "op")
	t := Table{Columns: columns(keys)}
	for _, op := range ops {
		t.Columns = append(t.Columns, Column{op.Values[0] + "/s", true}, Column{"", false})
	}
	t.Columns = append(t.Columns, Column{"runs", true})
	for _, series := range stats.GroupBy(records, keys...) {
		row := slices.Clone(series.Values)
		for _, op := range ops {
			var cells []string
			for _, g := range stats.GroupBy(series.Records, "op") {
				if g.Values[0] == op.Values[0] {
					e := g.Estimate(stats.Record.PerThread)
					cells = []string{Number(e.Value), Spread(e)}
				}
			}
			if cells == nil {
				cells = []string{"–", ""}
			}
			row = append(row, cells...)
		}
		t.Rows = append(t.Rows, append(row, Integer(int64(len(stats.GroupBy(series.Records, "run"))))))
	}
	return t
}

func columns(keys []string) []Column {
	var c []Column
	for _, key := range keys {
		_, name, ok := strings.Cut(key, ".") // the parameter, option or label itself
		if !ok {
			name = key
		}
		c = append(c, Column{name, key == "nodes" || key == "threads"})
	}
	return c
}
