package experiment

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
)

// lasting is a load of ten seconds in which something happens after four.
func lasting(happens func()) func(context.Context, protocol.RunRequest, protocol.Sink) error {
	return func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		if err := steady(ctx, r, sink); err != nil {
			return err
		}
		time.Sleep(4 * time.Second)
		happens()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(6 * time.Second):
			return nil
		}
	}
}

func TestANodeThatDiesIsAnEventOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.load = lasting(func() { w.clusters[0].lose("node-2") })
		outcome, err := w.Execute(t.Context(), planOf(t, repeated(1)))
		if err != nil || outcome.Complete != 1 {
			t.Errorf("%+v, %v", outcome, err)
		}
		expect(t, "events", w.runs[0].history(node.Serving), "4s node-exited node-2 signal: killed")
	})
}

func TestNodesThatAreLostAreCountedAndWarnedOf(t *testing.T) {
	const left = ": what was measured from then on is of the nodes that were left"
	cases := map[string]struct {
		lose     func(w *world)
		lost     int
		warnings string
	}{
		"none": {func(*world) {}, 0, ""},
		"one": {func(w *world) { w.clusters[0].lose("node-2") }, 1,
			"a, 3 nodes, 1 thread: node-2 ended by itself (signal: killed) 1.000 s into phase delete" + left},
		"one twice": {func(w *world) { w.clusters[0].lose("node-2", "node-2") }, 1,
			"a, 3 nodes, 1 thread: node-2 ended by itself (signal: killed) 1.000 s into phase delete" + left},
		"two": {func(w *world) { w.clusters[0].lose("node-2", "node-1") }, 2,
			"a, 3 nodes, 1 thread: node-2 ended by itself (signal: killed) 1.000 s into phase delete" + left + "; " +
				"a, 3 nodes, 1 thread: node-1 ended by itself (signal: killed) 1.000 s into phase delete" + left},
		"one that hangs, of which nobody says so": {func(w *world) { w.clusters[0].hang("node-3") }, 1,
			"a, 3 nodes, 1 thread: node-3 did not answer when the load had ended, and since when is not known: the figures may be of the nodes that were left"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.load = lasting(func() { c.lose(w) })
				outcome, err := w.Execute(t.Context(), planOf(t, repeated(1)))
				if err != nil || outcome.Complete != 1 {
					t.Errorf("%+v, %v", outcome, err)
				}
				if got := w.runs[0].Run.LostNodes; got != c.lost {
					t.Errorf("%d lost nodes, want %d", got, c.lost)
				}
				expect(t, "warnings", strings.Join(w.runs[0].warnings, "; "), c.warnings)
			})
		})
	}
}

func TestARunEndsASecondAfterItsLastNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.load = lasting(func() { w.clusters[0].lose("node-2", "node-1", "node-3") })
		began := time.Now()
		outcome, err := w.Execute(t.Context(), planOf(t, repeated(1)))
		if err != nil || outcome.Failed != 1 || time.Since(began) != 5*time.Second {
			t.Errorf("%+v after %v, %v", outcome, time.Since(began), err)
		}
		run := w.runs[0]
		if run.state != record.Failed || !strings.HasPrefix(run.failure, "all nodes have ended during the run") {
			t.Errorf("%s: %s", run.state, run.failure)
		}
		expect(t, "events", run.history(node.Serving), "4s node-exited node-1 signal: killed; 4s node-exited node-2 signal: killed; 4s node-exited node-3 signal: killed; "+
			"5s node-log node-1 log of node-1 in cluster 1; 5s node-log node-3 log of node-3 in cluster 1")
	})
}

func TestTimesCountFromTheRunsZero(t *testing.T) {
	failure := errors.New("no session")
	cases := map[string]struct {
		load func(context.Context, protocol.RunRequest, protocol.Sink) error
		want string
	}{
		"the load begins": {steady, "-3s node-ready node-1"},
		"it does not":     {func(context.Context, protocol.RunRequest, protocol.Sink) error { return failure }, "2s node-ready node-1; 5s node-log node-1 log of node-1 in cluster 1; 5s node-log node-3 log of node-3 in cluster 1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.on["prepare a"] = func() error { time.Sleep(2 * time.Second); return nil } // the run has begun
				w.on["load a"] = func() error { time.Sleep(3 * time.Second); return nil }
				w.load = c.load
				plan := planOf(t, func(s *Spec) { s.Setups[0].Nodes = []int{1} })
				if _, err := w.Execute(t.Context(), plan); err != nil {
					t.Fatal(err)
				}
				expect(t, "events", w.runs[0].history(), c.want)
			})
		})
	}
}

func TestEventsOfAnInterruptedDeploymentAreKept(t *testing.T) {
	w := newWorld(t)
	ctx, interrupt := context.WithCancel(t.Context())
	w.on["deploy cluster 1"] = func() error { interrupt(); return nil }
	if _, err := w.Execute(ctx, planOf(t, repeated(1))); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := len(w.runs[0].events); n != 3 {
		t.Errorf("%d events", n)
	}
}

