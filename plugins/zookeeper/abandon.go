package zookeeper

import (
	"crypto/tls"
	"net"
	"sync"
)

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
	s.guard.release()
	if line != nil {
		line.cut()
	}
	s.zk().Close()
	return nil
}

// line is the connection to a server. One that was cut takes no more words, but
// does not tell its reader, who would connect again, until it is closed.
type line struct {
	net.Conn
	severed chan struct{}
	closed  chan struct{}
	closing sync.Once
}

func newLine(conn net.Conn) *line {
	return &line{Conn: conn, severed: make(chan struct{}), closed: make(chan struct{})}
}

// cut ends the TCP connection as the death of its client does: TLS says no
// goodbye either.
func (l *line) cut() {
	close(l.severed)
	raw := l.Conn
	if secured, ok := raw.(*tls.Conn); ok {
		raw = secured.NetConn()
	}
	raw.Close()
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if err != nil {
		select {
		case <-l.severed:
			<-l.closed
		default:
		}
	}
	return n, err
}

func (l *line) Write(b []byte) (int, error) {
	select {
	case <-l.severed:
		return 0, net.ErrClosed
	default:
		return l.Conn.Write(b)
	}
}

func (l *line) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return l.Conn.Close()
}
