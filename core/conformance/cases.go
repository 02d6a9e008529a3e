package conformance

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/sample"
)

// testCase is one thing that a driver must do. run returns what was proven of
// the function, in the same words for every driver that does it, and what was
// tried.
type testCase struct {
	name     string
	function Function
	needs    func(protocol.Description) bool // nil: every driver has it
	run      func(t *trial) (proven, detail string)
}

func offers(op sample.Op) func(protocol.Description) bool {
	return func(d protocol.Description) bool { return d.Can(op) }
}

func has(c driver.Capability) func(protocol.Description) bool {
	return func(d protocol.Description) bool { return d.Has(c) }
}

// abandons: what becomes of an abandoned session shows only in its ephemeral
// keys.
func abandons(d protocol.Description) bool {
	return d.Has(driver.CapabilityAbandon) && d.Can(sample.OpCreateEphemeral)
}

// cases is the suite.
var cases = []testCase{
	{"create", Create, nil, create},
	{"set", Set, nil, set},
	{"delete", Delete, nil, remove},
	{"get", Get, nil, get},
	{"values", Get, nil, values},
	{"list", List, nil, list},
	{"put", Put, offers(sample.OpPut), put},
	{"compare-and-set", CompareAndSet, has(driver.CapabilityCompareAndSet), compareAndSet},
	{"compare-and-set-contended", CompareAndSet, has(driver.CapabilityCompareAndSet), compareAndSetContended},
	{"transaction", Transaction, has(driver.CapabilityTransaction), transaction},
	{"transaction-readers", Transaction, has(driver.CapabilityTransaction), transactionReaders},
	{"transaction-contended", Transaction, has(driver.CapabilityTransaction), transactionContended},
	{"ephemeral-vanishes", Ephemeral, offers(sample.OpCreateEphemeral), ephemeralVanishes},
	{"ephemeral-stays", Ephemeral, offers(sample.OpCreateEphemeral), ephemeralStays},
	{"ephemeral-sequence", Ephemeral, has(driver.CapabilityEphemeralSequential), ephemeralSequence},
	{"ephemeral-sequence-shared", Ephemeral, has(driver.CapabilityEphemeralSequential), ephemeralSequenceShared},
	{"abandon", Ephemeral, abandons, abandon},
	{"sequence", Sequence, offers(sample.OpCreateSequential), sequence},
	{"sequence-concurrent", Sequence, offers(sample.OpCreateSequential), sequenceConcurrent},
	{"watch", Watch, has(driver.CapabilityWatch), watch},
	{"watch-burst", Watch, has(driver.CapabilityWatch), watchBurst},
	{"watch-values", Watch, has(driver.CapabilityWatch), watchValues},
	{"watch-ends", Watch, has(driver.CapabilityWatch), watchEnds},
	{"await", Watch, has(driver.CapabilityAwait), await},
	{"await-many", Watch, has(driver.CapabilityAwait), awaitMany},
	{"await-recreated", Watch, has(driver.CapabilityAwait), awaitRecreated},
	{"await-cancelled", Watch, has(driver.CapabilityAwait), awaitCancelled},
	{"await-long", Watch, has(driver.CapabilityAwait), awaitLong},
	{"sync", Reads, has(driver.CapabilitySync), syncs},
	{"consistency", Reads, nil, consistency},
	{"isolation", Conduct, nil, isolation},
	{"cancellation", Conduct, nil, cancellation},
	{"close-twice", Conduct, nil, closeTwice},
	{"guarantees", Conduct, nil, declares},
	{"counting", Conduct, nil, counting},
}

func create(t *trial) (string, string) {
	s, other, key := t.session(), t.session(), t.key("a")
	t.must("create", s.Create(t.ctx, key, []byte("1")))
	t.want("create of a present key", s.Create(t.ctx, key, []byte("2")), driver.ErrExists)
	t.want("create of a present key by another session", other.Create(t.ctx, key, []byte("3")), driver.ErrExists)
	if got := t.value(other, key); got != "1" {
		t.failf("a create that failed changed the value from 1 to %s", got)
	}
	return "fails if present", ""
}

func set(t *trial) (string, string) {
	s, key := t.session(), t.key("a")
	t.want("set of an absent key", s.Set(t.ctx, key, []byte("1")), driver.ErrNotFound)
	t.absent(s, key)
	t.must("create", s.Create(t.ctx, key, []byte("1")))
	for _, v := range []string{"2", "a longer value", ""} {
		t.must("set", s.Set(t.ctx, key, []byte(v)))
		if got := t.value(s, key); got != v {
			t.failf("after set to %q the value is %q", v, got)
		}
	}
	return "fails if absent", ""
}

