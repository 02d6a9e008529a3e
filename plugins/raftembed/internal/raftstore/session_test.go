package raftstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOperations(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		a, b := []byte("/d/a"), []byte("/d/b")
		// More sessions than nodes, so that some speak to followers.
		for thread := range 4 {
			s := r.session(thread)
			v := []byte(fmt.Sprint("v", thread))
			version := func() int64 {
				_, version, err := s.Get(ctx, a)
				if err != nil {
					t.Fatal(err)
				}
				return version
			}
			steps := []struct {
				name string
				do   func() error
				want Class
			}{
				{"set absent", func() error { return s.Set(ctx, a, v) }, NotFound},
				{"delete absent", func() error { return s.Delete(ctx, a) }, NotFound},
				{"create", func() error { return s.Create(ctx, a, v) }, OK},
				{"create present", func() error { return s.Create(ctx, a, v) }, Exists},
				{"put absent", func() error { return s.Put(ctx, b, v) }, OK},
				{"put present", func() error { return s.Put(ctx, b, v) }, OK},
				{"set", func() error { return s.Set(ctx, a, []byte("set")) }, OK},
				{"compare-and-set", func() error { _, err := s.CompareAndSet(ctx, a, v, version()); return err }, OK},
				{"compare-and-set stale", func() error { _, err := s.CompareAndSet(ctx, a, v, version()-1); return err }, Conflict},
				{"compare-and-set absent", func() error { _, err := s.CompareAndSet(ctx, []byte("/no"), v, 1); return err }, NotFound},
				{"sync", func() error { return s.Sync(ctx) }, OK},
			}
			for _, step := range steps {
				if err := step.do(); classOf(err) != step.want {
					t.Errorf("session %d, %s: error %v, want %v", thread, step.name, err, step.want)
				}
			}
			if got, _, err := s.Get(ctx, a); string(got) != string(v) || err != nil {
				t.Errorf("session %d: get: %q, %v", thread, got, err)
			}
			if got, err := s.List(ctx, []byte("/d/")); !slices.Equal(got, []string{"/d/a", "/d/b"}) || err != nil {
				t.Errorf("session %d: list: %v, %v", thread, got, err)
			}
			if err := errors.Join(s.Delete(ctx, a), s.Delete(ctx, b)); err != nil {
				t.Errorf("session %d: delete: %v", thread, err)
			}
			if _, _, err := s.Get(ctx, a); classOf(err) != NotFound {
				t.Errorf("session %d: get absent: %v", thread, err)
			}
		}
	})
}

func TestEphemeralKeysLiveAsLongAsTheirSession(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		observer, closing, dying, living := r.session(0), r.session(1), r.session(2), r.session(3)
		for i, s := range []*Session{closing, dying, living} {
			if err := s.CreateEphemeral(ctx, []byte(fmt.Sprintf("/e/%d", i)), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := closing.CreateEphemeral(ctx, []byte("/e/1"), nil); classOf(err) != Exists {
			t.Errorf("create-ephemeral present: %v", err)
		}
		if err := closing.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := observer.List(ctx, []byte("/e/")); !slices.Equal(got, []string{"/e/1", "/e/2"}) || err != nil {
			t.Errorf("after close: %v, %v", got, err)
		}
		dying.leave() // no sign of life from now on
		until(t, "the key of a client that died has vanished", func() bool {
			got, err := observer.List(ctx, []byte("/e/"))
			return slices.Equal(got, []string{"/e/2"}) && err == nil
		})
		if err := dying.CreateEphemeral(ctx, []byte("/e/9"), nil); classOf(err) != Unavailable {
			t.Errorf("create-ephemeral in an expired session: %v", err)
		}
		time.Sleep(living.timeout * 3 / 2)
		if got, err := observer.List(ctx, []byte("/e/")); !slices.Equal(got, []string{"/e/2"}) || err != nil {
			t.Errorf("of a session that lives: %v, %v", got, err)
		}
	})
}

