package kinds

import (
	"slices"

	"github.com/benchctl/benchctl/core/chart"
	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/selection"
)

// lines are series that run over the values of one key, and are told apart by
// the others.
type lines struct {
	key    string
	values []string // of the key, in ascending order
	keys   []string // of the series
	series []selection.Group[*comparison.Run]
}

func along(l *comparison.Workload, key string) lines {
	runs := l.Runs
	keys := slices.DeleteFunc(slices.Clone(l.Keys), func(k string) bool { return k == key })
	return lines{key: key, values: selection.ValuesOf(runs, key), keys: keys, series: selection.GroupBy(runs, keys...)}
}

// legend names the series.
func (ls lines) legend() []chart.Series {
	names := make([]chart.Series, len(ls.series))
	for i, s := range ls.series {
		names[i] = chart.Series{Words: words(ls.keys, s.Values), Store: s.Values[0]}
	}
	return names
}

// each takes something of each series of the workload to where it stands: by
// line, and then by value of the key.
func each[T any](ls lines, l *comparison.Workload, of func(*comparison.Series) T) [][]T {
	placed := make([][]T, len(ls.series))
	for i := range placed {
		placed[i] = make([]T, len(ls.values))
	}
	at := slices.Index(l.Keys, ls.key)
	for _, s := range l.Series {
		others := slices.Delete(slices.Clone(s.Values), at, at+1)
		i := slices.IndexFunc(ls.series, func(g selection.Group[*comparison.Run]) bool { return slices.Equal(g.Values, others) })
		placed[i][slices.Index(ls.values, s.Values[at])] = of(s)
	}
	return placed
}
