package conformance

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

// quiet is how long a watch must be silent for all to have come.
const (
	eventWithin = 10 * time.Second
	quiet       = 300 * time.Millisecond
)

// watch makes one change at a time: each must be seen before the next is made.
func watch(t *trial) (string, string) {
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	watcher, writer := t.session(), t.session()
	t.must("create", writer.Create(t.ctx, t.key("w/before"), nil))
	t.current(watcher)
	events, err := watcher.Watch(ctx, t.key("w/"))
	t.must("watch", err)
	key := t.key("w/a")
	for round := range 5 {
		for _, change := range []struct {
			kind driver.WatchType
			make func() error
		}{
			{driver.Created, func() error { return writer.Create(t.ctx, key, []byte("1")) }},
			{driver.Changed, func() error { return writer.Set(t.ctx, key, []byte("2")) }},
			{driver.Deleted, func() error { return writer.Delete(t.ctx, key) }},
		} {
			t.must("create outside of the watch", writer.Create(t.ctx, t.key(fmt.Sprintf("w%d-%s", round, change.kind)), nil))
			t.must(string(change.kind), change.make())
			t.saw(events, change.kind, key)
		}
	}
	return "", "15 changes, each seen before the next was made"
}

// saw fails unless the next event of a watch is a certain change, and returns
// the value that it carries.
func (t *trial) saw(events <-chan driver.WatchEvent, kind driver.WatchType, key []byte) []byte {
	select {
	case got, ok := <-events:
		if !ok {
			t.failf("the watch has ended by itself")
		}
		if got.Type != kind || got.Key != string(key) || got.Missed != 0 {
			t.failf("the watch saw %s, and the change made was %s of %s", told(got), kind, key)
		}
		return got.Value
	case <-time.After(eventWithin):
		t.failf("a change (%s) was not seen within %v", kind, eventWithin)
	}
	return nil
}

// told shows an event without its value, which may be long.
func told(e driver.WatchEvent) string {
	return fmt.Sprintf("%s of %s after %d missed, with a value of %d bytes", e.Type, e.Key, e.Missed, len(e.Value))
}

// watchValues: an event carries what the key has become.
func watchValues(t *trial) (string, string) {
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	watcher, writer := t.session(), t.session()
	t.must("create", writer.Create(t.ctx, t.key("w/before"), nil))
	t.current(watcher)
	events, err := watcher.Watch(ctx, t.key("w/"))
	t.must("watch", err)
	key := t.key("w/a")
	carries := func(kind driver.WatchType, value []byte, err error) {
		t.must(string(kind), err)
		if got := t.saw(events, kind, key); !bytes.Equal(got, value) {
			t.failf("an event (%s) carries %d bytes that are not the %d which were written", kind, len(got), len(value))
		}
	}
	values := [][]byte{[]byte("1"), {}, []byte("ä\n\x00b"), bytes.Repeat([]byte("big "), 16<<10), []byte("2")}
	for _, first := range values {
		carries(driver.Created, first, writer.Create(t.ctx, key, first))
		for _, value := range values {
			carries(driver.Changed, value, writer.Set(t.ctx, key, value))
		}
		carries(driver.Deleted, nil, writer.Delete(t.ctx, key))
	}
	return "with the value", fmt.Sprintf("%d changes, up to 64 KiB", len(values)*(len(values)+2))
}

