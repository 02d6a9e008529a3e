package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/stats"
)

// Throughput is the table that the project began with: what one thread does in
// a second, by store, setup and operation, as the median of the repeats with
// its interval. Operations of one mix have a column for all of them together.
func Throughput(records []stats.Record) Table {
	records = stats.Measured(records)
	if len(records) == 0 {
		return Table{}
	}
	keys := stats.Series(records)
	ops := stats.GroupBy(records, "op")
	t := Table{Columns: columns(keys, records)}
	for _, op := range ops {
		t.Columns = append(t.Columns, Column{op.Values[0] + "/s", true}, Column{"", false})
	}
	mixed := len(ops) > 1 && len(stats.GroupBy(records, "phase")) == 1
	if mixed {
		t.Columns = append(t.Columns, Column{"all/s", true}, Column{"", false})
	}
	t.Columns = append(t.Columns, Column{"runs", true})
	for _, series := range stats.GroupBy(records, keys...) {
		row := slices.Clone(series.Values)
		for _, op := range ops {
			cells := []string{"–", ""}
			for _, g := range stats.GroupBy(series.Records, "op") {
				if g.Values[0] == op.Values[0] {
					cells = perThread(g.Records)
				}
			}
			row = append(row, cells...)
		}
		if mixed {
			row = append(row, perThread(stats.Totals(series.Records))...)
		}
		t.Rows = append(t.Rows, append(row, Integer(int64(len(stats.GroupBy(series.Records, "run"))))))
	}
	return t
}

// perThread estimates what one thread does in a second, of one record a run.
func perThread(records []stats.Record) []string {
	e := stats.Group{Records: records}.Estimate(stats.Record.PerThread)
	return []string{Number(e.Value), Spread(e)}
}

func columns(keys []string, records []stats.Record) []Column {
	var c []Column
	for _, key := range keys {
		_, name, ok := strings.Cut(key, ".") // the parameter, option or label itself
		if !ok {
			name = key
		}
		c = append(c, Column{name, numeric(key, records)})
	}
	return c
}

// numeric reports whether every value of a key is a number or a duration.
func numeric(key string, records []stats.Record) bool {
	return !slices.ContainsFunc(stats.GroupBy(records, key), func(g stats.Group) bool {
		_, notNumber := strconv.ParseFloat(g.Values[0], 64)
		_, notDuration := time.ParseDuration(g.Values[0])
		return notNumber != nil && notDuration != nil
	})
}
