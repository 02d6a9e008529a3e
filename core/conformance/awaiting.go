package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/driver"
)

// waits is what is proven of waits for one key.
const waits = "waits for one key"

// wait is a wait that goes on beside the case.
type wait struct {
	trial *trial
	what  string
	over  chan error
}

// until begins a wait.
func (t *trial) until(ctx context.Context, what string, s *client.Session, await func(*client.Session, context.Context, []byte) error, key []byte) wait {
	t.current(s)
	w := wait{t, what, make(chan error, 1)}
	go func() { w.over <- await(s, ctx, key) }()
	return w
}

// present and absent are the two waits.
var (
	present = (*client.Session).AwaitPresent
	absent  = (*client.Session).AwaitAbsent
)

// ended fails unless the wait comes to its end soon, without an error.
func (w wait) ended() {
	select {
	case err := <-w.over:
		w.trial.must(w.what, err)
	case <-time.After(eventWithin):
		w.trial.failf("%s has not ended %v after it should have", w.what, eventWithin)
	}
}

// goesOn fails if the wait ends within a time.
func (w wait) goesOn(within time.Duration) {
	select {
	case err := <-w.over:
		w.trial.failf("%s ended with the result %q, and nothing had happened", w.what, driver.Classify(err))
	case <-time.After(within):
	}
}

func await(t *trial) (string, string) {
	s, other, key := t.session(), t.session(), t.key("a")
	t.until(t.ctx, "a wait for the absence of an absent key", s, absent, key).ended()
	w := t.until(t.ctx, "a wait for a key to be present", s, present, key)
	w.goesOn(quiet)
	t.must("create", other.Create(t.ctx, t.key("ab"), nil))
	t.must("create", other.Create(t.ctx, t.key("a-"), nil))
	w.goesOn(quiet)
	t.must("create", other.Create(t.ctx, key, []byte("1")))
	w.ended()
	t.until(t.ctx, "a wait for the presence of a present key", s, present, key).ended()
	w = t.until(t.ctx, "a wait for a key to be absent", s, absent, key)
	w.goesOn(quiet)
	t.must("set", other.Set(t.ctx, key, []byte("2")))
	t.must("delete", other.Delete(t.ctx, t.key("ab")))
	t.must("set", other.Set(t.ctx, key, []byte("3")))
	w.goesOn(quiet)
	t.must("delete", other.Delete(t.ctx, key))
	w.ended()
	t.must("operation of a session that has waited", s.Create(t.ctx, key, nil))
	t.must("operation of a session that has waited", s.Delete(t.ctx, key))
	return waits, "to be present and to be absent, and what is so already"
}

// awaitMany: one change ends every wait for it.
func awaitMany(t *trial) (string, string) {
	const sessions = 10
	writer, key := t.session(), t.key("a")
	all := t.sessions(sessions)
	for _, step := range []struct {
		what   string
		await  func(*client.Session, context.Context, []byte) error
		change func() error
	}{
		{"to be present", present, func() error { return writer.Create(t.ctx, key, nil) }},
		{"to be absent", absent, func() error { return writer.Delete(t.ctx, key) }},
		{"to be present again", present, func() error { return writer.Create(t.ctx, key, nil) }},
	} {
		var waiting []wait
		for _, s := range all {
			waiting = append(waiting, t.until(t.ctx, fmt.Sprintf("a wait of %d sessions for a key %s", sessions, step.what), s, step.await, key))
		}
		waiting[0].goesOn(quiet)
		t.must("change of a key that is waited for", step.change())
		for _, w := range waiting {
			w.ended()
		}
	}
	return waits, fmt.Sprintf("%d sessions at once", sessions)
}

// awaitRecreated: a key that is gone for a moment has been absent. As nobody
// tells when a wait has begun, there are some such moments.
func awaitRecreated(t *trial) (string, string) {
	s, other, key := t.session(), t.session(), t.key("a")
	t.must("create", other.Create(t.ctx, key, nil))
	w := t.until(t.ctx, "a wait for the absence of a key that is created again at once", s, absent, key)
	w.goesOn(quiet)
	for moments := 5; moments > 0 && len(w.over) == 0; moments-- {
		t.must("delete", other.Delete(t.ctx, key))
		t.must("create", other.Create(t.ctx, key, nil))
		time.Sleep(quiet)
	}
	w.ended()
	w = t.until(t.ctx, "a wait for the absence of a key that was created again", s, absent, key)
	w.goesOn(quiet)
	t.must("delete", other.Delete(t.ctx, key))
	w.ended()
	return waits, "a key that is gone for a moment"
}

// awaitCancelled: a wait ends with its context, and leaves the session as it
// was.
func awaitCancelled(t *trial) (string, string) {
	s, other, key := t.session(), t.session(), t.key("a")
	for round := range 3 {
		ctx, cancel := context.WithCancel(t.ctx)
		w := t.until(ctx, "a wait", s, present, key)
		w.goesOn(quiet)
		cancel()
		err := <-w.over
		if errors.Is(err, client.ErrDeaf) {
			t.failf("%v", err)
		}
		t.want("a wait whose context was cancelled", err, context.Canceled)
		t.must("operation after a wait that was cancelled", s.Create(t.ctx, t.key(fmt.Sprint(round)), nil))
	}
	w := t.until(t.ctx, "a wait after others that were cancelled", s, present, key)
	w.goesOn(quiet)
	t.must("create", other.Create(t.ctx, key, nil))
	w.ended()
	ended, cancel := context.WithCancel(t.ctx)
	cancel()
	if err := s.AwaitAbsent(ended, key); err == nil || errors.Is(err, client.ErrDeaf) {
		t.failf("a wait whose context had ended before it began came to %v", err)
	}
	t.must("operation after a wait that was cancelled", s.Delete(t.ctx, key))
	return waits, "a wait ends with its context, and its session serves on"
}

// awaitLong waits for longer than an operation may take.
func awaitLong(t *trial) (string, string) {
	setup := t.subject.Setup
	setup.Timeout = min(setup.Timeout, 2*time.Second)
	store, err := t.subject.Plugin.Open(t.ctx, setup)
	t.must("open the store", err)
	defer store.HangUp()
	s, err := store.Session(t.ctx)
	t.must("open a session", err)
	other, key := t.session(), t.key("a")
	w := t.until(t.ctx, fmt.Sprintf("a wait, where operations may take %v,", setup.Timeout), s, present, key)
	w.goesOn(setup.Timeout + time.Second)
	t.must("create", other.Create(t.ctx, key, nil))
	w.ended()
	t.must("operation after a long wait", s.Delete(t.ctx, key))
	return waits, fmt.Sprintf("for %v, where an operation may take %v", setup.Timeout+time.Second, setup.Timeout)
}
