package conformance

import (
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// countingThreads and countingOps are the size of the run that is counted.
const (
	countingThreads = 4
	countingOps     = 50 // of each thread
	countingOpens   = 30 * time.Second
)

// counting executes a run as benchctl does: there must be one sample for every
// operation, and the store must hold what was created.
func counting(t *trial) (string, string) {
	load := &load.Load{
		Name: "counting", Version: 1,
		Keys:   load.Keys{Space: load.SpaceThread, Choose: load.ChooseSequential},
		Values: load.Values{Size: 20},
		Phases: []load.Phase{{Name: "create", Ops: countingOps, Mix: []load.Share{{Op: sample.OpCreate, Weight: 1}}}},
	}
	samples, err := t.run(load)
	t.must("a run of creates", err)
	if want := countingThreads * countingOps; samples[sample.OK] != want || len(samples) != 1 {
		t.failf("%d creates were to be executed, and the samples are %v", want, samples)
	}
	if keys := t.list(t.session(), []byte(t.prefix+"/")); len(keys) != countingThreads*countingOps {
		t.failf("%d creates are recorded as successful, and %d keys are there", countingThreads*countingOps, len(keys))
	}
	return sound, fmt.Sprintf("%d operations, as many samples, as many keys", countingThreads*countingOps)
}

// run executes a workload in the plugin and counts its samples by status.
func (t *trial) run(load *load.Load) (map[sample.Status]int, error) {
	c := &counter{statuses: map[sample.Status]int{}, decoder: sample.NewDecoder()}
	err := t.subject.Plugin.Run(t.ctx, protocol.RunRequest{
		Setup: t.subject.Setup, Load: load, Threads: countingThreads, Seed: 1, KeyPrefix: t.prefix, StartTimeout: countingOpens,
	}, c)
	if err != nil {
		return nil, err
	}
	total := int64(0)
	for _, n := range c.statuses {
		total += int64(n)
	}
	if c.said != total {
		return nil, fmt.Errorf("the plugin speaks of %d samples, and %d came", c.said, total)
	}
	return c.statuses, nil
}

// counter counts the samples of a run.
type counter struct {
	decoder  *sample.Decoder
	statuses map[sample.Status]int
	next     [countingThreads]int64
	said     int64
}

func (c *counter) Chunk(h sample.Header, data []byte) error {
	if h.Thread < 0 || h.Thread >= countingThreads {
		return fmt.Errorf("a chunk is of thread %d, and there are %d", h.Thread, countingThreads)
	}
	if h.First != c.next[h.Thread] {
		return fmt.Errorf("thread %d: a chunk begins with sample %d instead of %d", h.Thread, h.First, c.next[h.Thread])
	}
	c.next[h.Thread] += int64(h.Count)
	decoded, err := c.decoder.Decode(nil, data)
	if err != nil {
		return err
	}
	for _, s := range decoded {
		c.statuses[s.Status]++
	}
	return nil
}

func (c *counter) Finished(f protocol.Finished) error {
	c.said = f.Samples
	return nil
}

func (*counter) Started(time.Time, string) error                   { return nil }
func (*counter) PhaseStarted(int, time.Duration) error             { return nil }
func (*counter) Offered(int, record.Offered) error                 { return nil }
func (*counter) PhaseEnded(int, time.Duration, int64, int64) error { return nil }
func (*counter) Progress(int, time.Duration, int64, int64)         {}
func (*counter) Incident(time.Duration, driver.Incident) error     { return nil }
func (*counter) Verdict(int, record.Verdict) error                 { return nil }
