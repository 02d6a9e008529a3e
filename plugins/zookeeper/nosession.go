package zookeeper

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
)

// noSession says why no session was opened: what was seen, and what it may be.
func (s *session) noSession() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	hungUp := s.hungUp || ended(s.dialed)
	if s.dialed != nil && !hungUp {
		return s.dialed
	}
	seen := "it accepts connections and opens no session"
	may := []string{"it has lost the majority of its ensemble"}
	if hungUp {
		seen = "it accepts connections and ends them before a session is open"
		may = append(may, fmt.Sprintf("it has as many connections of this address as it takes (maxClientCnxns, 60 by default; this is session %d)", s.number+1))
	} else {
		may = append(may, "it is too busy")
	}
	if s.store.tls == nil {
		may = append(may, "it speaks TLS (see the option zookeeper.tls-ca)")
	} else {
		may = append(may, "it speaks no TLS")
	}
	return fmt.Errorf("%s: perhaps %s", seen, strings.Join(may, ", or "))
}

// readEnded hears how reading from a server ended.
func (s *session) readEnded(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.reached && ended(err) {
		s.hungUp = true
	}
}

// ended reports whether an error is that the server has ended the connection.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) }
