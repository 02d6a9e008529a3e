package raftstore

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
)

// Serve runs a node and answers its clients, at Config.Client, until ctx ends.
func Serve(ctx context.Context, config Config) error {
	n, err := startNode(config)
	if err != nil {
		return err
	}
	s, err := serve(n, config.Client)
	if err != nil {
		return errors.Join(err, n.stop())
	}
	<-ctx.Done()
	s.stop()
	return n.stop()
}

// service answers the clients of a node.
type service struct {
	node     *node
	listener net.Listener
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	serving  sync.WaitGroup
}

// serve accepts clients until stop.
func serve(n *node, address string) (*service, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &service{node: n, listener: listener, conns: map[net.Conn]struct{}{}}
	s.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = struct{}{}
			s.mu.Unlock()
			s.serving.Go(func() { s.answer(conn) })
		}
	})
	return s, nil
}

func (s *service) stop() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.node.machine.wake()
	s.serving.Wait()
}

// answer serves one connection. A connection that ends cancels what it asked.
func (s *service) answer(conn net.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &connection{node: s.node, proposal: newProposal()}
	defer func() {
		cancel()
		c.forget()
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	r := bufio.NewReaderSize(conn, 16<<10)
	var in, out []byte
	var err error
	for {
		if in, err = readFrame(r, in); err != nil {
			return
		}
		command, flags, timeout, err := readRequest(in)
		if err != nil {
			return
		}
		if command.kind == kindWatch {
			s.stream(ctx, conn, &command)
			return
		}
		if command.kind.awaits() {
			s.await(ctx, conn, r, &command)
			continue
		}
		answer := c.execute(ctx, &command, flags&flagForwarded != 0, timeout)
		out = appendAnswer(out, &answer)
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// await answers once a wait is over. Until then a client says nothing: what can
// be read is its next request, or its end.
func (s *service) await(ctx context.Context, conn net.Conn, r *bufio.Reader, c *command) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		if _, err := r.Peek(1); err != nil {
			cancel()
		}
	}()
	var answer result
	if err := s.node.await(ctx, c); err != nil {
		answer = classify(err)
	}
	if _, err := conn.Write(appendAnswer(nil, &answer)); err != nil {
		conn.Close()
	}
	<-heard
}

// stream sends changes until the client goes.
func (s *service) stream(ctx context.Context, conn net.Conn, c *command) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // a client that watches sends no more: what can be read is its end
		_, _ = conn.Read(make([]byte, 1))
		cancel()
	}()
	var out []byte
	s.node.watch(ctx, string(c.key), c.version, func(changes []change, missed int) bool {
		r := resultOf(changes, missed)
		out = appendAnswer(out, &r)
		_, err := conn.Write(out)
		return err == nil
	})
}
