package raftstore

import (
	"net"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// peerTimeout is how long another node may take for a message.
const peerTimeout = 10 * time.Second

// newTransport speaks with other nodes, in the library's own way.
func newTransport(layer *streams, log hclog.Logger) *raft.NetworkTransport {
	return raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: layer, MaxPool: 3, Timeout: peerTimeout, Logger: log, MsgpackUseNewTimeFormat: true,
	})
}

// streams is the TCP layer between the nodes. Unlike the library's own it ends
// every connection when it is closed, as the death of a process would.
type streams struct {
	net.Listener

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

func listen(address string) (*streams, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return &streams{Listener: listener, conns: map[net.Conn]struct{}{}}, nil
}

// Dial connects to another node.
func (s *streams) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	return s.track(net.DialTimeout("tcp", string(address), timeout))
}

// Accept takes a connection of another node.
func (s *streams) Accept() (net.Conn, error) { return s.track(s.Listener.Accept()) }

func (s *streams) track(conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	s.conns[conn] = struct{}{}
	return &stream{conn, s}, nil
}

// Close ends the listener and all connections.
func (s *streams) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		conn.Close()
	}
	clear(s.conns)
	return s.Listener.Close()
}

// stream is a connection that its layer knows of.
type stream struct {
	net.Conn
	of *streams
}

func (s *stream) Close() error {
	s.of.mu.Lock()
	delete(s.of.conns, s.Conn)
	s.of.mu.Unlock()
	return s.Conn.Close()
}
