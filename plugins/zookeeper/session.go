package zookeeper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/benchctl/benchctl/core/driver"
)

// session is one ZooKeeper session on one connection.
type session struct {
	store  *store
	number int // of those of the store
	turns  *turns
	synced bool // reads are linearizable

	conn    atomic.Pointer[zk.Conn]
	guard   *driver.Guard
	givenUp atomic.Bool     // because an operation did not return
	made    map[string]bool // parents known to exist

	mu          sync.Mutex
	line        *line // beneath conn
	server      string
	established chan struct{} // closed when conn first has a session
	reached     bool
	lost        bool
	closed      bool
	abandoned   bool
	dialed      error // why the last dial failed
	hungUp      bool  // a server ended the connection on which no session was open yet
	watches     map[*watch]struct{}
	done        chan struct{}
}

func newSession(s *store, first int) *session {
	opened := &session{
		store: s, number: first, turns: newTurns(s.setup.Endpoints, first), synced: s.setup.Reads == driver.Linearizable,
		made: map[string]bool{}, watches: map[*watch]struct{}{}, done: make(chan struct{}),
	}
	opened.guard = driver.NewGuard(s.setup.Timeout, opened.breakOff)
	return opened
}

// zk returns the connection, which may have been renewed.
func (s *session) zk() *zk.Conn { return s.conn.Load() }

var silent = log.New(io.Discard, "", 0)

// connect starts a connection, which reconnects by itself from then on, and
// waits until it has a session.
func (s *session) connect(ctx context.Context) error {
	established := make(chan struct{})
	s.mu.Lock()
	s.established, s.reached, s.lost, s.hungUp = established, false, false, false
	s.mu.Unlock()
	conn, _, err := zk.Connect(s.turns.servers, s.store.setup.Duration(driver.OptionSessionTimeout),
		zk.WithHostProvider(s.turns), zk.WithDialer(s.dial), zk.WithEventCallback(s.event),
		zk.WithLogger(silent), zk.WithLogInfo(false))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.conn.Store(conn)
	closed := s.closed
	s.mu.Unlock()
	if closed { // meanwhile, by who knows no connection or only the one before
		conn.Close()
		return net.ErrClosed
	}
	failed := time.NewTicker(openEvery)
	defer failed.Stop()
	for {
		select {
		case <-established:
			if s.store.user == "" {
				return nil
			}
			return classify(conn.AddAuth("digest", []byte(s.store.user+":"+s.store.password)))
		case <-s.done:
			return net.ErrClosed
		case <-ctx.Done():
			return s.noSession()
		case <-failed.C:
			if err := s.dialError(); errors.As(err, new(refusedError)) {
				return err
			}
		}
	}
}

func (s *session) dialError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialed
}

func (s *session) dial(network, address string, within time.Duration) (net.Conn, error) {
	conn, err := s.store.dial(network, address, within)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialed = refusal(err)
	switch {
	case err != nil:
		return nil, err
	case s.abandoned:
		conn.Close()
		return nil, net.ErrClosed
	}
	s.line, s.server = newLine(conn), address
	s.line.ended = s.readEnded
	return s.line, nil
}

// event hears of the connection and of what is watched.
func (s *session) event(e zk.Event) {
	switch {
	case e.Type == zk.EventSession:
		s.stateChanged(e.State)
	case e.Path != "":
		s.mu.Lock()
		defer s.mu.Unlock()
		for w := range s.watches {
			w.touched(e)
		}
	}
}

func (s *session) stateChanged(state zk.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	switch state {
	case zk.StateHasSession:
		if !s.reached {
			s.reached = true
			close(s.established)
		}
		if s.lost {
			s.lost = false
			s.store.incident(driver.SessionResumed, s.server, "")
		}
	case zk.StateDisconnected:
		if s.reached && !s.lost {
			s.lost = true
			s.store.incident(driver.SessionLost, s.server, "")
		}
	case zk.StateExpired:
		s.store.incident(driver.SessionExpired, s.server, "its ephemeral keys are gone")
	}
}

// breakOff makes the operation under way return. The first time it cuts the
// connection, which the session survives; if that does not help it gives up
// the session.
func (s *session) breakOff(again bool) {
	if again {
		s.givenUp.Store(true)
		s.zk().Close()
		return
	}
	s.mu.Lock()
	line := s.line
	s.mu.Unlock()
	if line != nil {
		line.Close()
	}
}

// renew replaces a session that was given up.
func (s *session) renew(ctx context.Context) error {
	s.store.incident(driver.SessionExpired, "", "it was given up, as an operation did not return: its ephemeral keys are gone")
	if err := s.connect(ctx); err != nil {
		return driver.Classed(driver.Unavailable, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watches {
		w.touchAll()
	}
	return nil
}

// pause waits a moment before something is tried again.
func (s *session) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.done:
	case <-time.After(openEvery):
	}
}