func remove(t *trial) (string, string) {
	s, key := t.session(), t.key("a")
	t.want("delete of an absent key", s.Delete(t.ctx, key), driver.ErrNotFound)
	t.must("create", s.Create(t.ctx, key, []byte("1")))
	t.must("create", s.Create(t.ctx, t.key("ab"), []byte("2")))
	t.must("delete", s.Delete(t.ctx, key))
	t.absent(s, key)
	if got := t.value(s, t.key("ab")); got != "2" {
		t.failf("delete of one key changed another to %q", got)
	}
	t.want("second delete", s.Delete(t.ctx, key), driver.ErrNotFound)
	t.must("create after delete", s.Create(t.ctx, key, []byte("3")))
	if got := t.value(s, key); got != "3" {
		t.failf("a key that was created again has the value %q", got)
	}
	return "fails if absent", ""
}

func get(t *trial) (string, string) {
	s, other := t.session(), t.session()
	t.absent(s, t.key("a"))
	t.must("create", s.Create(t.ctx, t.key("a"), []byte("1")))
	for _, reader := range []*client.Session{s, other} {
		if got := t.value(reader, t.key("a")); got != "1" {
			t.failf("get returned %q, and 1 was written", got)
		}
	}
	t.absent(other, t.key("b"))
	return "fails if absent", ""
}

// values must come back as they were given, whatever becomes of the caller's
// buffer.
func values(t *trial) (string, string) {
	s := t.session()
	big := make([]byte, 64<<10)
	source := rand.New(rand.NewPCG(1, 2))
	for i := range big {
		big[i] = byte(source.Uint32())
	}
	for name, value := range map[string][]byte{"empty": {}, "zeros": {0, 0, 0}, "text": []byte("ä\n\x00b"), "big": big} {
		t.must("create with a value of "+name, s.Create(t.ctx, t.key(name), bytes.Clone(value)))
		if got := t.value(s, t.key(name)); got != string(value) {
			t.failf("the value %q came back altered: %d bytes were written, %d read (a driver must not keep the slices it is handed)", name, len(value), len(got))
		}
	}
	return "", "any bytes, up to 64 KiB of them"
}

func list(t *trial) (string, string) {
	s := t.session()
	if got := t.list(s, t.key("nothing/")); len(got) != 0 {
		t.failf("list of what is not there returned %v", got)
	}
	var want []string
	for i := range 25 {
		key := t.key(fmt.Sprintf("d/%02d", (i*7)%25))
		want = append(want, string(key))
		t.must("create", s.Create(t.ctx, key, nil))
	}
	for _, neighbour := range []string{"d2/x", "c/x", "dd"} {
		t.must("create", s.Create(t.ctx, t.key(neighbour), nil))
	}
	slices.Sort(want)
	got := t.list(s, t.key("d/"))
	if !slices.Equal(got, want) {
		t.failf("list returned %s; want %s", brief(got), brief(want))
	}
	t.must("delete", s.Delete(t.ctx, []byte(want[3])))
	if got := t.list(s, t.key("d/")); !slices.Equal(got, slices.Delete(want, 3, 4)) {
		t.failf("after a delete, list returned %s", brief(got))
	}
	return "whole keys, ascending", ""
}

// brief shows keys without filling the screen.
func brief(keys []string) string {
	if len(keys) > 6 {
		return fmt.Sprintf("%d keys, %v …", len(keys), keys[:6])
	}
	return fmt.Sprint(keys)
}

func put(t *trial) (string, string) {
	s, key := t.session(), t.key("a")
	for _, v := range []string{"1", "2"} {
		t.must("put", s.Put(t.ctx, key, []byte(v)))
		if got := t.value(s, key); got != v {
			t.failf("after put of %s the value is %q", v, got)
		}
	}
	t.want("create of a key that was put", s.Create(t.ctx, key, nil), driver.ErrExists)
	return "present or absent", ""
}

func compareAndSet(t *trial) (string, string) {
	s, other, key := t.session(), t.session(), t.key("a")
	_, err := s.CompareAndSet(t.ctx, key, []byte("0"), 1)
	t.want("compare-and-set of an absent key", err, driver.ErrNotFound)
	_, _, err = s.GetVersion(t.ctx, key)
	t.want("get of the version of an absent key", err, driver.ErrNotFound)
	t.must("create", s.Create(t.ctx, key, []byte("1")))
	t.current(s)
	value, first, err := s.GetVersion(t.ctx, key)
	t.must("get version", err)
	if string(value) != "1" {
		t.failf("get version returned the value %q instead of 1", value)
	}
	second, err := s.CompareAndSet(t.ctx, key, []byte("2"), first)
	t.must("compare-and-set on the version read", err)
	_, err = other.CompareAndSet(t.ctx, key, []byte("3"), first)
	t.want("compare-and-set on a version that has passed", err, driver.ErrConflict)
	_, err = other.CompareAndSet(t.ctx, key, []byte("4"), second)
	t.must("compare-and-set on the version that compare-and-set returned", err)
	if got := t.value(s, key); got != "4" {
		t.failf("after compare-and-set to 4 the value is %q", got)
	}
	return "fails if changed", ""
}

