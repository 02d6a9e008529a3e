package node

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/record"
)

// sampled samples a cluster while work lasts, and returns what each process was
// sampled for and the time from before the sampling until after it.
func sampled(t *testing.T, c *Cluster, zero time.Time, work func()) (covered map[string]float64, rows map[string][]int, around float64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	covered, rows = map[string]float64{}, map[string][]int{}
	done := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(done)
		Sample(ctx, zero, c, os.Getpid(), func(s record.NodeSecond) {
			if s.Seconds <= 0 {
				t.Errorf("a row of no time: %+v", s)
			}
			covered[s.Node] += s.Seconds
			rows[s.Node] = append(rows[s.Node], s.Second)
		})
	}()
	work()
	cancel()
	<-done
	return covered, rows, time.Since(began).Seconds()
}

// TestRowsCoverTheTimeThatWasSampled has a process that lives for two and a
// half seconds: its three rows are no three seconds.
func TestRowsCoverTheTimeThatWasSampled(t *testing.T) {
	c, _, _ := one(t)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	const life = 2500 * time.Millisecond
	covered, rows, around := sampled(t, c, time.Now(), func() { time.Sleep(life) })
	for _, name := range []string{"a", record.ClientNode} {
		if covered[name] > around || covered[name] < life.Seconds()/2 {
			t.Errorf("%s: %.3f s are covered of %.3f s", name, covered[name], around)
		}
		if len(rows[name]) > int(around)+1 {
			t.Errorf("%s: rows of seconds %v in %.3f s", name, rows[name], around)
		}
	}
}

// TestAWallClockThatWasSetMakesNoRows has a zero that lies far off, as if the
// clock had been set since: only the time that has passed is covered.
func TestAWallClockThatWasSetMakesNoRows(t *testing.T) {
	zero := time.Now().Add(-time.Hour).Round(0) // without the monotonic clock
	covered, rows, around := sampled(t, nil, zero, func() { time.Sleep(300 * time.Millisecond) })
	if n := len(rows[record.ClientNode]); n < 1 || n > int(around)+2 || covered[record.ClientNode] > around {
		t.Errorf("%d rows cover %.3f s of %.3f s", n, covered[record.ClientNode], around)
	}
}

// TestAProcessThatIsStartedAgainIsCoveredFromItsStart starts a node again
// within a second: the time between its two processes is nobody's.
func TestAProcessThatIsStartedAgainIsCoveredFromItsStart(t *testing.T) {
	c, _, _ := one(t)
	c.nodes[0].Ready = driver.Probe{}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	const down = 600 * time.Millisecond
	covered, _, around := sampled(t, c, time.Now(), func() {
		if err := c.KillNode(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		time.Sleep(down)
		if err := c.StartNode(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		time.Sleep(700 * time.Millisecond)
	})
	if covered["a"] <= 0 || covered["a"] > around-down.Seconds() {
		t.Errorf("%.3f s are covered of %.3f s, in which the node was down for %v", covered["a"], around, down)
	}
}
