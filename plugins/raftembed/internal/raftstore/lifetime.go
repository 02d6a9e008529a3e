package raftstore

import (
	"context"
	"time"
)

// open makes the session known to the cluster, which a session that owns
// nothing does not need, and keeps it alive from then on.
func (s *Session) open(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id != 0 {
		return nil
	}
	r := s.do(ctx, &command{kind: kindOpenSession, version: int64(s.timeout)})
	if err := r.failure(); err != nil {
		return err
	}
	s.id = uint64(r.version)
	s.alive.Go(s.keepAlive)
	return nil
}

func (s *Session) keepAlive() {
	to := s.dial()
	defer to.close()
	tick := time.NewTicker(s.timeout / 5)
	defer tick.Stop()
	for {
		select {
		case <-s.living.Done():
			return
		case <-tick.C:
			to.do(s.living, &command{kind: kindKeepAlive, session: s.id}) // a failed one is followed by the next
		}
	}
}

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.living.Done() }

// Close ends the session, and with it its ephemeral keys.
func (s *Session) Close() error {
	return s.end(func() error {
		return s.write(context.Background(), &command{kind: kindCloseSession, session: s.id})
	})
}

// Abandon ends the signs of life, and leaves the rest to the leader.
func (s *Session) Abandon() error { return s.end(func() error { return nil }) }

// end ends the session here, once, and then does what is to be done where the
// cluster knows of it.
func (s *Session) end(part func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.leave()
	s.alive.Wait()
	defer s.close()
	if s.id == 0 {
		return nil
	}
	return part()
}