// watchBurst makes changes as fast as it can. A watch of a driver that declares
// it may miss some of them, but not the state that they lead to.
func watchBurst(t *trial) (string, string) {
	const keys = 40
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	watcher, writer := t.session(), t.session()
	t.must("create", writer.Create(t.ctx, t.key("w/a"), nil))
	t.current(watcher)
	events, err := watcher.Watch(ctx, t.key("w/"))
	t.must("watch", err)
	var made []driver.WatchEvent
	change := func(kind driver.WatchType, key, value []byte, err error) {
		t.must(string(kind), err)
		made = append(made, driver.WatchEvent{Type: kind, Key: string(key), Value: value})
	}
	for i := range keys {
		key, one, count := t.key(fmt.Sprintf("w/%03d", i)), []byte("1"), []byte(fmt.Sprint(i))
		change(driver.Created, key, nil, writer.Create(t.ctx, key, nil))
		change(driver.Changed, key, one, writer.Set(t.ctx, key, one))
		change(driver.Changed, t.key("w/a"), count, writer.Set(t.ctx, t.key("w/a"), count))
		if i%2 == 0 {
			change(driver.Deleted, key, nil, writer.Delete(t.ctx, key))
		}
	}
	seen, missed := t.gather(events, len(made))
	if t.claims.WatchCoalesces {
		t.inOrder(made, seen)
		if len(seen)+missed > len(made) {
			t.failf("%d changes were made; the watch saw %d and says that it missed %d", len(made), len(seen), missed)
		}
		return "the latest state, counts known gaps", fmt.Sprintf("%d changes: %d seen, %d counted as missed, %d unknown to it", len(made), len(seen), missed, len(made)-len(seen)-missed)
	}
	if len(seen) != len(made) {
		t.failf("%d changes were made; the watch saw %d and says that it missed %d", len(made), len(seen), missed)
	}
	for i := range made {
		if !same(seen[i], made[i]) || !bytes.Equal(seen[i].Value, made[i].Value) {
			t.failf("change %d was %s, and the watch saw %s: the order is not that of the changes", i, told(made[i]), told(seen[i]))
		}
	}
	return "every change, in order", fmt.Sprintf("%d changes", len(made))
}

// same compares what happened to which key.
func same(a, b driver.WatchEvent) bool { return a.Type == b.Type && a.Key == b.Key }

// gather takes events until all changes are accounted for and nothing else
// comes.
func (t *trial) gather(events <-chan driver.WatchEvent, changes int) (seen []driver.WatchEvent, missed int) {
	patience := eventWithin
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.failf("the watch has ended by itself")
			}
			missed += e.Missed
			e.Missed = 0
			seen = append(seen, e)
		case <-time.After(patience):
			return seen, missed
		}
		if len(seen)+missed >= changes {
			patience = quiet
		}
	}
}

// inOrder fails unless the events of each key come in the order in which the
// key was changed, though some may be missing, and the last is the last change.
func (t *trial) inOrder(made, seen []driver.WatchEvent) {
	at, last := map[string]int{}, map[string]driver.WatchEvent{}
	for _, e := range seen {
		i := at[e.Key]
		for i < len(made) && !same(made[i], e) {
			i++
		}
		if i == len(made) {
			t.failf("the watch saw %s, which was not made then", told(e))
		}
		at[e.Key], last[e.Key] = i+1, e
	}
	ends := map[string]driver.WatchEvent{}
	for _, e := range made {
		ends[e.Key] = e
	}
	for key, end := range ends {
		saw, ok := last[key]
		if !ok && end.Type == driver.Deleted {
			continue // it came and went between two looks
		}
		if !ok || (saw.Type == driver.Deleted) != (end.Type == driver.Deleted) {
			t.failf("the last that the watch saw of %s is %q, and the last change was %q", key, saw.Type, end.Type)
		}
		if !bytes.Equal(saw.Value, end.Value) {
			t.failf("the last that the watch saw of %s carries %q, and it was left with %q", key, saw.Value, end.Value)
		}
	}
}

// watchEnds: a watch ends with its context, and others go on.
func watchEnds(t *trial) (string, string) {
	watcher, writer := t.session(), t.session()
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	t.must("create", writer.Create(t.ctx, t.key("w/z"), nil))
	t.current(watcher)
	first, err := watcher.Watch(ctx, t.key("w/"))
	t.must("watch", err)
	other, stop := context.WithCancel(t.ctx)
	defer stop()
	second, err := watcher.Watch(other, t.key("w/"))
	t.must("second watch", err)
	cancel()
	deadline := time.After(eventWithin)
	for open := true; open; {
		select {
		case _, open = <-first:
		case <-deadline:
			t.failf("the channel of a watch is still open %v after its context ended", eventWithin)
		}
	}
	t.must("create", writer.Create(t.ctx, t.key("w/a"), nil))
	select {
	case e := <-second:
		if e.Key != string(t.key("w/a")) {
			t.failf("the other watch saw %+v", e)
		}
	case <-time.After(eventWithin):
		t.failf("with one watch the other has ended")
	}
	t.must("operation of a session that watches", watcher.Set(t.ctx, t.key("w/a"), []byte("1")))
	return "", "a watch ends with its context, and another goes on"
}
