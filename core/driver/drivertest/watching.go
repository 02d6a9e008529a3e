package drivertest

import (
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
			want := driver.WatchEvent{Type: change.kind, Key: string(key)}
			select {
			case got, ok := <-events:
				if !ok {
					t.failf("the watch has ended by itself")
				}
				if got.Key != want.Key || got.Type != want.Type || got.Missed != want.Missed {
					t.failf("the watch saw %+v, and the change made was %+v", got, want)
				}
			case <-time.After(eventWithin):
				t.failf("a change (%s) was not seen within %v", change.kind, eventWithin)
			}
		}
	}
	return "", "15 changes, each seen before the next was made"
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
	change := func(kind driver.WatchType, key []byte, err error) {
		t.must(string(kind), err)
		made = append(made, driver.WatchEvent{Type: kind, Key: string(key)})
	}
	for i := range keys {
		key := t.key(fmt.Sprintf("w/%03d", i))
		change(driver.Created, key, writer.Create(t.ctx, key, nil))
		change(driver.Changed, key, writer.Set(t.ctx, key, []byte("1")))
		change(driver.Changed, t.key("w/a"), writer.Set(t.ctx, t.key("w/a"), []byte(fmt.Sprint(i))))
		if i%2 == 0 {
			change(driver.Deleted, key, writer.Delete(t.ctx, key))
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
		if seen[i].Key != made[i].Key || seen[i].Type != made[i].Type {
			t.failf("change %d was %+v, and the watch saw %+v: the order is not that of the changes", i, made[i], seen[i])
		}
	}
	return "every change, in order", fmt.Sprintf("%d changes", len(made))
}

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
	at, last := map[string]int{}, map[string]driver.WatchType{}
	for _, e := range seen {
		i := at[e.Key]
		for i < len(made) && made[i].Key != e.Key || made[i].Type != e.Type {
			i++
		}
		if i == len(made) {
			t.failf("the watch saw %+v, which was not made then", e)
		}
		at[e.Key], last[e.Key] = i+1, e.Type
	}
	ends := map[string]driver.WatchType{}
	for _, e := range made {
		ends[e.Key] = e.Type
	}
	for key, end := range ends {
		saw, ok := last[key]
		if !ok && end == driver.Deleted {
			continue // it came and went between two looks
		}
		if !ok || (saw == driver.Deleted) != (end == driver.Deleted) {
			t.failf("the last that the watch saw of %s is %q, and the last change was %q", key, saw, end)
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
