package archive

import (
	"math"
	"testing"
	"time"
)

func TestTheLongestTimeWithoutAnOperation(t *testing.T) {
	const ms = int64(time.Millisecond)
	type span [2]int64 // in milliseconds
	cases := map[string]struct {
		from time.Duration
		ops  []span
		want time.Duration
	}{
		"none at all":                  {0, nil, 0},
		"one after the other":          {0, []span{{0, 5}, {5, 14}, {14, 33}}, 0},
		"a pause":                      {0, []span{{0, 5}, {10_025, 10_030}}, 10_010 * time.Millisecond},
		"another thread is on its way": {0, []span{{0, 5}, {10_025, 10_030}, {2, 10_100}}, 0},
		"another thread ends it":       {0, []span{{0, 5}, {10_025, 10_030}, {4_000, 4_001}}, 6_010 * time.Millisecond},
		"before the first":             {2 * time.Second, []span{{5_000, 5_005}}, 2_990 * time.Millisecond},
		"over many words":              {0, []span{{0, 100_000}, {101_000, 300_000}}, 990 * time.Millisecond},
		"more than there is room for":  {0, []span{{0, 5}, {math.MaxInt64 / ms, math.MaxInt64 / ms}}, 0},
		"before the run's zero":        {0, []span{{-900, -800}, {-100, 5}}, 0},
	}
	for name, c := range cases {
		var p presence
		for _, op := range c.ops {
			p.mark(op[0]*ms, op[1]*ms)
		}
		if got := p.idle(c.from); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
