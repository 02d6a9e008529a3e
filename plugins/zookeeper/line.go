package zookeeper

import (
	"bufio"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// readAhead is how many bytes of a server's answers are read at once.
const readAhead = 4 << 10

// line is the connection to a server. One that was cut takes no more words, but
// does not tell its reader, who would connect again, until it is closed.
//
// The client library reads the length of an answer and then the answer, and sets
// and clears a deadline round each request. A line reads both at once, and moves
// a deadline only when it has changed by an eighth of what it leaves: the library
// sets one before whatever it waits for, so those that it clears may stay.
type line struct {
	net.Conn
	ahead   *bufio.Reader
	read    time.Time // deadline that is set
	write   time.Time // likewise
	severed chan struct{}
	closed  chan struct{}
	closing sync.Once
	ended   func(error) // is told how reading ended; nil: nobody is
}

func newLine(conn net.Conn) *line {
	return &line{Conn: conn, ahead: bufio.NewReaderSize(conn, readAhead), severed: make(chan struct{}), closed: make(chan struct{})}
}

// SetReadDeadline sets when a read ends, about.
func (l *line) SetReadDeadline(t time.Time) error {
	return moveDeadline(&l.read, t, l.Conn.SetReadDeadline)
}

// SetWriteDeadline sets when a write ends, about.
func (l *line) SetWriteDeadline(t time.Time) error {
	return moveDeadline(&l.write, t, l.Conn.SetWriteDeadline)
}

func moveDeadline(last *time.Time, t time.Time, set func(time.Time) error) error {
	if t.IsZero() || t.Sub(*last).Abs() < time.Until(t)/8 {
		return nil
	}
	*last = t
	return set(t)
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
	n, err := l.ahead.Read(b)
	if err != nil {
		if l.ended != nil {
			l.ended(err)
		}
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
