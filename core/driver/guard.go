package driver

import (
	"context"
	"sync"
	"time"
)

// Guard bounds the operations of one session in time, for a store whose client
// library does not, at a cost of some hundredths of a microsecond an operation:
// it sets no timer and makes no context for each.
//
//	func (s *session) Get(ctx context.Context, key []byte) ([]byte, error) {
//		value, err := s.client.Get(s.guard.Begin(ctx), key)
//		if over := s.guard.End(); err != nil && over != nil {
//			return nil, over
//		}
//		return value, classify(err)
//	}
//
// The context that Begin returns ends when the operation has taken too long, or
// the caller's has ended. It has no deadline that could be asked for, and its error
// is context.Canceled in both cases: End tells which it was.
//
// A client library that heeds no context is broken off instead: see NewGuard.
type Guard struct {
	within   time.Duration
	breakOff func(again bool)

	mu        sync.Mutex
	operation int64 // counts them
	running   bool  // it is under way
	over      bool  // it took too long
	breaking  int   // calls of breakOff under way
	broken    *sync.Cond
	deadline  time.Time
	timer     *time.Timer
	armed     bool // it will fire

	given  context.Context // that the caller had
	under  context.Context // made of it, serves one operation after the other
	cancel context.CancelFunc
	forget func() bool // that given is watched
}

// breakOffAgain is how long after the first try a guard waits before the second.
const breakOffAgain = 500 * time.Millisecond

// NewGuard returns a guard that gives each operation so long, usually
// Setup.Timeout.
//
// breakOff is for clients that heed no context; nil: ours does. It is called,
// from another goroutine, when the operation under way has taken too long or its
// context has ended, and once more, with again set, if half a second later it has
// still not come back. It makes the client's call return, by closing its
// connection for example, which the next operation then opens anew. End waits for
// a call that is under way, so that it never meets the next operation.
func NewGuard(within time.Duration, breakOff func(again bool)) *Guard {
	g := &Guard{within: within, breakOff: breakOff}
	g.broken = sync.NewCond(&g.mu)
	return g
}

// Begin is called before every operation, and returns the context to execute it
// under. If ctx has ended, so has that one.
func (g *Guard) Begin(ctx context.Context) context.Context {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.operation++
	g.running, g.over = true, false
	g.deadline = now.Add(g.within)
	if !g.armed {
		g.armed = true
		if g.timer == nil {
			g.timer = time.AfterFunc(g.within, g.fired)
		} else {
			g.timer.Reset(g.within)
		}
	}
	if g.given != ctx || g.under.Err() != nil {
		g.leave()
		g.given = ctx
		g.under, g.cancel = context.WithCancel(ctx)
		if g.breakOff != nil {
			g.forget = context.AfterFunc(ctx, func() { g.cancelled(ctx) })
		}
	}
	return g.under
}

// End is called after every operation. It returns ErrTimeout if the operation
// took too long, the error of the caller's context if that has ended, and else
// nil. An operation that has succeeded all the same has succeeded.
func (g *Guard) End() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running = false
	for g.breaking > 0 {
		g.broken.Wait()
	}
	if g.over {
		return ErrTimeout
	}
	return g.given.Err()
}

// Release lets go of timer and context. It is called when the session is closed.
func (g *Guard) Release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer != nil {
		g.timer.Stop()
	}
	g.leave()
}

func (g *Guard) leave() {
	if g.forget != nil {
		g.forget()
		g.forget = nil
	}
	if g.cancel != nil {
		g.cancel()
	}
}

// fired looks how long the operation under way still has. The timer is not set
// anew for each, which would wake the scheduler.
func (g *Guard) fired() {
	g.mu.Lock()
	defer g.mu.Unlock()
	left := time.Until(g.deadline)
	expired := g.running && left <= 0
	if g.armed = g.running && !expired; g.armed {
		g.timer.Reset(left)
	}
	if expired {
		g.over = true
		g.cancel()
		g.abort()
	}
}

func (g *Guard) cancelled(ctx context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running && g.given == ctx {
		g.abort()
	}
}

// abort breaks the operation under way off, and again if that did not help. The
// caller holds the lock.
func (g *Guard) abort() {
	if g.breakOff == nil {
		return
	}
	g.breaking++
	go g.doBreakOff(false)
	operation := g.operation
	time.AfterFunc(breakOffAgain, func() {
		g.mu.Lock()
		still := g.running && g.operation == operation
		if still {
			g.breaking++
		}
		g.mu.Unlock()
		if still {
			g.doBreakOff(true)
		}
	})
}

func (g *Guard) doBreakOff(again bool) {
	g.breakOff(again)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.breaking--
	g.broken.Broadcast()
}
