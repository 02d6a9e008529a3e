package conformance

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
)

// largestTransaction is how many keys a driver must take.
const largestTransaction = 100

// present creates keys with one value, and makes sessions see them.
func (t *trial) present(n int, value string, sessions ...*client.Session) [][]byte {
	var keys [][]byte
	for i := range n {
		key := t.key(fmt.Sprintf("%03d", i))
		t.must("create", sessions[0].Create(t.ctx, key, []byte(value)))
		keys = append(keys, key)
	}
	for _, s := range sessions {
		t.current(s)
	}
	return keys
}

// setAll gives every key the same value.
func (t *trial) setAll(s *client.Session, keys [][]byte, value string) error {
	return s.SetAll(t.ctx, keys, slices.Repeat([][]byte{[]byte(value)}, len(keys)))
}

func transaction(t *trial) (string, string) {
	s, other := t.session(), t.session()
	keys := t.present(largestTransaction, "0", s, other)
	values := make([][]byte, len(keys))
	for i := range values {
		values[i] = bytes.Repeat([]byte{byte(i)}, i)
	}
	t.must(fmt.Sprintf("transaction of %d keys", len(keys)), s.SetAll(t.ctx, keys, values))
	for i, key := range keys {
		if got := t.value(other, key); got != string(values[i]) {
			t.failf("a transaction set key %d to %q, and it has the value %q", i, values[i], got)
		}
	}
	few := keys[:3]
	t.must("transaction", t.setAll(s, few, "before"))
	absent := t.key("absent")
	for place := range len(few) + 1 {
		err := t.setAll(s, slices.Insert(slices.Clone(few), place, absent), "after")
		t.want(fmt.Sprintf("transaction whose key %d is absent", place), err, driver.ErrNotFound)
		for i, key := range few {
			if got := t.value(other, key); got != "before" {
				t.failf("a transaction failed, as its key %d is absent, and another key, %d, has the value %q", place, i, got)
			}
		}
		t.absent(other, absent)
	}
	t.must("operation after transactions that failed", s.Set(t.ctx, few[0], nil))
	if t.claims.Can(sample.OpCreateEphemeral) {
		t.ephemeralInTransaction(s, few)
	}
	return "all or none", fmt.Sprintf("%d keys; of one that failed nothing was set", len(keys))
}

// ephemeralInTransaction: a key that a transaction sets stays its session's.
func (t *trial) ephemeralInTransaction(s *client.Session, keys [][]byte) {
	owner, key := t.session(), t.key("ephemeral")
	t.must("create ephemeral", owner.CreateEphemeral(t.ctx, key, nil))
	t.must("transaction with an ephemeral key", t.setAll(s, append(slices.Clone(keys), key), "1"))
	t.must("close", owner.Close())
	t.vanish(s, key, vanishWithin, "its session was closed")
}

// transactionReaders: keys are only ever set together, to a count. Who has read
// a count at one key must not read an older one at another.
func transactionReaders(t *trial) (string, string) {
	const keyCount, readers, leastWrites, leastReads = 4, 3, 150, 450
	if t.guarantees.Reads == driver.Stale {
		return "", "not seen by readers, whose reads may go back in time"
	}
	writer, all := t.session(), t.sessions(readers)
	keys := t.present(keyCount, "0", append([]*client.Session{writer}, all...)...)
	var over atomic.Bool
	var reads, writes atomic.Int64
	group, failed := errgroup.WithContext(t.ctx)
	group.Go(func() error {
		defer over.Store(true)
		for failed.Err() == nil && (writes.Load() < leastWrites || reads.Load() < leastReads) {
			if err := t.setAll(writer, keys, strconv.FormatInt(writes.Add(1), 10)); err != nil {
				return fmt.Errorf("transaction: %w", err)
			}
		}
		return nil
	})
	for i, s := range all {
		random := rand.New(rand.NewPCG(5, uint64(i)))
		group.Go(func() error {
			for last, at := 0, 0; !over.Load(); reads.Add(1) {
				next := random.IntN(keyCount)
				text, err := s.Get(t.ctx, keys[next])
				if err != nil {
					return fmt.Errorf("get: %w", err)
				}
				n, err := strconv.Atoi(string(text))
				if err != nil || n < last {
					return fmt.Errorf("a session read %d at key %d and then %q at key %d, which are only set together", last, at, text, next)
				}
				last, at = n, next
			}
			return nil
		})
	}
	t.must("reads beside transactions", group.Wait())
	return "all or none", fmt.Sprintf("%d reads beside %d transactions saw none half done", reads.Load(), writes.Load())
}

// transactionContended: of transactions on the same keys at once, one is last
// on all of them.
func transactionContended(t *trial) (string, string) {
	const keyCount, writers, rounds = 4, 4, 15
	all := t.sessions(writers)
	keys := t.present(keyCount, "0", all...)
	for round := range rounds {
		var group errgroup.Group
		for i, s := range all {
			group.Go(func() error {
				mine := slices.Clone(keys)
				if i%2 == 1 {
					slices.Reverse(mine)
				}
				return t.setAll(s, mine, fmt.Sprintf("%d-%d", round, i))
			})
		}
		t.must("transactions on the same keys", group.Wait())
		first := t.value(all[0], keys[0])
		for _, key := range keys[1:] {
			if got := t.value(all[0], key); got != first {
				t.failf("%d transactions set all keys at once; then one key had the value %s, and another %s", writers, first, got)
			}
		}
	}
	return "all or none", fmt.Sprintf("%d times %d transactions at once on the same keys", rounds, writers)
}
