package conformance

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
)

// vanishWithin is how soon an ephemeral key should be gone after its session
// was closed in order, or was given up.
const vanishWithin = 5 * time.Second

func ephemeralVanishes(t *trial) (string, string) {
	observer, closing, living := t.session(), t.session(), t.session()
	mine, others := t.key("mine"), t.key("others")
	t.must("create ephemeral", closing.CreateEphemeral(t.ctx, mine, []byte("1")))
	t.must("create ephemeral", living.CreateEphemeral(t.ctx, others, []byte("2")))
	t.want("create ephemeral of a present key", living.CreateEphemeral(t.ctx, mine, nil), driver.ErrExists)
	if got := t.value(observer, mine); got != "1" {
		t.failf("another session reads %q from an ephemeral key of 1", got)
	}
	t.must("set of an ephemeral key", closing.Set(t.ctx, mine, []byte("3")))
	t.must("set of another session's ephemeral key", observer.Set(t.ctx, mine, []byte("4")))
	t.must("create", closing.Create(t.ctx, t.key("lasting"), nil))
	t.must("close", closing.Close())
	t.vanish(observer, mine, vanishWithin, "its session was closed")
	if got := t.value(observer, others); got != "2" {
		t.failf("the ephemeral key of another session has the value %q", got)
	}
	t.value(observer, t.key("lasting"))
	return "lives as long as its session", "it vanishes when its session is closed, and others do not"
}

// vanish waits until a key is gone.
func (t *trial) vanish(observer *client.Session, key []byte, within time.Duration, since string) {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		t.current(observer)
		_, err := observer.Get(t.ctx, key)
		if driver.Classify(err) == sample.NotFound {
			return
		}
		t.must("get", err)
		if time.Since(began) > within {
			t.failf("the ephemeral key %s is still there %v after %s", key, within, since)
		}
	}
}

// sessionTimeout returns the silence after which the store gives a session up,
// if the plugin has an option that says so.
func (t *trial) sessionTimeout() (time.Duration, bool) {
	for _, o := range t.claims.Options {
		if o.Name != driver.OptionSessionTimeout {
			continue
		}
		text, ok := t.subject.Setup.Options[o.Name]
		if !ok {
			text = o.Default
		}
		timeout, err := time.ParseDuration(text)
		t.must("session-timeout", err)
		return timeout, true
	}
	return 0, false
}

// ephemeralStays waits past the session's timeout, in which a driver must have
// given signs of life.
func ephemeralStays(t *trial) (string, string) {
	wait := 2 * time.Second
	if timeout, ok := t.sessionTimeout(); ok {
		wait = timeout * 3 / 2
	}
	observer, owner := t.session(), t.session()
	key := t.key("a")
	t.must("create ephemeral", owner.CreateEphemeral(t.ctx, key, []byte("1")))
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got := t.value(observer, key); got != "1" {
			t.failf("the ephemeral key of a session that lives has the value %q", got)
		}
	}
	return "", fmt.Sprintf("it stays while its session lives: watched for %v", wait)
}

// ephemeralSequence has two sessions take turns, and lasting keys with numbers
// among theirs.
func ephemeralSequence(t *trial) (string, string) {
	const rounds = 8
	observer, leaving, living := t.session(), t.session(), t.session()
	prefix := t.key("s-")
	last := int64(-1)
	var left, kept []string
	numbered := func(create func(ctx context.Context, prefix, value []byte) (string, error)) string {
		value := strconv.Itoa(len(left) + len(kept))
		key, err := create(t.ctx, prefix, []byte(value))
		t.must("create with a number", err)
		n := t.number(key, prefix)
		if n <= last {
			t.failf("number %d was given after %d had been acknowledged", n, last)
		}
		last = n
		if got := t.value(observer, []byte(key)); got != value {
			t.failf("%s has the value %q instead of %s", key, got, value)
		}
		return key
	}
	for range rounds {
		left = append(left, numbered(leaving.CreateEphemeralSequential))
		kept = append(kept, numbered(living.CreateEphemeralSequential))
		if t.claims.Can(sample.OpCreateSequential) {
			kept = append(kept, numbered(leaving.CreateSequential))
		}
	}
	t.must("close", leaving.Close())
	for _, key := range left {
		t.vanish(observer, []byte(key), vanishWithin, "its session was closed")
	}
	slices.Sort(kept)
	if got := t.list(observer, t.key("")); !slices.Equal(got, kept) {
		t.failf("after a session was closed, %s are there; %s should be", brief(got), brief(kept))
	}
	return "numbered too", fmt.Sprintf("%d keys of two sessions in turn; those of the one that was closed vanished", len(left)+len(kept))
}

// ephemeralSequenceShared: the numbers are unique among all keys of a prefix.
func ephemeralSequenceShared(t *trial) (string, string) {
	lasting := t.claims.Can(sample.OpCreateSequential)
	detail := t.crowd(func(s *client.Session, n int, prefix []byte) (string, error) {
		if lasting && n%4 == 3 {
			return s.CreateSequential(t.ctx, prefix, nil)
		}
		return s.CreateEphemeralSequential(t.ctx, prefix, nil)
	})
	return "numbered too", detail
}

// abandon: a dead client's keys stay until the store gives its session up.
func abandon(t *trial) (string, string) {
	timeout, ok := t.sessionTimeout()
	if !ok {
		t.failf("there is no option session-timeout, which says how long an abandoned session lives: see Abandoner")
	}
	observer, dying, living, idle := t.session(), t.session(), t.session(), t.session()
	mine, others := t.key("mine"), t.key("others")
	t.must("create ephemeral", living.CreateEphemeral(t.ctx, others, []byte("2")))
	t.must("create", dying.Create(t.ctx, t.key("lasting"), []byte("3")))
	t.must("create ephemeral", dying.CreateEphemeral(t.ctx, mine, []byte("1"))) // a sign of life
	t.must("abandon", dying.Abandon())
	began := time.Now()
	t.must("close of an abandoned session", dying.Close())
	var stayed time.Duration
	for {
		t.current(observer)
		_, err := observer.Get(t.ctx, mine)
		stayed = time.Since(began)
		if driver.Classify(err) == sample.NotFound {
			break
		}
		t.must("get", err)
		if stayed > timeout+vanishWithin {
			t.failf("the key of an abandoned session is still there after %v, with a session timeout of %v", stayed.Round(time.Millisecond), timeout)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if stayed < timeout/2 {
		t.failf("the key of an abandoned session was gone after %v, with a session timeout of %v: the store was told", stayed.Round(time.Millisecond), timeout)
	}
	for key, want := range map[string]string{"others": "2", "lasting": "3"} {
		if got := t.value(observer, t.key(key)); got != want {
			t.failf("after another session was abandoned, the key %s has the value %q instead of %s", key, got, want)
		}
	}
	t.must("operation beside an abandoned session", living.Set(t.ctx, others, []byte("4")))
	t.must("abandon of a session without ephemeral keys", idle.Abandon())
	t.must("close of an abandoned session", idle.Close())
	return "until its timeout if abandoned",
		fmt.Sprintf("gone %v after its client, with a session timeout of %v", stayed.Round(10*time.Millisecond), timeout)
}
