package memory

import (
	"context"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

// delayOption makes every operation take longer by a known time, as a check of
// what finds differences.
var delayOption = driver.Option{
	Name: "delay", Type: driver.Duration, Default: "0s",
	Help: "how much longer every operation takes; it is waited for on the processor, as no timer is so exact",
}

// slow is a store whose operations take longer.
type slow struct {
	*store
	delay time.Duration
}

func (s slow) Session(context.Context, int) (driver.Session, error) {
	return &slowSession{session{store: s.store}, s.delay}, nil
}

type slowSession struct {
	session
	delay time.Duration
}

func (s *slowSession) wait() {
	end := time.Now().Add(s.delay)
	for time.Now().Before(end) {
		continue
	}
}

func (s *slowSession) Create(ctx context.Context, key, value []byte) error {
	s.wait()
	return s.session.Create(ctx, key, value)
}

func (s *slowSession) Set(ctx context.Context, key, value []byte) error {
	s.wait()
	return s.session.Set(ctx, key, value)
}

func (s *slowSession) Get(ctx context.Context, key []byte) ([]byte, error) {
	s.wait()
	return s.session.Get(ctx, key)
}

func (s *slowSession) Delete(ctx context.Context, key []byte) error {
	s.wait()
	return s.session.Delete(ctx, key)
}

func (s *slowSession) List(ctx context.Context, prefix []byte) ([]string, error) {
	s.wait()
	return s.session.List(ctx, prefix)
}
