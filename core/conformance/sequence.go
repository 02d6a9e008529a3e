package conformance

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/benchctl/benchctl/core/client"
	"golang.org/x/sync/errgroup"
)

// number returns what a sequential key ends in.
func (t *trial) number(key string, prefix []byte) int64 {
	digits, ok := strings.CutPrefix(key, string(prefix))
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		t.failf("create sequential returned %q: want %s and a number", key, prefix)
	}
	return n
}

func sequence(t *trial) (string, string) {
	all := t.sessions(3)
	prefix := t.key("s-")
	last := int64(-1)
	for i := range 30 {
		s := all[i%len(all)]
		key, err := s.CreateSequential(t.ctx, prefix, []byte(strconv.Itoa(i)))
		t.must("create sequential", err)
		n := t.number(key, prefix)
		if n <= last {
			t.failf("number %d was given after %d had been acknowledged", n, last)
		}
		last = n
		if got := t.value(all[(i+1)%len(all)], []byte(key)); got != strconv.Itoa(i) {
			t.failf("%s has the value %q instead of %d", key, got, i)
		}
	}
	return "unique and increasing", "30 keys of 3 sessions in turn"
}

func sequenceConcurrent(t *trial) (string, string) {
	return "unique and increasing", t.crowd(func(s *client.Session, _ int, prefix []byte) (string, error) {
		return s.CreateSequential(t.ctx, prefix, nil)
	})
}

// crowd has sessions create numbered keys at once, and says what it tried.
func (t *trial) crowd(create func(s *client.Session, n int, prefix []byte) (string, error)) string {
	const sessions, keys = 5, 20
	prefix := t.key("s-")
	given := make([][]string, sessions)
	var group errgroup.Group
	for i, s := range t.sessions(sessions) {
		group.Go(func() error {
			for n := range keys {
				key, err := create(s, n, prefix)
				if err != nil {
					return err
				}
				given[i] = append(given[i], key)
			}
			return nil
		})
	}
	t.must("create sequential", group.Wait())
	seen := map[string]bool{}
	for _, mine := range given {
		last := int64(-1)
		for _, key := range mine {
			n := t.number(key, prefix)
			if n <= last {
				t.failf("a session was given number %d after %d", n, last)
			}
			if seen[key] {
				t.failf("%s was given twice", key)
			}
			seen[key], last = true, n
		}
	}
	if got := t.list(t.session(), t.key("")); len(got) != sessions*keys {
		t.failf("%d keys were acknowledged, %d are there", sessions*keys, len(got))
	}
	return fmt.Sprintf("%d keys of %d sessions at once", sessions*keys, sessions)
}