func TestAnIncidentIsAnEvent(t *testing.T) {
	w := newWorld(t)
	w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		return errors.Join(steady(ctx, r, sink), sink.Incident(7*time.Second, driver.Incident{Kind: "session-lost", Node: "node-2", Detail: "thread 3"}))
	}
	if _, err := w.Execute(t.Context(), planOf(t, repeated(1))); err != nil {
		t.Fatal(err)
	}
	expect(t, "events", w.runs[0].history(node.Serving), "7s session-lost node-2 thread 3")
}

func TestAClusterIsReusedUntilARunFails(t *testing.T) {
	w := newWorld(t)
	loads := 0
	w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		if loads++; loads == 2 {
			return errors.New("the store said no")
		}
		return steady(ctx, r, sink)
	}
	if outcome, err := w.Execute(t.Context(), planOf(t, reusing(4))); err != nil || outcome.Complete != 3 {
		t.Errorf("%+v, %v", outcome, err)
	}
	expect(t, "calls", w.asked("launch", "deploy", "ask", "load", "close"),
		"launch a, deploy cluster 1, load a, ask cluster 1, ask cluster 1, load a, close cluster 1, close plugin a, "+
			"launch a, deploy cluster 2, load a, ask cluster 2, ask cluster 2, load a, ask cluster 2, close cluster 2, close plugin a")
}

func TestEachWayOfDeployingHasAClusterOfItsOwn(t *testing.T) {
	w := newWorld(t)
	plan := planOf(t, func(s *Spec) {
		s.Stores, s.Setups[0].Nodes, s.Threads, s.ReuseClusters = []string{"a", "b"}, []int{1, 3}, []int{1, 2}, true
		s.Repeat = 2
	})
	if outcome, err := w.Execute(t.Context(), plan); err != nil || outcome.Complete != 16 {
		t.Errorf("%+v, %v", outcome, err)
	}
	if deployed := strings.Count(w.asked("deploy"), "cluster"); deployed != 4 {
		t.Errorf("%d clusters: %s", deployed, w.asked("deploy"))
	}
}

const replaced = "the cluster that was kept had lost node node-3, so a fresh one was deployed"

func TestAKeptClusterThatHasLostANodeIsReplaced(t *testing.T) {
	died := "node-exited node-3 signal: killed"
	log := "node-log node-3 log of node-3 in cluster 1"
	cases := map[string]struct {
		during  func(w *world) // of the first run
		after   func(w *world) // between the runs
		first   string         // events of the first run
		second  string
		warning string // of the first run
	}{
		"during a run": {func(w *world) { w.clusters[0].lose("node-3") }, func(*world) {}, "4s " + died, "-2s " + log,
			"a, 3 nodes, 1 thread: node-3 ended by itself (signal: killed) 1.000 s into phase delete: what was measured from then on is of the nodes that were left"},
		"between two runs": {func(*world) {}, func(w *world) { w.clusters[0].lose("node-3") }, "", "-2s " + died + "; -2s " + log, ""},
		"it is hung":       {func(*world) {}, func(w *world) { w.clusters[0].hang("node-3") }, "", "-2s " + log, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.load = lasting(func() {
					if len(w.runs) == 1 {
						c.during(w)
					}
				})
				w.on["show run 1"] = func() error { c.after(w); return nil }
				w.on["deploy cluster 2"] = func() error { time.Sleep(2 * time.Second); return nil }
				outcome, err := w.Execute(t.Context(), planOf(t, reusing(3)))
				if err != nil || outcome.Complete != 3 {
					t.Errorf("%+v, %v", outcome, err)
				}
				expect(t, "calls", w.asked("launch", "deploy", "ask", "load", "close"),
					"launch a, deploy cluster 1, load a, ask cluster 1, ask cluster 1, close cluster 1, close plugin a, "+
						"launch a, deploy cluster 2, load a, ask cluster 2, ask cluster 2, load a, ask cluster 2, close cluster 2, close plugin a")
				expect(t, "first run", w.runs[0].history(node.Serving), c.first)
				expect(t, "second run", w.runs[1].history(node.Serving), c.second)
				expect(t, "third run", w.runs[2].history(), "")
				expect(t, "warnings", strings.Join(w.runs[1].warnings, "; "), replaced)
				expect(t, "warnings of the first", strings.Join(w.runs[0].warnings, ""), c.warning)
				expect(t, "warnings of the third", strings.Join(w.runs[2].warnings, ""), "")
			})
		})
	}
}

func TestAKeptClusterThatCannotBeReplaced(t *testing.T) {
	for _, call := range []string{"close cluster 1", "launch a"} {
		w := newWorld(t)
		var fault error
		w.on["ask cluster 1"] = func() error {
			w.clusters[0].lose("node-3")
			fault = w.fails(call)
			return nil
		}
		outcome, err := w.Execute(t.Context(), planOf(t, reusing(2)))
		if !errors.Is(err, fault) || outcome.Complete != 1 {
			t.Errorf("%s: %+v, %v", call, outcome, err)
		}
	}
}
