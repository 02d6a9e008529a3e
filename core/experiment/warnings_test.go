package experiment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/workloads"
)

// paced is a load whose first phase ends with what is given, and is said to have
// come in as often as rates say, in operations of equal parts of its time.
func paced(phase int, unstarted int64, rates ...int64) func(context.Context, protocol.RunRequest, protocol.Sink) error {
	return func(_ context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		err := errors.Join(sink.Started(time.Now(), ""), sink.PhaseStarted(phase, 0))
		at, ops := time.Duration(0), int64(0)
		each := r.Load.Stages()[phase].For / time.Duration(max(len(rates), 1))
		for _, rate := range rates {
			time.Sleep(each)
			at, ops = at+each, ops+rate
			sink.Progress(phase, at, ops, 0)
		}
		return errors.Join(err, sink.PhaseEnded(phase, at, ops, unstarted))
	}
}

func TestWhatWeakensTheFiguresIsWarnedOf(t *testing.T) {
	faster := []int64{5, 6, 7, 8, 9, 10, 11, 12, 12, 12, 12, 12, 12, 12, 12, 12}
	level := []int64{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}
	const closed, open = "create-set-delete", "latency-at-rate"
	cases := map[string]struct {
		workload string
		change   func(w *world)
		want     string
	}{
		"nothing":                {closed, func(w *world) { w.load = paced(1, 0, level...) }, ""},
		"a filesystem in memory": {closed, func(w *world) { w.machine.Filesystem = "tmpfs" }, "the nodes' data is in /data, which is a tmpfs: fsync costs nothing there, so writes are faster than on a disk"},
		"still rising":           {closed, func(w *world) { w.load = paced(1, 0, faster...) }, "create on a, 3 nodes: still getting faster while it was measured; a longer warm-up shows what it comes to"},
		"a warm-up may rise":     {closed, func(w *world) { w.load = paced(0, 0, faster...) }, ""},
		"arrivals set the pace":  {open, func(w *world) { w.load = paced(2, 0, faster...) }, ""},
		"unstarted arrivals":     {open, func(w *world) { w.load = paced(2, 7, level...) }, "7 arrivals were due and could not be started before the phase ended, 144 were"},
		"in a warm-up":           {open, func(w *world) { w.load = paced(1, 7, level...) }, ""},
		"what the plugin says": {closed, func(w *world) {
			w.load = func(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
				return errors.Join(steady(ctx, r, sink), sink.Finished(protocol.Finished{Warnings: []string{"sessions were lost"}}))
			}
		}, ": sessions were lost"},
		"a busy machine": {closed, func(w *world) {
			w.Sample = busy(1.5)
			w.load = paced(1, 0, level...)
		}, "load generator and nodes together used all of the machine's 2 cores"},
		"other processes": {closed, func(w *world) {
			w.surroundings = &record.Surroundings{ForeignCPUSeconds: 1.6}
			w.load = paced(1, 0, level...)
		}, "create on a, 3 nodes: other processes used 0.800 of the machine's 2 cores while it was measured"},
		"other processes beside a store that runs already": {closed, func(w *world) {
			w.surroundings = &record.Surroundings{ForeignCPUSeconds: 1.6}
			w.load, w.external = paced(1, 0, level...), true
		}, "other processes, the store's among them if it runs here, used 0.800 of the machine's 2 cores"},
		"a little of other processes": {closed, func(w *world) {
			w.surroundings = &record.Surroundings{ForeignCPUSeconds: 0.19}
			w.load = paced(1, 0, level...)
		}, ""},
		"a host that takes": {closed, func(w *world) {
			w.surroundings = &record.Surroundings{StolenCPUSeconds: 1}
			w.load = paced(1, 0, level...)
		}, "create on a, 3 nodes: the host of this virtual machine kept 0.500 of the machine's 2 cores from it while it was measured"},
		"a limit that holds it up": {closed, func(w *world) {
			w.surroundings, w.machine.CPULimit = &record.Surroundings{Throttled: 500 * time.Millisecond}, 0.5
			w.load = paced(1, 0, level...)
		}, "create on a, 3 nodes: the limit of processor time, 0.5 cores, held it up, for 500 ms in 2.00 s, summed over processors"},
		"a disturbed warm-up": {closed, func(w *world) {
			w.surroundings = &record.Surroundings{ForeignCPUSeconds: 1.6, StolenCPUSeconds: 1, Throttled: time.Second}
			w.load = paced(0, 0, level...)
		}, ""},
		"all that the limit allows": {closed, func(w *world) {
			w.Sample, w.machine.CPULimit = busy(0.4), 0.5
			w.load = paced(1, 0, level...)
		}, "load generator and nodes together used all of the 0.5 cores that it is limited to"},
		"a phase that was held up": {closed, func(w *world) {
			w.load = func(_ context.Context, _ protocol.RunRequest, sink protocol.Sink) error {
				return errors.Join(sink.Started(time.Now(), ""), sink.PhaseStarted(1, 0), sink.PhaseEnded(1, 12*time.Second, 10, 0))
			}
		}, "create on a, 3 nodes: it took 12.0 s where 2.00 s were planned: something held operations up, and the throughput counts all of that time"},
		"a busy warm-up": {closed, func(w *world) {
			w.Sample = busy(1.5)
			w.load = paced(0, 0, level...)
		}, ""},
		"a machine at leisure": {closed, func(w *world) {
			w.Sample = busy(0.5)
			w.load = paced(1, 0, level...)
		}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				c.change(w)
				definition, err := workloads.Find(c.workload)
				if err != nil {
					t.Fatal(err)
				}
				plan := planOf(t, func(s *Spec) { s.Workloads = []Workload{{Definition: definition}} })
				if w.external {
					plan.Runs[0].Endpoints = []string{"a:1", "b:1", "c:1"}
				}
				w.description.Ops = plan.Runs[0].Load().Ops()
				outcome, err := w.Execute(t.Context(), plan)
				if err != nil || outcome.Complete != 1 {
					t.Fatalf("%+v, %v", outcome, err)
				}
				warnings := strings.Join(w.runs[0].warnings, "; ")
				if !strings.Contains(warnings, c.want) || (warnings == "") != (c.want == "") {
					t.Errorf("warnings %q, want %q", warnings, c.want)
				}
			})
		})
	}
}

