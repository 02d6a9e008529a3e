package load

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestActivity(t *testing.T) {
	const second = time.Second
	cases := map[string]struct {
		phase   Phase
		threads int
		want    []int // active in the middle of each second
	}{
		"all":                  {Phase{For: 3 * second}, 7, []int{7, 7, 7}},
		"some":                 {Phase{For: 3 * second, Active: 2}, 7, []int{2, 2, 2}},
		"more than there are":  {Phase{For: 3 * second, Active: 9}, 7, []int{7, 7, 7}},
		"up":                   {Phase{For: 4 * second, Active: 2, ActiveTo: 5}, 7, []int{2, 3, 4, 5}},
		"down":                 {Phase{For: 4 * second, Active: 5, ActiveTo: 2}, 7, []int{5, 4, 3, 2}},
		"down from all":        {Phase{For: 3 * second, ActiveTo: 5}, 7, []int{7, 6, 5}},
		"up to all":            {Phase{For: 3 * second, Active: 5, ActiveTo: 100}, 7, []int{5, 6, 7}},
		"in two steps":         {Phase{For: 4 * second, Active: 1, ActiveTo: 7, Steps: 2}, 7, []int{1, 1, 7, 7}},
		"in equal steps":       {Phase{For: 4 * second, Active: 1, ActiveTo: 7, Steps: 4}, 7, []int{1, 3, 5, 7}},
		"more steps than rise": {Phase{For: 5 * second, Active: 1, ActiveTo: 2, Steps: 5}, 7, []int{1, 1, 2, 2, 2}},
		"no rise left":         {Phase{For: 2 * second, Active: 8, ActiveTo: 20, Steps: 5}, 7, []int{7, 7}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []int
			for i := range c.want {
				got = append(got, c.phase.ActiveAt(time.Duration(i)*second+second/2, c.threads))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			agree(t, c.phase, c.threads)
		})
	}
	// Times that steps do not divide evenly.
	for _, over := range []time.Duration{1, 2, 10, 999, 1_000_003, 3600*second + 1} {
		for _, steps := range []int{0, 2, 3, 7, 1000} {
			t.Run(fmt.Sprintf("%v in %d", over, steps), func(t *testing.T) {
				agree(t, Phase{For: over, Active: 3, ActiveTo: 11, Steps: steps}, 12)
				agree(t, Phase{For: over, Active: 11, ActiveTo: 3, Steps: steps}, 12)
			})
		}
	}
	if from, to, ok := (Phase{Ops: 5, Active: 2}).Activity(1, 4); from != 0 || to < 1e6*time.Hour || !ok {
		t.Errorf("without an end: %v to %v, %v", from, to, ok)
	}
	if _, _, ok := (Phase{Ops: 5, Active: 2}).Activity(2, 4); ok {
		t.Error("a thread beyond the active ones is active")
	}
}

// agree demands that Activity and ActiveAt say the same of every thread, at
// the very edges of its activity.
func agree(t *testing.T, p Phase, threads int) {
	t.Helper()
	for thread := range threads {
		from, to, ok := p.Activity(thread, threads)
		if !ok {
			from, to = p.For, p.For
		}
		for _, at := range []time.Duration{0, from - 1, from, from + 1, to - 1, to, to + 1, p.For / 2, p.For - 1} {
			if at < 0 || at >= p.For {
				continue
			}
			if active := p.ActiveAt(at, threads) > thread; active != (from <= at && at < to) {
				t.Fatalf("thread %d of %+v at %v: active %v, though it is from %v to %v", thread, p, at, active, from, to)
			}
		}
	}
}