// begin is called before every operation, and end after it.
func (s *session) begin(ctx context.Context) error {
	if s.givenUp.Swap(false) {
		renewing, cancel := context.WithTimeout(ctx, s.store.setup.Timeout)
		defer cancel()
		if err := s.renew(renewing); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.guard.Begin(ctx)
	return nil
}

func (s *session) end(err error) error {
	over := s.guard.End()
	switch {
	case err == nil:
		return nil
	case over != nil && errors.Is(err, zk.ErrConnectionClosed):
		return over
	}
	return classify(err)
}

// Create creates a znode, and its parents if they are missing.
func (s *session) Create(ctx context.Context, key, value []byte) error {
	_, err := s.create(ctx, string(key), value, zk.FlagPersistent)
	return err
}

// CreateEphemeral creates a znode that vanishes with the session.
func (s *session) CreateEphemeral(ctx context.Context, key, value []byte) error {
	_, err := s.create(ctx, string(key), value, zk.FlagEphemeral)
	return err
}

// CreateSequential lets the server number a znode.
func (s *session) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.create(ctx, string(prefix), value, zk.FlagSequence)
}

// CreateEphemeralSequential lets the server number a znode that vanishes with
// the session.
func (s *session) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.create(ctx, string(prefix), value, zk.FlagEphemeralSequential)
}

func (s *session) create(ctx context.Context, key string, value []byte, flags int32) (string, error) {
	if err := s.begin(ctx); err != nil {
		return "", err
	}
	created, err := s.zk().Create(key, value, flags, s.store.acl)
	if errors.Is(err, zk.ErrNoNode) {
		if err = s.makeParent(path.Dir(key)); err == nil {
			created, err = s.zk().Create(key, value, flags, s.store.acl)
		}
	}
	return created, s.end(err)
}

// Set writes whatever version the znode has.
func (s *session) Set(ctx context.Context, key, value []byte) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	_, err := s.zk().Set(string(key), value, -1)
	return s.end(err)
}

// SetAll writes all znodes in one multi, whatever versions they have.
func (s *session) SetAll(ctx context.Context, keys, values [][]byte) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	requests := make([]any, len(keys))
	for i, key := range keys {
		requests[i] = &zk.SetDataRequest{Path: string(key), Data: values[i], Version: -1}
	}
	_, err := s.zk().Multi(requests...)
	return s.end(err)
}

// Get reads a znode from the session's server, where reads are linearizable
// after a sync.
func (s *session) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, _, err := s.GetVersion(ctx, key)
	return value, err
}

// GetVersion returns the version of the znode's data, which begins at 0 when
// the key is created.
func (s *session) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	if err := s.begin(ctx); err != nil {
		return nil, 0, err
	}
	var value []byte
	var stat *zk.Stat
	err := s.sync(string(key))
	if err == nil {
		value, stat, err = s.zk().Get(string(key))
	}
	if err := s.end(err); err != nil {
		return nil, 0, err
	}
	return value, int64(stat.Version), nil
}

// sync makes the server catch up with the leader, if reads are to.
func (s *session) sync(znode string) error {
	if !s.synced {
		return nil
	}
	_, err := s.zk().Sync(znode)
	return err
}

// CompareAndSet writes if the znode's data still has the version.
func (s *session) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	stat, err := s.zk().Set(string(key), value, int32(version))
	if err := s.end(err); err != nil {
		return 0, err
	}
	return int64(stat.Version), nil
}

// Delete removes a znode. One that has others below it stays, as Conflict.
func (s *session) Delete(ctx context.Context, key []byte) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	return s.end(s.zk().Delete(string(key), -1))
}

// Sync returns once the session's server has applied all that was acknowledged
// before. It is a transaction that only checks: ZooKeeper's own sync does not
// wait, at the leader, for what a follower has acknowledged.
func (s *session) Sync(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	_, err := s.zk().Multi(&zk.CheckVersionRequest{Path: "/", Version: -1})
	return s.end(err)
}

// Close ends the session, and with it its ephemeral keys.
func (s *session) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	conn := s.zk()
	if closed {
		return nil
	}
	close(s.done)
	if conn == nil {
		return nil
	}
	s.guard.Release()
	conn.Close()
	return nil
}

// classify gives an error of the client library its class.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, zk.ErrNodeExists):
		return driver.ErrExists
	case errors.Is(err, zk.ErrNoNode):
		return driver.ErrNotFound
	case errors.Is(err, zk.ErrBadVersion), errors.Is(err, zk.ErrNotEmpty):
		return driver.Classed(driver.Conflict, err)
	case errors.Is(err, zk.ErrConnectionClosed), errors.Is(err, zk.ErrNoServer), errors.Is(err, zk.ErrSessionExpired),
		errors.Is(err, zk.ErrClosing), errors.Is(err, zk.ErrSessionMoved):
		return driver.Classed(driver.Unavailable, err)
	case isNetwork(err):
		return driver.Classed(driver.Unavailable, err)
	}
	return driver.Classed(driver.Other, fmt.Errorf("zookeeper: %w", err))
}

func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF)
}
