package zookeeper

// Abandon cuts the line and lets no other be dialled. The request to close the
// session, without which the client library does not end, goes nowhere.
func (s *session) Abandon() error {
	s.mu.Lock()
	closed, line := s.closed, s.line
	s.closed, s.abandoned = true, true
	s.mu.Unlock()
	if closed {
		return nil
	}
	close(s.done)
	s.guard.Release()
	if line != nil {
		line.cut()
	}
	s.zk().Close()
	if line != nil {
		line.Close() // the client library does not, while it opens a session
	}
	return nil
}