// busy samples a node and a client that each use a share of the two cores.
func busy(cores float64) func(context.Context, time.Time, Cluster, int, func(record.NodeSecond)) {
	return func(ctx context.Context, _ time.Time, _ Cluster, _ int, report func(record.NodeSecond)) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for second := 0; ; second++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			report(record.NodeSecond{Node: "node-1", Second: second, Seconds: 1, CPUSeconds: cores})
			report(record.NodeSecond{Node: record.ClientNode, Second: second, Seconds: 1, CPUSeconds: cores / 2})
		}
	}
}

func TestWhatProcessesUseIsArchivedUntilTheLoadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.Sample, w.load = busy(0.1), lasting(func() {})
		if _, err := w.Execute(t.Context(), planOf(t, repeated(1))); err != nil {
			t.Fatal(err)
		}
		if n := len(w.runs[0].seconds); n < 18 || n > 20 { // ten seconds of two processes; the last may come too late
			t.Errorf("%d seconds", n)
		}
	})
}

// failing is a load in which operations of one phase fail: as many as are given,
// and as many as are given succeed. The other phases succeed.
func failing(in string, failed, succeeded int64) func(context.Context, protocol.RunRequest, protocol.Sink) error {
	return func(_ context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		err := sink.Started(time.Now(), "")
		for phase, stage := range r.Load.Stages() {
			err = errors.Join(err, sink.PhaseStarted(phase, 0))
			executed := int64(10)
			if stage.Name == in {
				executed = failed + succeeded
				err = errors.Join(err,
					sink.Failure(phase, record.Failure{Op: "set", Status: "timeout", Count: failed / 2, First: 2 * time.Second, Error: "timeout"}),
					sink.Failure(phase, record.Failure{Op: "set", Status: "other", Count: failed - failed/2, First: time.Second, Error: "mvcc: database space exceeded"}))
			}
			err = errors.Join(err, sink.PhaseEnded(phase, time.Second, executed, 0))
		}
		return err
	}
}

func TestAPhaseWithoutASuccessIsNoResult(t *testing.T) {
	const text = "a, 3 nodes, 1 thread, phase %s: of 6 operations not one succeeded; the first said other: mvcc: database space exceeded"
	cases := map[string]struct {
		load    func(context.Context, protocol.RunRequest, protocol.Sink) error
		failure string
		warning string
	}{
		"all failed":             {failing("set", 6, 0), fmt.Sprintf(text, "set"), ""},
		"all but one failed":     {failing("set", 6, 1), "", ""},
		"all of a warm-up":       {failing("warm-up", 6, 0), "", fmt.Sprintf(text, "warm-up")},
		"nothing was executed":   {failing("set", 0, 0), "a, 3 nodes, 1 thread, phase set: no operation was executed", ""},
		"a plugin without a sum": {steady, "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.load = c.load
			outcome, err := w.Execute(t.Context(), planOf(t, repeated(1)))
			if err != nil || outcome.Failed != map[bool]int{true: 1}[c.failure != ""] {
				t.Errorf("%+v, %v", outcome, err)
			}
			expect(t, "failure", w.runs[0].failure, c.failure)
			expect(t, "warnings", strings.Join(w.runs[0].warnings, "; "), c.warning)
		})
	}
}

// What went before is said, when later phases have nothing either.
func TestPhasesWithoutASuccess(t *testing.T) {
	w := newWorld(t)
	w.load = func(_ context.Context, r protocol.RunRequest, sink protocol.Sink) error {
		err := sink.Started(time.Now(), "")
		for phase := range r.Load.Stages() {
			err = errors.Join(err, sink.PhaseStarted(phase, 0), sink.PhaseEnded(phase, time.Second, 0, 0))
		}
		return err
	}
	if outcome, err := w.Execute(t.Context(), planOf(t, repeated(1))); err != nil || outcome.Failed != 1 {
		t.Errorf("%+v, %v", outcome, err)
	}
	expect(t, "failure", w.runs[0].failure, "a, 3 nodes, 1 thread, phase create: no operation was executed; and 2 other phases: `benchctl show 1` has all of them")
}
