package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/engine"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

// Converse executes one instruction after the other, those of different
// sessions beside each other.
func (s *server) Converse(stream driverpb.Driver_ConverseServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	if first.Verb != driverpb.Instruction_VERB_OPEN_STORE {
		return status.Error(codes.InvalidArgument, "the first instruction should open the store")
	}
	setup, err := s.setup(first.SetupJson)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	c := &conversation{
		ctx: ctx, stream: stream, timeout: setup.Timeout,
		sessions: map[int32]*conversing{}, cancels: map[int64]context.CancelFunc{},
	}
	defer func() {
		cancel()
		c.close()
	}()
	if err := c.open(s.driver, setup, first); err != nil {
		c.answer(&driverpb.Outcome{Id: first.Id, Last: true}, err)
		return nil
	}
	c.answer(&driverpb.Outcome{Id: first.Id, Last: true}, nil)
	for {
		instruction, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		c.take(instruction)
	}
}

// conversation is a store and sessions that are open for one caller.
type conversation struct {
	ctx     context.Context
	stream  driverpb.Driver_ConverseServer
	store   driver.Store
	timeout time.Duration
	running sync.WaitGroup // operations
	watches sync.WaitGroup

	sending  sync.Mutex
	mu       sync.Mutex
	sessions map[int32]*conversing
	cancels  map[int64]context.CancelFunc
}

// conversing is a session and the instructions that wait for it. There may be any
// number of them: a cancel may stand behind those that it is to set free.
type conversing struct {
	session driver.Session

	mu    sync.Mutex
	queue []queued
	more  chan struct{} // holds one token while the queue is not empty
}

// put adds an instruction.
func (s *conversing) put(next queued) {
	s.mu.Lock()
	s.queue = append(s.queue, next)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (s *conversing) take() []queued {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.queue
	s.queue = nil
	return waiting
}

// queued is an instruction with the context under which it will be executed.
type queued struct {
	ctx         context.Context
	instruction *driverpb.Instruction
}

func (c *conversation) open(d driver.Driver, setup driver.Setup, i *driverpb.Instruction) error {
	ctx, cancel := context.WithTimeout(c.ctx, time.Duration(i.TimeoutNs))
	defer cancel()
	store, err := d.Open(ctx, setup)
	if err != nil {
		return err
	}
	if n, ok := store.(driver.Notifier); ok {
		n.Notify(func(driver.Incident) {}) // nobody asks, but it is promised
	}
	c.store = store
	return nil
}

// take begins what is instructed. Instructions of a session queue behind each
// other.
func (c *conversation) take(i *driverpb.Instruction) {
	switch i.Verb {
	case driverpb.Instruction_VERB_CANCEL:
		c.cancel(i.Target)
		c.answer(&driverpb.Outcome{Id: i.Id, Last: true}, nil)
	case driverpb.Instruction_VERB_CLOSE_STORE:
		c.running.Go(func() { c.answer(&driverpb.Outcome{Id: i.Id, Last: true}, c.store.Close()) })
	case driverpb.Instruction_VERB_OPEN_SESSION:
		c.running.Go(func() { c.answer(&driverpb.Outcome{Id: i.Id, Last: true}, c.openSession(i)) })
	default:
		c.mu.Lock()
		session := c.sessions[i.Session]
		c.mu.Unlock()
		if session == nil {
			c.answer(&driverpb.Outcome{Id: i.Id, Last: true}, fmt.Errorf("session %d is not open", i.Session))
			return
		}
		session.put(queued{c.cancellable(i), i})
	}
}

// cancellable returns a context that a later instruction can cancel.
func (c *conversation) cancellable(i *driverpb.Instruction) context.Context {
	ctx, cancel := context.WithCancel(c.ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancels[i.Id] = cancel
	if i.Cancelled {
		cancel()
	}
	return ctx
}

func (c *conversation) openSession(i *driverpb.Instruction) error {
	ctx, cancel := context.WithTimeout(c.ctx, time.Duration(i.TimeoutNs))
	defer cancel()
	opened, err := c.store.Session(ctx, int(i.Session))
	if err != nil {
		return err
	}
	s := &conversing{session: opened, more: make(chan struct{}, 1)}
	c.mu.Lock()
	c.sessions[i.Session] = s
	c.mu.Unlock()
	c.running.Go(func() {
		for {
			select {
			case <-s.more:
				for _, next := range s.take() {
					c.execute(next.ctx, s.session, next.instruction)
				}
			case <-c.ctx.Done():
				return
			}
		}
	})
	return nil
}

// execute does one instruction of a session, and answers.
func (c *conversation) execute(ctx context.Context, s driver.Session, i *driverpb.Instruction) {
	if i.Verb == driverpb.Instruction_VERB_WATCH {
		c.watch(ctx, s, i)
		return
	}
	outcome := &driverpb.Outcome{Id: i.Id, Last: true}
	err := do(ctx, s, i, outcome)
	c.cancel(i.Id)
	// The driver must have kept none of these.
	scribble(i.Key)
	scribble(i.Value)
	for _, b := range slices.Concat(i.Keys, i.Values) {
		scribble(b)
	}
	c.answer(outcome, err)
}

func scribble(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

// watch answers once when the watch is set, and then with every change.
func (c *conversation) watch(ctx context.Context, s driver.Session, i *driverpb.Instruction) {
	watcher, ok := s.(driver.Watcher)
	if !ok {
		c.cancel(i.Id)
		c.answer(&driverpb.Outcome{Id: i.Id, Last: true}, errIncapable)
		return
	}
	events, err := watcher.Watch(ctx, i.Key)
	if err != nil {
		c.cancel(i.Id)
		c.answer(&driverpb.Outcome{Id: i.Id, Last: true}, err)
		return
	}
	c.answer(&driverpb.Outcome{Id: i.Id}, nil)
	c.watches.Go(func() {
		for e := range events {
			c.answer(&driverpb.Outcome{Id: i.Id, Change: &driverpb.Change{
				Type: string(e.Type), Key: e.Key, Value: e.Value, Missed: int64(e.Missed),
			}}, nil)
		}
		c.cancel(i.Id)
		c.answer(&driverpb.Outcome{Id: i.Id, Last: true}, nil)
	})
}

func (c *conversation) cancel(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, ok := c.cancels[id]; ok {
		cancel()
		delete(c.cancels, id)
	}
}

func (c *conversation) answer(outcome *driverpb.Outcome, err error) {
	if err != nil {
		outcome.Status, outcome.Error = int32(driver.Classify(err)), err.Error()
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	_ = c.stream.Send(outcome) // a caller that has gone ends the call
}

// close ends what the caller left open, and waits no longer for it than for
// an operation: the store may hang.
func (c *conversation) close() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.running.Wait()
		for _, s := range c.sessions {
			_ = s.session.Close() // the caller has gone, there is nobody to tell
		}
		if c.store != nil {
			_ = c.store.Close()
		}
		c.watches.Wait()
	}()
	select {
	case <-done:
	case <-time.After(engine.StopGrace + c.timeout):
	}
}
