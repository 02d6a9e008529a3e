package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
)

// syncs: after a sync a session sees all that was acknowledged before it.
func syncs(t *trial) (string, string) {
	const sessions, rounds = 3, 20
	writer, readers := t.session(), t.sessions(sessions)
	key := t.key("a")
	t.must("create", writer.Create(t.ctx, key, []byte("-1")))
	for i := range rounds {
		t.must("set", writer.Set(t.ctx, key, []byte(strconv.Itoa(i))))
		for _, s := range readers {
			t.must("sync", s.Sync(t.ctx))
			got, err := s.Get(t.ctx, key)
			t.must("get", err)
			if string(got) != strconv.Itoa(i) {
				t.failf("after a sync a session reads %s, and %d was acknowledged before", got, i)
			}
		}
	}
	return "", fmt.Sprintf("%d reads after a sync, all current", sessions*rounds)
}

// consistency tries what the driver declares of its reads.
func consistency(t *trial) (string, string) {
	switch t.guarantees.Reads {
	case driver.Linearizable:
		return linearizable(t)
	case driver.Sequential:
		return sequential(t)
	}
	return "stale", "as declared"
}

const (
	historyFor     = 3 * time.Second
	historyOps     = 500 // of each client, as deciding takes longer the longer the history is
	historyClients = 5
	historyKeys    = 3
	decideWithin   = 30 * time.Second
)

// linearizable records what concurrent sessions ask of few keys.
func linearizable(t *trial) (string, string) {
	history := NewHistory()
	ops := []sample.Op{sample.OpCreate, sample.OpSet, sample.OpSet, sample.OpDelete, sample.OpGet, sample.OpGet, sample.OpGet, sample.OpGet}
	if t.claims.Can(sample.OpPut) {
		ops = append(ops, sample.OpPut)
	}
	end := time.Now().Add(historyFor)
	var failed collector
	var group sync.WaitGroup
	for i, s := range t.sessions(historyClients) {
		client, random := history.Client(s), rand.New(rand.NewPCG(3, uint64(i)))
		group.Go(func() {
			for n := 0; n < historyOps && time.Now().Before(end); n++ {
				key := string(t.key(strconv.Itoa(random.IntN(historyKeys))))
				op := ops[random.IntN(len(ops))]
				switch err := client.Do(t.ctx, op, key, fmt.Sprintf("%d-%d", i, n)); driver.Classify(err) {
				case sample.OK, sample.Exists, sample.NotFound:
				default:
					failed.add(fmt.Errorf("%s: %w", op, err))
				}
			}
		})
	}
	group.Wait()
	t.must("an operation of the history", failed.first)
	t.must("check of the history", history.Linearizable(decideWithin))
	operations, _ := history.Count()
	return "linearizable", fmt.Sprintf("a history of %d operations of %d sessions", operations, historyClients)
}

// sequential: a session never sees an older state after a newer one, and its
// own writes at once.
func sequential(t *trial) (string, string) {
	writer, readers := t.session(), t.sessions(4)
	key := t.key("a")
	t.must("create", writer.Create(t.ctx, key, []byte("0")))
	for _, s := range readers {
		t.current(s)
	}
	ctx, cancel := context.WithTimeout(t.ctx, historyFor)
	defer cancel()
	var group errgroup.Group
	group.Go(func() error {
		for i := 1; ctx.Err() == nil; i++ {
			if err := writer.Set(t.ctx, key, []byte(strconv.Itoa(i))); err != nil {
				return fmt.Errorf("set: %w", err)
			}
			got, err := writer.Get(t.ctx, key)
			if err != nil || string(got) != strconv.Itoa(i) {
				return fmt.Errorf("a session wrote %d and then read %q (%w)", i, got, err)
			}
		}
		return nil
	})
	reads := make([]int, len(readers))
	for r, s := range readers {
		group.Go(func() error {
			for last := 0; ctx.Err() == nil; reads[r]++ {
				got, err := s.Get(t.ctx, key)
				if err != nil {
					return fmt.Errorf("get: %w", err)
				}
				n, err := strconv.Atoi(string(got))
				if err != nil || n < last {
					return fmt.Errorf("a session read %q after %d", got, last)
				}
				last = n
			}
			return nil
		})
	}
	t.must("reads that go with one writer", group.Wait())
	total := 0
	for _, n := range reads {
		total += n
	}
	return "sequential", fmt.Sprintf("%d reads beside one writer", total)
}

// cancellation: an operation ends with its context, and its session lives on.
func cancellation(t *trial) (string, string) {
	s := t.session()
	t.must("create", s.Create(t.ctx, t.key("a"), []byte("1")))
	for range 5 {
		ctx, cancel := context.WithCancel(t.ctx)
		cancel()
		if _, err := s.Get(ctx, t.key("a")); err == client.ErrDeaf { //nolint:errorlint // our own, not wrapped
			t.failf("%v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	for deadline := time.Now().Add(eventWithin); ; time.Sleep(20 * time.Millisecond) {
		_, err := s.Get(t.ctx, t.key("a"))
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.failf("after operations were cancelled the session serves no more: %v", err)
		}
	}
	return sound, "operations end with their context, and the session serves on"
}
