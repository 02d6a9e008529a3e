package zookeeper

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/benchctl/benchctl/core/driver"
)

// watchBuffer is how many changes may wait for their reader.
const watchBuffer = 1024

// watch follows the znodes below a directory with one-shot watches: one on the
// children of each directory and one on the data of each key. Each has to be
// set again after it fired, by reading anew; the counters that ZooKeeper keeps
// (of a directory's creations and deletions, of a key's changes) then tell
// what happened between two looks, which is reported as missed.
type watch struct {
	session *session
	dirs    map[string]*dirSeen
	keys    map[string]*keySeen
	missed  int // not reported yet

	looking map[string]zk.EventType // the paths of the look under way

	mu    sync.Mutex
	dirty map[string]zk.EventType // paths whose watch has fired
	all   bool                    // everything is to be read again
	wake  chan struct{}
}

// dirSeen is a directory as it was when last looked at.
type dirSeen struct {
	children map[string]bool
	changes  int32 // creations and deletions of children, since its creation
}

// keySeen is a key as it was when last looked at.
type keySeen struct {
	created int64 // the transaction that created it
	version int32 // changes of its data since
}

// Watch reports changes below a directory from its return on.
func (s *session) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	dir := strings.TrimSuffix(string(prefix), "/")
	w := &watch{
		session: s, dirs: map[string]*dirSeen{}, keys: map[string]*keySeen{},
		dirty: map[string]zk.EventType{}, wake: make(chan struct{}, 1),
	}
	s.mu.Lock()
	s.watches[w] = struct{}{}
	s.mu.Unlock()
	// Events of the first look are what is there already.
	if err := w.first(ctx, dir); err != nil {
		w.end()
		return nil, err
	}
	events := make(chan driver.WatchEvent, watchBuffer)
	go func() {
		defer close(events)
		defer w.end()
		w.follow(ctx, events)
	}()
	return events, nil
}

func (w *watch) end() {
	w.session.mu.Lock()
	defer w.session.mu.Unlock()
	delete(w.session.watches, w)
}

// first makes the directory if it is missing, as what is not there cannot be
// watched for children, and looks at all that is below.
func (w *watch) first(ctx context.Context, dir string) error {
	s := w.session
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := s.sync(dir)
	if err == nil {
		err = s.makeParent(dir)
	}
	if err == nil {
		_, err = w.lookDir(dir)
	}
	w.missed = 0
	return s.end(err)
}

// touched notes that a watch has fired, or was lost.
func (w *watch) touched(e zk.Event) {
	w.mu.Lock()
	if e.Type == zk.EventNotWatching {
		w.all = true
	} else if known, ok := w.dirty[e.Path]; !ok || known != zk.EventNodeDataChanged {
		w.dirty[e.Path] = e.Type
	}
	w.mu.Unlock()
	w.signal()
}

// touchAll has everything read again.
func (w *watch) touchAll() {
	w.mu.Lock()
	w.all = true
	w.mu.Unlock()
	w.signal()
}

func (w *watch) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// follow looks again wherever a watch fired, until ctx ends.
func (w *watch) follow(ctx context.Context, events chan<- driver.WatchEvent) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.session.done:
			return
		case <-w.wake:
		}
		for _, e := range w.look(ctx) {
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}
}

// look reads what has changed and returns the events that explain it. What is
// lost to a broken connection stays to be looked at.
func (w *watch) look(ctx context.Context) []driver.WatchEvent {
	w.mu.Lock()
	dirty, all := w.dirty, w.all
	w.dirty, w.all = map[string]zk.EventType{}, false
	w.mu.Unlock()
	if all {
		for dir := range w.dirs {
			dirty[dir] = zk.EventNodeChildrenChanged
		}
		for key := range w.keys {
			if _, ok := dirty[key]; !ok {
				dirty[key] = zk.EventNotWatching
			}
		}
	}
	w.looking = dirty
	paths := make([]string, 0, len(dirty))
	for znode := range dirty {
		paths = append(paths, znode)
	}
	slices.Sort(paths) // directories before what lies in them
	var events []driver.WatchEvent
	for _, znode := range paths {
		seen, err := w.lookAt(znode, dirty[znode])
		events = append(events, seen...)
		if err != nil && ctx.Err() == nil {
			w.mu.Lock()
			w.dirty[znode] = dirty[znode]
			w.mu.Unlock()
			w.session.pause(ctx)
			w.signal()
		}
	}
	if len(events) > 0 && w.missed > 0 {
		events[0].Missed += w.missed
		w.missed = 0
	}
	return events
}

func (w *watch) lookAt(znode string, why zk.EventType) ([]driver.WatchEvent, error) {
	if w.dirs[znode] != nil {
		return w.lookDir(znode)
	}
	if w.keys[znode] != nil {
		return w.lookKey(znode, why)
	}
	return nil, nil
}

