package raftstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// answerGrace is how much longer than the operation's timeout a client waits for
// the answer that the node makes of the timeout.
const answerGrace = 500 * time.Millisecond

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
	d.out = appendRequest(d.out, c, flags, time.Until(deadline))
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
