package raftembed

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

// The protocol between clients and the process of a node. A request is a frame
// with one byte of flags, eight bytes of timeout (nanoseconds, little-endian)
// and a command; the answer is a frame with a result. A frame begins with its
// length in four bytes, little-endian. One request is under way on a
// connection at a time. A wait is answered when it is over, whatever the timeout
// says. After a watch, results with changes follow until the connection ends.
const (
	maxFrame      = 64 << 20
	flagForwarded = 1  // by a node that took the receiver for the leader
	requestHead   = 9  // flags and timeout
	frameHead     = 4  // length
	statusMoved   = 99 // result: the receiver of a forwarded request does not lead

	// answerGrace is how much longer than the operation's timeout a client
	// waits for the answer that the node makes of the timeout.
	answerGrace = 500 * time.Millisecond
)

// readFrame reads a frame into b, which grows as needed.
func readFrame(r *bufio.Reader, b []byte) ([]byte, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return b, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > maxFrame {
		return b, fmt.Errorf("raftembed: frame of %d bytes", size)
	}
	if uint32(cap(b)) < size {
		b = make([]byte, size)
	}
	b = b[:size]
	_, err := io.ReadFull(r, b)
	return b, err
}

// beginFrame and endFrame build a frame in b.
func beginFrame(b []byte) []byte { return append(b[:0], 0, 0, 0, 0) }

func endFrame(b []byte) []byte {
	binary.LittleEndian.PutUint32(b, uint32(len(b)-frameHead))
	return b
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
		if in, err = readFrame(r, in); err != nil || len(in) < requestHead {
			return
		}
		command, _, err := readCommand(in[requestHead:])
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
		timeout := time.Duration(binary.LittleEndian.Uint64(in[1:]))
		answer := c.execute(ctx, &command, in[0]&flagForwarded != 0, timeout)
		out = endFrame(appendResult(beginFrame(out), &answer))
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
	if _, err := conn.Write(endFrame(appendResult(beginFrame(nil), &answer))); err != nil {
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
		r := result{detail: strconv.Itoa(missed)}
		for _, change := range changes {
			r.version = change.revision
			r.keys = append(r.keys, string(change.kind)+" "+change.key)
			r.value = appendBytes(r.value, change.value)
		}
		out = endFrame(appendResult(beginFrame(out), &r))
		_, err := conn.Write(out)
		return err == nil
	})
}

// changesOf is the inverse of what stream sends. The changes have memory of
// their own.
func changesOf(r result) (changes []change, missed int) {
	missed, _ = strconv.Atoi(r.detail)
	values := bytes.Clone(r.value)
	for _, text := range r.keys {
		kind, key, _ := strings.Cut(text, " ")
		value, rest, err := readBytes(values)
		if err != nil {
			return changes, missed
		}
		values = rest
		changes = append(changes, change{revision: r.version, kind: driver.WatchType(kind), key: key, value: value})
	}
	return changes, missed
}

// connection executes the requests of one client, and forwards to the leader
// what only the leader can do.
type connection struct {
	node     *node
	proposal *proposal
	leader   *dialed // to the client port of the leader
}

func (c *connection) execute(ctx context.Context, command *command, forwarded bool, timeout time.Duration) result {
	if !command.kind.writes() && command.version >= local {
		return c.node.readLocal(ctx, timeout, command)
	}
	deadline := time.Now().Add(timeout)
	connected := ctx
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for {
		r, err := c.node.execute(ctx, command, c.proposal)
		if err == nil {
			return r
		}
		c.proposal = newProposal()
		if !errors.Is(err, errNotLeader) {
			return classify(err)
		}
		if forwarded {
			return result{status: statusMoved}
		}
		if r, done := c.forward(connected, deadline, command); done {
			return r
		}
		select {
		case <-ctx.Done():
			return classify(errNotLeader)
		case <-time.After(retryEvery):
		}
	}
}

// forward asks the leader; done is false if the command was certainly not
// executed and may be tried again.
func (c *connection) forward(ctx context.Context, deadline time.Time, command *command) (r result, done bool) {
	leader, ok := c.node.leader()
	if !ok || leader.name == c.node.name {
		return result{}, false
	}
	if c.leader == nil || c.leader.address != leader.client {
		c.forget()
		conn, err := dial(ctx, leader.client)
		if err != nil {
			return result{}, false
		}
		c.leader = conn
	}
	r, err := c.leader.request(ctx, deadline, command, flagForwarded)
	switch {
	case err != nil:
		c.forget()
		return classify(err), true
	case r.status == statusMoved:
		return result{}, false
	}
	return r, true
}

func (c *connection) forget() {
	if c.leader != nil {
		c.leader.close()
		c.leader = nil
	}
}

// dialed is a connection to the client port of a node.
type dialed struct {
	address string
	conn    net.Conn
	r       *bufio.Reader
	in, out []byte
	under   context.Context // whose end interrupts the connection
	release func() bool
}

func dial(ctx context.Context, address string) (*dialed, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &dialed{address: address, conn: conn, r: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (d *dialed) close() {
	if d.release != nil {
		d.release()
	}
	d.conn.Close()
}

// bind has the end of ctx break the connection. It returns false if the context
// before has ended and broken it.
func (d *dialed) bind(ctx context.Context) bool {
	if d.under == ctx {
		return true
	}
	if d.release != nil && !d.release() {
		return false
	}
	d.under, d.release = ctx, context.AfterFunc(ctx, func() { d.conn.Close() })
	return true
}

// request sends a command and waits for its result. ctx should outlive the
// request, as its end breaks the connection; the deadline is the request's.
func (d *dialed) request(ctx context.Context, deadline time.Time, c *command, flags byte) (result, error) {
	if err := d.send(ctx, deadline, c, flags); err != nil {
		return result{}, d.reason(ctx, err)
	}
	var err error
	if d.in, err = readFrame(d.r, d.in); err != nil {
		return result{}, d.reason(ctx, err)
	}
	return readResult(d.in)
}

func (d *dialed) send(ctx context.Context, deadline time.Time, c *command, flags byte) error {
	d.bind(ctx)
	last := deadline
	if !last.IsZero() {
		last = last.Add(answerGrace)
	}
	if err := d.conn.SetDeadline(last); err != nil {
		return err
	}
	d.out = append(beginFrame(d.out), flags)
	d.out = binary.LittleEndian.AppendUint64(d.out, uint64(time.Until(deadline)))
	d.out = endFrame(appendCommand(d.out, c))
	_, err := d.conn.Write(d.out)
	return err
}

// reason tells a timeout and a cancellation from a lost connection.
func (d *dialed) reason(ctx context.Context, err error) error {
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &timeout) && timeout.Timeout():
		return context.DeadlineExceeded
	}
	return fmt.Errorf("connection to %s lost: %w", d.address, err)
}
