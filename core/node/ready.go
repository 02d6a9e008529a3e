package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/internal/fault"
)

const (
	readyEvery = 20 * time.Millisecond
	readyDial  = 5 * time.Second // a busy machine's servers may take some of it to answer
	logLines   = 15              // of a node's log, in the error when it fails
)

// ErrNotReady is the kind of error of a node that does not serve in time.
var ErrNotReady = errors.New("not ready")

// awaitReady polls until the node serves.
func (c *Cluster) awaitReady(ctx context.Context, m *member, p *process) error {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	var ended <-chan struct{}
	if p != nil {
		ended = p.ended
	}
	var last error // of the tries that were not cut short
	for {
		err := probe(ctx, m.Ready)
		if err == nil {
			c.event(Serving, m.Name, "")
			return nil
		}
		if last == nil || !cutShort(ctx) {
			last = err
		}
		select {
		case <-ended:
			return fmt.Errorf("node %s ended before it served (%s)%s", m.Name, p.how(), logEnd(p))
		case <-ctx.Done():
			return fault.Errorf(ErrNotReady, "node %s did not serve in time (%w; last try: %w): give a slow one longer%s", m.Name, context.Cause(ctx), last, logEnd(p))
		case <-tick.C:
		}
	}
}

// cutShort reports whether what was just done under ctx may have ended with it:
// a connection has a timer of its own for ctx's deadline, which may fire first.
func cutShort(ctx context.Context) bool {
	until, bounded := ctx.Deadline()
	return ctx.Err() != nil || bounded && !time.Now().Before(until)
}

// answerWithin is how long a node that runs has to answer, when it is asked
// whether it still serves.
const answerWithin = 5 * time.Second

// Lost returns the names of the nodes that do not run, or do not answer. A
// cluster on which every node was once ready may have lost some since.
func (c *Cluster) Lost(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	answers := make([]error, len(c.nodes))
	var asked sync.WaitGroup
	for i, m := range c.nodes {
		asked.Go(func() { answers[i] = c.awaitAnswer(ctx, m) })
	}
	asked.Wait()
	var names []string
	for i, m := range c.nodes {
		if answers[i] != nil {
			names = append(names, m.Name)
		}
	}
	return names
}

// awaitAnswer asks a node until it answers, and returns an error if it ends or
// ctx does before.
func (c *Cluster) awaitAnswer(ctx context.Context, m *member) error {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		if _, running := m.state(); !running {
			return errors.New("it does not run")
		}
		err := probe(ctx, m.Ready)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// Leader returns the name of the node that leads the others. It asks until one
// does, or ctx ends.
func (c *Cluster) Leader(ctx context.Context) (string, error) {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		for _, m := range c.nodes {
			if m.Leads.Address == "" {
				return "", fmt.Errorf("the plugin does not say how to see whether node %s leads", m.Name)
			}
			if probe(ctx, m.Leads) == nil {
				return m.Name, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no node leads: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// logEnd returns the last lines of a process's log, as the end of an error.
func logEnd(p *process) string {
	if p == nil {
		return ""
	}
	lines, err := p.lastLines(logLines)
	if err != nil || len(lines) == 0 {
		return "; its log is empty"
	}
	return "; its log ends:\n" + strings.Join(lines, "\n")
}

// probe asks once whether a node serves.
func probe(ctx context.Context, ready driver.Probe) error {
	if ready.Address == "" {
		return nil
	}
	dialer := net.Dialer{Timeout: readyDial}
	conn, err := dialer.DialContext(ctx, "tcp", ready.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if ready.Expect == "" {
		return nil
	}
	if err := conn.SetDeadline(time.Now().Add(readyDial)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte(ready.Send)); err != nil {
		return err
	}
	var answer []byte
	buffer := make([]byte, 4096)
	for len(answer) < 1<<20 {
		n, err := conn.Read(buffer)
		if answer = append(answer, buffer[:n]...); strings.Contains(string(answer), ready.Expect) {
			return nil
		}
		if err != nil {
			break
		}
	}
	return fmt.Errorf("it answered %.60q", answer)
}