func TestSequentialKeysAreUniqueAndGrow(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const sessions, keys = 6, 50
		all := make([][]string, sessions)
		var group sync.WaitGroup
		for i := range sessions {
			s := r.session(i)
			group.Go(func() {
				for range keys {
					key, err := s.CreateSequential(t.Context(), []byte("/q/s-"), nil)
					if err != nil {
						t.Error(err)
						return
					}
					all[i] = append(all[i], key)
				}
			})
		}
		group.Wait()
		seen := map[string]bool{}
		for i, mine := range all {
			if !slices.IsSorted(mine) {
				t.Errorf("session %d: keys do not grow: %v", i, mine)
			}
			for _, key := range mine {
				if seen[key] {
					t.Errorf("%s was given twice", key)
				}
				seen[key] = true
			}
		}
		if got, err := r.session(0).List(t.Context(), []byte("/q/")); len(got) != sessions*keys || err != nil {
			t.Errorf("%d keys, %v", len(got), err)
		}
	})
}

func TestWatchSeesEveryChangeInOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		changes, err := r.session(1).Watch(ctx, []byte("/w/"))
		if err != nil {
			t.Fatal(err)
		}
		events := make(chan Change, 1024)
		go func() {
			defer close(events)
			for c := range changes {
				events <- c
			}
		}()
		const n = 100
		writer := r.session(0)
		for i := range n {
			key := []byte(fmt.Sprintf("/w/%03d", i))
			if err := errors.Join(writer.Create(ctx, key, nil), writer.Put(ctx, []byte("/other"), nil), writer.Set(ctx, key, nil), writer.Delete(ctx, key)); err != nil {
				t.Fatal(err)
			}
			if i == n/2 && len(r.configs) > 1 { // goes on over the loss of the leader
				r.kill(r.leader().Name)
				r.elect()
				for writer.Sync(ctx) != nil { // the connection that was lost costs one operation
					time.Sleep(10 * time.Millisecond)
				}
			}
		}
		for i := range n {
			for _, kind := range []ChangeKind{Created, Changed, Deleted} {
				select {
				case got := <-events:
					if want := fmt.Sprintf("/w/%03d", i); got.Kind != kind || got.Key != want || got.Missed != 0 {
						t.Fatalf("got %+v, want %s of %s", got, kind, want)
					}
				case <-time.After(time.Minute):
					t.Fatalf("no event for %s of key %d", kind, i)
				}
			}
		}
		cancel()
		for range events { // it ends
		}
	})
}

// scripted is a requester whose watch is told what it hands over.
type scripted struct {
	requester
	told func(take func([]change, int) bool)
}

func (s *scripted) do(context.Context, *command) result { return result{} }

func (s *scripted) watch(_ context.Context, _ string, _ int64, take func([]change, int) bool) {
	s.told(take)
}

func (s *scripted) close() {}

func TestAWatchTellsAllThatItMissed(t *testing.T) {
	to := &scripted{told: func(take func([]change, int) bool) {
		take(nil, 3) // none of its keys is among those that are left
		take([]change{{kind: Created, key: "/a"}, {kind: Deleted, key: "/a"}}, 2)
	}}
	s := &Session{requester: to, dial: func() requester { return to }, living: t.Context()}
	changes, err := s.Watch(t.Context(), []byte("/"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{{Kind: Created, Key: "/a", Missed: 5}, {Kind: Deleted, Key: "/a"}}
	if diff := cmp.Diff(want, slices.Collect(changes)); diff != "" {
		t.Error(diff)
	}
}

func TestReadsOfTheOwnNodeSeeOwnWritesInTheEnd(t *testing.T) {
	t.Parallel()
	r := deploy(t, 3, served)
	r.client.Local = true
	writer, reader := r.session(0), r.session(1)
	if err := writer.Create(t.Context(), []byte("/k"), []byte("0")); err != nil {
		t.Fatal(err)
	}
	last := -1
	for i := 1; last < 200; i++ {
		if i <= 200 {
			if err := writer.Set(t.Context(), []byte("/k"), []byte(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		got, _, err := reader.Get(t.Context(), []byte("/k"))
		if classOf(err) == NotFound && last < 0 {
			continue // late, which is allowed
		}
		now := 0
		if _, scanErr := fmt.Sscan(string(got), &now); err != nil || scanErr != nil {
			t.Fatal(err, scanErr)
		}
		if now < last {
			t.Fatalf("read %d after %d", now, last)
		}
		last = now
	}
}