// lookDir reads a directory's children, and those that are new.
func (w *watch) lookDir(dir string) ([]driver.WatchEvent, error) {
	names, stat, _, err := w.session.zk().ChildrenW(dir)
	if err != nil && !errors.Is(err, zk.ErrNoNode) {
		return nil, err
	}
	before := w.dirs[dir]
	first := before == nil
	if first {
		before = &dirSeen{}
	}
	now := &dirSeen{children: map[string]bool{}}
	if err == nil {
		now.changes = stat.Cversion
	} else {
		now.changes = before.changes // it is gone, with all that was in it
	}
	for _, name := range names {
		now.children[name] = true
	}
	w.dirs[dir] = now

	var events []driver.WatchEvent
	explained := int32(0)
	for name := range before.children {
		if now.children[name] {
			continue
		}
		explained++
		events = append(events, w.gone(path.Join(dir, name))...)
	}
	slices.SortFunc(names, strings.Compare)
	for i, name := range names {
		znode := path.Join(dir, name)
		var seen []driver.WatchEvent
		var err error
		switch {
		case !before.children[name]:
			explained++
			seen, err = w.appeared(znode, first)
		case w.keys[znode] != nil && w.keys[znode].created == 0:
			seen, err = w.lookKey(znode, zk.EventNodeCreated)
		}
		events = append(events, seen...)
		if err != nil { // what is new from here on is new again at the next look
			for _, later := range names[i:] {
				if !before.children[later] {
					delete(now.children, later)
					now.changes--
				}
			}
			return events, err
		}
	}
	if unexplained := now.changes - before.changes - explained; !first && unexplained > 0 {
		w.missed += int(unexplained)
	}
	return events, nil
}

// gone forgets a znode that is no longer there.
func (w *watch) gone(znode string) []driver.WatchEvent {
	if w.dirs[znode] != nil {
		delete(w.dirs, znode)
		return nil
	}
	if w.keys[znode] == nil {
		return nil
	}
	delete(w.keys, znode)
	e := driver.WatchEvent{Type: driver.Deleted, Key: znode}
	w.mu.Lock()
	if w.dirty[znode] == zk.EventNodeDataChanged || w.looking[znode] == zk.EventNodeDataChanged {
		e.Missed = 1 // at least: its watch fired for a change before the deletion
	}
	delete(w.dirty, znode)
	w.mu.Unlock()
	return []driver.WatchEvent{e}
}

// appeared sets a watch on a znode that is new.
func (w *watch) appeared(znode string, first bool) ([]driver.WatchEvent, error) {
	if path.Base(znode) == dirSign {
		return nil, nil
	}
	value, stat, _, err := w.session.zk().GetW(znode)
	switch {
	case errors.Is(err, zk.ErrNoNode): // and gone again, as its directory will tell
		w.keys[znode] = &keySeen{}
		return []driver.WatchEvent{{Type: driver.Created, Key: znode}}, nil
	case err != nil:
		return nil, err
	case string(value) == dirMark:
		return w.lookDir(znode)
	}
	w.keys[znode] = &keySeen{created: stat.Czxid, version: stat.Version}
	if first {
		return nil, nil
	}
	return created(znode, value, stat.Version), nil
}

// created is the events of a key that has had some changes since its creation.
// What it was created with is known only if there were none.
func created(znode string, value []byte, changes int32) []driver.WatchEvent {
	if changes == 0 {
		return []driver.WatchEvent{{Type: driver.Created, Key: znode, Value: value}}
	}
	return []driver.WatchEvent{
		{Type: driver.Created, Key: znode},
		{Type: driver.Changed, Key: znode, Value: value, Missed: int(changes) - 1},
	}
}

// lookKey reads a key whose watch has fired. That it was deleted, its
// directory tells.
func (w *watch) lookKey(znode string, why zk.EventType) ([]driver.WatchEvent, error) {
	value, stat, _, err := w.session.zk().GetW(znode)
	if errors.Is(err, zk.ErrNoNode) {
		if why == zk.EventNodeDataChanged { // kept until the directory is looked at
			w.mu.Lock()
			w.dirty[znode] = why
			w.mu.Unlock()
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	before := w.keys[znode]
	w.keys[znode] = &keySeen{created: stat.Czxid, version: stat.Version}
	if stat.Czxid != before.created {
		// It was deleted and created again: two changes that its directory
		// counts among those that it cannot explain.
		w.missed--
		return created(znode, value, stat.Version), nil
	}
	if changes := int(stat.Version - before.version); changes > 0 {
		return []driver.WatchEvent{{Type: driver.Changed, Key: znode, Value: value, Missed: changes - 1}}, nil
	}
	return nil, nil
}
