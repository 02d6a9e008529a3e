package experiment

import (
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/record"
)

func TestAPhaseThatIsStillGettingFaster(t *testing.T) {
	const ms = time.Millisecond
	cases := map[string]struct {
		rates  []int64 // operations in each quarter of a second
		rising bool
	}{
		"steady":      {[]int64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, false},
		"warming up":  {[]int64{5, 6, 7, 8, 9, 10, 11, 12, 12, 12, 12, 12}, true},
		"a late jump": {[]int64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11, 14}, false},
		"slowing":     {[]int64{12, 12, 12, 10, 10, 10, 8, 8, 8, 6, 6, 6}, false},
		"too short":   {[]int64{1, 2, 3, 4, 5}, false},
		"stalled":     {[]int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false},
	}
	for name, c := range cases {
		var tr trend
		tr.start(3000 * ms)
		at, ops := 3000*ms, int64(0)
		for _, n := range c.rates {
			at, ops = at+250*ms, ops+n
			tr.add(at, ops)
		}
		if got := tr.rising(at, ops); got != c.rising {
			t.Errorf("%s: rising is %v", name, got)
		}
	}
}

func TestTheMachineIsWarnedOf(t *testing.T) {
	cases := map[string]struct {
		client, nodes float64
		want          string
	}{
		"idle":    {0.2, 0.3, ""},
		"client":  {1.9, 0, "the load generator used more than 90 % of the machine's 2 cores"},
		"machine": {0.9, 1.05, "load generator and nodes together used all of the machine's 2 cores"},
	}
	for name, c := range cases {
		u := usage{measuring: time.Now().Add(-time.Minute)}
		for second := range 3 {
			u.add(record.NodeSecond{Node: "node-1", Second: second, Seconds: 1, CPUSeconds: c.nodes / 2})
			u.add(record.NodeSecond{Node: "node-2", Second: second, Seconds: 1, CPUSeconds: c.nodes / 2})
			u.add(record.NodeSecond{Node: record.ClientNode, Second: second, Seconds: 1, CPUSeconds: c.client})
		}
		if got := u.warning(record.Environment{Cores: 2}); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %q", name, got)
		}
	}
	warming := usage{}
	warming.phase(true)
	warming.add(record.NodeSecond{Node: record.ClientNode, CPUSeconds: 9})
	if got := warming.warning(record.Environment{Cores: 2}); got != "" {
		t.Errorf("a warm-up is warned of: %q", got)
	}
}