// compareAndSetContended counts with many sessions: no count may be lost.
func compareAndSetContended(t *trial) (string, string) {
	const sessions, counts = 4, 15
	key := t.key("counter")
	all := t.sessions(sessions)
	t.must("create", all[0].Create(t.ctx, key, []byte("0")))
	for _, s := range all {
		t.current(s)
	}
	var group errgroup.Group
	for _, s := range all {
		t.current(s)
		group.Go(func() error {
			for n := 0; n < counts; {
				text, version, err := s.GetVersion(t.ctx, key)
				if err != nil {
					return fmt.Errorf("get version: %w", err)
				}
				count, err := strconv.Atoi(string(text))
				if err != nil {
					return err
				}
				switch _, err = s.CompareAndSet(t.ctx, key, []byte(strconv.Itoa(count+1)), version); {
				case err == nil:
					n++
				case driver.Classify(err) != sample.Conflict:
					return fmt.Errorf("compare-and-set: %w", err)
				}
			}
			return nil
		})
	}
	t.must("counting", group.Wait())
	if got := t.value(all[0], key); got != strconv.Itoa(sessions*counts) {
		t.failf("%d sessions counted to %d each, and the counter is at %s", sessions, counts, got)
	}
	return "fails if changed", fmt.Sprintf("none of %d counts of %d sessions lost", sessions*counts, sessions)
}

// sound is what is proven of a plugin's conduct.
const sound = "sound"

// isolation: what sessions do at the same time does not mix.
func isolation(t *trial) (string, string) {
	const sessions, rounds = 8, 20
	all := t.sessions(sessions)
	var group errgroup.Group
	for i, s := range all {
		group.Go(func() error {
			key := t.key(fmt.Sprintf("%d", i))
			if err := s.Create(t.ctx, key, []byte("x")); err != nil {
				return err
			}
			for n := range rounds {
				want := fmt.Sprintf("%d-%d", i, n)
				if err := s.Set(t.ctx, key, []byte(want)); err != nil {
					return err
				}
				got, err := s.Get(t.ctx, key)
				if err != nil {
					return err
				}
				if string(got) != want {
					return fmt.Errorf("session %d wrote %s and read %q: sessions are mixed up", i, want, got)
				}
				if err := s.Create(t.ctx, key, nil); driver.Classify(err) != sample.Exists {
					return fmt.Errorf("create of a present key ended as %v", driver.Classify(err))
				}
			}
			return nil
		})
	}
	t.must("operations of sessions beside each other", group.Wait())
	t.must("close", all[0].Close())
	for i, s := range all[1:] {
		if got, want := t.value(s, t.key("0")), fmt.Sprintf("0-%d", rounds-1); got != want {
			t.failf("after another session was closed, session %d reads %q instead of %s", i+1, got, want)
		}
	}
	return sound, fmt.Sprintf("what %d sessions do does not mix", sessions)
}

func closeTwice(t *trial) (string, string) {
	s, other := t.session(), t.session()
	t.must("create", s.Create(t.ctx, t.key("a"), nil))
	t.must("close", s.Close())
	t.must("second close of a session", s.Close())
	t.value(other, t.key("a"))
	t.must("close", other.Close())
	t.must("close of the store", t.store.Close())
	t.must("second close of the store", t.store.Close())
	return sound, "sessions and store"
}

// declares: what is archived beside every figure must be said.
func declares(t *trial) (string, string) {
	g := t.guarantees
	if !slices.Contains([]driver.Durability{driver.DurableFsync, driver.DurableMemory}, g.Durability) {
		t.failf("durability %q is declared: it should be fsync or memory", g.Durability)
	}
	if !slices.Contains([]driver.Consistency{driver.Linearizable, driver.Sequential, driver.Stale}, g.Reads) {
		t.failf("reads %q are declared: they should be linearizable, sequential or stale", g.Reads)
	}
	if t.claims.Summary == "" || t.claims.Version == "" {
		t.failf("the description lacks a summary or a version")
	}
	for _, o := range t.claims.Options {
		if o.Help == "" {
			t.failf("the option %s has no help", o.Name)
		}
	}
	return sound, fmt.Sprintf("durability %s, %s reads", g.Durability, g.Reads)
}

// collector takes what several goroutines find wrong.
type collector struct {
	mu    sync.Mutex
	first error
}

func (c *collector) add(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		c.first = err
	}
}
