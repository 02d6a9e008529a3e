package zookeeper

import (
	"context"
	"sync"
	"time"
)

// harder is how long after the first try the guard waits before the second.
const harder = 500 * time.Millisecond

// guard ends operations that take too long or whose context has ended: the
// client library's calls know neither. It watches one operation after the
// other, with one timer for all of them: it is not set anew for each, which
// would wake the scheduler, but when it fires it looks how long the operation
// under way still has.
type guard struct {
	within   time.Duration
	breakOff func(first bool)

	mu        sync.Mutex
	operation int  // counts them
	running   bool // it is under way
	over      bool // it took too long
	hard      bool // the session was given up
	timer     *time.Timer
	armed     bool      // it will fire
	deadline  time.Time // of the operation
	under     context.Context
	forget    func() bool
}

func (g *guard) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.operation++
	g.running, g.over = true, false
	g.deadline = time.Now().Add(g.within)
	switch {
	case g.timer == nil:
		g.timer = time.AfterFunc(g.within, g.fired)
		g.armed = true
	case !g.armed:
		g.timer.Reset(g.within)
		g.armed = true
	}
	if g.under != ctx {
		if g.forget != nil {
			g.forget()
		}
		g.under, g.forget = ctx, context.AfterFunc(ctx, func() { g.cancelled(ctx) })
	}
	return nil
}

// end reports whether the operation took too long, and why its context ended
// if it has.
func (g *guard) end() (over bool, cancelled error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running = false
	return g.over, g.under.Err()
}

func (g *guard) fired() {
	g.mu.Lock()
	operation := g.operation
	left := time.Until(g.deadline)
	expired := g.running && left <= 0
	g.over = g.over || expired
	if g.armed = g.running && !expired; g.armed {
		g.timer.Reset(left)
	}
	g.mu.Unlock()
	if expired {
		g.abort(operation)
	}
}

func (g *guard) cancelled(ctx context.Context) {
	g.mu.Lock()
	operation := g.operation
	mine := g.running && g.under == ctx
	g.mu.Unlock()
	if mine {
		g.abort(operation)
	}
}

// abort breaks an operation off, gently and then by force.
func (g *guard) abort(operation int) {
	g.breakOff(true)
	time.AfterFunc(harder, func() {
		g.mu.Lock()
		still := g.running && g.operation == operation
		g.hard = g.hard || still
		g.mu.Unlock()
		if still {
			g.breakOff(false)
		}
	})
}

// gaveUp reports, once, that the session was given up.
func (g *guard) gaveUp() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	hard := g.hard
	g.hard = false
	return hard
}

func (g *guard) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer != nil {
		g.timer.Stop()
	}
	if g.forget != nil {
		g.forget()
	}
}
