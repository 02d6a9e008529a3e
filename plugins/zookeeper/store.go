package zookeeper

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/benchctl/benchctl/core/driver"
)

const (
	askWithin        = 5 * time.Second
	secureWithin     = 5 * time.Second  // a line that stands is secured by TLS
	externalPatience = 10 * time.Second // for ensembles that should serve already
	openEvery        = 50 * time.Millisecond
)

// store is an ensemble. Every session has a connection of its own.
type store struct {
	setup          driver.Setup
	tls            *tls.Config
	user, password string
	acl            []zk.ACL // of what the sessions create

	mu   sync.Mutex
	tell func(driver.Incident)
}

// Open returns once the ensemble serves writes.
func (zookeeper) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	s := &store{setup: setup, acl: zk.WorldACL(zk.PermAll), tell: func(driver.Incident) {}}
	var err error
	if s.tls, err = setup.TLS(); err != nil {
		return nil, err
	}
	if s.user, s.password, err = setup.Credentials(name); err != nil {
		return nil, err
	}
	if s.user != "" {
		s.acl = zk.AuthACL(zk.PermAll)
	}
	if setup.External {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, externalPatience)
		defer cancel()
	}
	for {
		err := s.knock(ctx)
		var refused refusedError
		switch {
		case err == nil:
			return s, nil
		case errors.As(err, &refused):
			return nil, fmt.Errorf("zookeeper at %s: %w", strings.Join(setup.Endpoints, ", "), err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no ZooKeeper server serves at %s: %w: are they running, and a majority of them?", strings.Join(setup.Endpoints, ", "), err)
		case <-time.After(openEvery):
		}
	}
}

// refusedError is what trying again does not mend.
type refusedError struct{ error }

// Everything that benchctl writes lies below root.
const root = "/benchctl"

// knock opens a session and creates a key. A wrong password shows only there:
// the server takes any, as the name of somebody who may do little.
func (s *store) knock(ctx context.Context) error {
	opened, err := s.session(ctx, 0)
	if err != nil {
		return err
	}
	defer opened.Close()
	err = opened.CreateEphemeral(ctx, fmt.Appendf(nil, "%s/open-%d", root, opened.zk().SessionID()), nil)
	if errors.Is(err, zk.ErrNoAuth) {
		if s.user == "" {
			return refusedError{fmt.Errorf("it needs a user and password to write below %s: see the option zookeeper.credentials", root)}
		}
		return refusedError{fmt.Errorf("it refuses the user or password, or lets this user write nothing below %s: see the option zookeeper.credentials", root)}
	}
	return err
}

// Session connects to one server: sessions go to them in turn, and to the next
// one when theirs is lost.
func (s *store) Session(ctx context.Context, thread int) (driver.Session, error) {
	return s.session(ctx, thread)
}

func (s *store) session(ctx context.Context, first int) (*session, error) {
	opened := newSession(s, first)
	if err := opened.connect(ctx); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// dial opens a connection to a server, with TLS where that is asked for.
func (s *store) dial(_, address string, within time.Duration) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", address, within)
	if err != nil || s.tls == nil {
		return conn, err
	}
	config := s.tls.Clone()
	if config.ServerName == "" {
		if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	secured := tls.Client(conn, config)
	ctx, cancel := context.WithTimeout(context.Background(), secureWithin)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secured, nil
}

// refusal makes a refused error of one that lies in TLS.
func refusal(err error) error {
	if err != nil && (strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "x509: ")) {
		text, _, _ := strings.Cut(err.Error(), " (possibly because of ") // says nothing more
		return refusedError{fmt.Errorf("%s: see the options zookeeper.tls-ca, zookeeper.tls-cert and zookeeper.tls-key", text)}
	}
	return err
}

// Version asks a server for its version by a four-letter word.
func (s *store) Version(ctx context.Context) (string, error) {
	var err error
	for _, endpoint := range s.setup.Endpoints {
		var answer string
		if answer, err = s.ask(ctx, endpoint, "srvr"); err != nil {
			continue
		}
		if _, version, ok := strings.Cut(answer, "Zookeeper version: "); ok {
			version, _, _ = strings.Cut(version, ",")
			version, _, _ = strings.Cut(version, "-")
			return "ZooKeeper " + version, nil
		}
	}
	if s.setup.External {
		return "", nil // an ensemble may be set to answer no such words
	}
	return "", fmt.Errorf("no server says its version: %w", err)
}

func (s *store) ask(ctx context.Context, endpoint, word string) (string, error) {
	conn, err := s.dial("tcp", endpoint, askWithin)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(askWithin)); err != nil {
		return "", err
	}
	if _, err := conn.Write([]byte(word)); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

// Notify takes whom to tell of lost sessions.
func (s *store) Notify(tell func(driver.Incident)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell = tell
}

func (s *store) incident(kind driver.IncidentKind, server, detail string) {
	s.mu.Lock()
	tell := s.tell
	s.mu.Unlock()
	tell(driver.Incident{Kind: kind, Node: server, Detail: detail})
}

// Close has nothing to release: connections are the sessions'.
func (s *store) Close() error { return nil }

// turns is the order in which a session tries the servers.
type turns struct {
	servers []string
	mu      sync.Mutex
	next    int
	tried   int // since the last success
}

func newTurns(servers []string, first int) *turns {
	return &turns{servers: slices.Clone(servers), next: first % len(servers)}
}

// Init is handed the servers in another order, which does not matter.
func (t *turns) Init([]string) error { return nil }

// Len returns the number of servers.
func (t *turns) Len() int { return len(t.servers) }

// Next returns the server to try; wait is true when all were tried in vain.
func (t *turns) Next() (server string, wait bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	server = t.servers[t.next]
	t.next = (t.next + 1) % len(t.servers)
	wait = t.tried > 0 && t.tried%len(t.servers) == 0
	t.tried++
	return server, wait
}

// Connected notes a success.
func (t *turns) Connected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tried = 0
}
