package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/status"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
	"github.com/benchctl/benchctl/core/sample"
)

// openWithin bounds the opening of a store or session.
const openWithin = 30 * time.Second

// Store is a store that a plugin has open for us. Its sessions have every
// optional operation; what the plugin lacks fails.
type Store struct {
	stream driverpb.Driver_ConverseClient
	hangUp context.CancelFunc
	ids    atomic.Int64
	opened atomic.Int32

	sending sync.Mutex
	mu      sync.Mutex
	waiting map[int64]chan *driverpb.Outcome
	ended   chan struct{}
	why     error // set before ended is closed
}

// Open asks the plugin to open a store.
func (c *Client) Open(ctx context.Context, setup driver.Setup) (*Store, error) {
	document, err := json.Marshal(setup)
	if err != nil {
		return nil, err
	}
	talking, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	stream, err := c.rpc.Converse(talking)
	if err != nil {
		hangUp()
		return nil, err
	}
	s := &Store{stream: stream, hangUp: hangUp, waiting: map[int64]chan *driverpb.Outcome{}, ended: make(chan struct{})}
	go s.listen()
	_, err = s.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_OPEN_STORE, SetupJson: document, TimeoutNs: int64(openWithin)})
	if err != nil {
		s.HangUp()
		return nil, err
	}
	return s, nil
}

// listen hands each outcome to whoever waits for it.
func (s *Store) listen() {
	for {
		outcome, err := s.stream.Recv()
		if err != nil {
			s.why = fmt.Errorf("the plugin has gone: %s", status.Convert(err).Message())
			close(s.ended)
			return
		}
		s.mu.Lock()
		to := s.waiting[outcome.Id]
		if outcome.Last {
			delete(s.waiting, outcome.Id)
		}
		s.mu.Unlock()
		if to == nil {
			continue // nobody waits any more
		}
		select {
		case to <- outcome:
		case <-s.stream.Context().Done():
		}
		if outcome.Last {
			close(to)
		}
	}
}

// send sends an instruction and returns where its outcomes come.
func (s *Store) send(i *driverpb.Instruction) (<-chan *driverpb.Outcome, error) {
	i.Id = s.ids.Add(1)
	outcomes := make(chan *driverpb.Outcome, 16)
	s.mu.Lock()
	s.waiting[i.Id] = outcomes
	s.mu.Unlock()
	s.sending.Lock()
	defer s.sending.Unlock()
	return outcomes, s.stream.Send(i)
}

// ask sends an instruction and waits for its outcome. The end of ctx cancels
// the instruction in the plugin, whose outcome is still awaited for a while.
func (s *Store) ask(ctx context.Context, i *driverpb.Instruction) (*driverpb.Outcome, error) {
	i.Cancelled = ctx.Err() != nil
	outcomes, err := s.send(i)
	if err != nil {
		<-s.ended
		return nil, s.why
	}
	stopped := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case outcome := <-outcomes:
			return outcome, failureOf(outcome)
		case <-s.ended:
			return nil, s.why
		case <-stopped:
			stopped, late = nil, time.After(CancelWithin)
			if _, err := s.send(&driverpb.Instruction{Verb: driverpb.Instruction_VERB_CANCEL, Target: i.Id}); err != nil {
				return nil, err
			}
		case <-late:
			return nil, ErrDeaf
		}
	}
}

// CancelWithin is how soon a driver should come back from an operation whose
// context has ended.
const CancelWithin = 10 * time.Second

// ErrDeaf is the error of an operation whose driver heeds no context.
var ErrDeaf = fmt.Errorf("the driver did not come back within %v after its context had ended", CancelWithin)

func failureOf(o *driverpb.Outcome) error {
	if o.Status == int32(sample.OK) {
		return nil
	}
	return driver.Classed(sample.Status(o.Status), errors.New(o.Error))
}

// Session opens a session.
func (s *Store) Session(ctx context.Context) (*Session, error) {
	opened := &Session{store: s, number: s.opened.Add(1) - 1}
	_, err := s.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_OPEN_SESSION, Session: opened.number, TimeoutNs: int64(openWithin)})
	return opened, err
}

// Close closes the store in the plugin.
func (s *Store) Close() error {
	_, err := s.ask(context.Background(), &driverpb.Instruction{Verb: driverpb.Instruction_VERB_CLOSE_STORE})
	return err
}

// HangUp ends the conversation, with everything that is still open.
func (s *Store) HangUp() {
	s.sending.Lock()
	_ = s.stream.CloseSend() // the call ends in any case
	s.sending.Unlock()
	select {
	case <-s.ended:
	case <-time.After(openWithin):
		s.hangUp()
		<-s.ended
	}
	s.hangUp()
}

// Session is a session in the plugin.
type Session struct {
	store  *Store
	number int32
}

func (s *Session) execute(ctx context.Context, op sample.Op, key, value []byte) (*driverpb.Outcome, error) {
	return s.store.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_EXECUTE, Session: s.number, Op: int32(op), Key: key, Value: value,
	})
}

// Create executes a create.
func (s *Session) Create(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpCreate, key, value)
	return err
}

// Set executes a set.
func (s *Session) Set(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpSet, key, value)
	return err
}

// Put executes a put.
func (s *Session) Put(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpPut, key, value)
	return err
}

// Get executes a get.
func (s *Session) Get(ctx context.Context, key []byte) ([]byte, error) {
	outcome, err := s.execute(ctx, sample.OpGet, key, nil)
	return outcome.GetValue(), err
}

// Delete executes a delete.
func (s *Session) Delete(ctx context.Context, key []byte) error {
	_, err := s.execute(ctx, sample.OpDelete, key, nil)
	return err
}

// List executes a list.
func (s *Session) List(ctx context.Context, prefix []byte) ([]string, error) {
	outcome, err := s.execute(ctx, sample.OpList, prefix, nil)
	return outcome.GetKeys(), err
}

// CreateEphemeral executes a create-ephemeral.
func (s *Session) CreateEphemeral(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpCreateEphemeral, key, value)
	return err
}

// CreateSequential executes a create-sequential.
func (s *Session) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	outcome, err := s.execute(ctx, sample.OpCreateSequential, prefix, value)
	if err != nil {
		return "", err
	}
	return outcome.Keys[0], nil
}

// CreateEphemeralSequential creates a numbered key that goes with the session.
func (s *Session) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	outcome, err := s.store.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_CREATE_EPHEMERAL_SEQUENTIAL, Session: s.number, Key: prefix, Value: value,
	})
	if err != nil {
		return "", err
	}
	return outcome.Keys[0], nil
}

// SetAll executes a transaction.
func (s *Session) SetAll(ctx context.Context, keys, values [][]byte) error {
	_, err := s.store.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_SET_ALL, Session: s.number, Keys: keys, Values: values,
	})
	return err
}

// GetVersion reads a key with its version.
func (s *Session) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	outcome, err := s.store.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_GET_VERSION, Session: s.number, Key: key})
	return outcome.GetValue(), outcome.GetVersion(), err
}

// CompareAndSet writes on condition of a version.
func (s *Session) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	outcome, err := s.store.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_COMPARE_AND_SET, Session: s.number, Key: key, Value: value, Version: version,
	})
	return outcome.GetVersion(), err
}

// Sync waits until the session sees what was acknowledged.
func (s *Session) Sync(ctx context.Context) error {
	_, err := s.store.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_SYNC, Session: s.number})
	return err
}

// AwaitPresent waits for a key.
func (s *Session) AwaitPresent(ctx context.Context, key []byte) error {
	_, err := s.store.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_AWAIT_PRESENT, Session: s.number, Key: key})
	return err
}

// AwaitAbsent waits for a key to go.
func (s *Session) AwaitAbsent(ctx context.Context, key []byte) error {
	_, err := s.store.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_AWAIT_ABSENT, Session: s.number, Key: key})
	return err
}

// Watch sets a watch. The end of ctx cancels it in the plugin, which then
// closes the channel.
func (s *Session) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	i := &driverpb.Instruction{Verb: driverpb.Instruction_VERB_WATCH, Session: s.number, Key: prefix}
	outcomes, err := s.store.send(i)
	if err != nil {
		return nil, err
	}
	select {
	case first := <-outcomes:
		if err := failureOf(first); err != nil {
			return nil, err
		}
	case <-s.store.ended:
		return nil, s.store.why
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	context.AfterFunc(ctx, func() {
		_, _ = s.store.send(&driverpb.Instruction{Verb: driverpb.Instruction_VERB_CANCEL, Target: i.Id})
	})
	events := make(chan driver.WatchEvent, 1024)
	go func() {
		defer close(events)
		for {
			select {
			case o, ok := <-outcomes:
				if !ok || o.Last {
					return
				}
				events <- driver.WatchEvent{
					Type: driver.WatchType(o.Change.Type), Key: o.Change.Key, Value: o.Change.Value, Missed: int(o.Change.Missed),
				}
			case <-s.store.ended:
				return
			}
		}
	}()
	return events, nil
}

// Abandon leaves the session as a client that dies.
func (s *Session) Abandon() error {
	_, err := s.store.ask(context.Background(), &driverpb.Instruction{Verb: driverpb.Instruction_VERB_ABANDON, Session: s.number})
	return err
}

// Close ends the session.
func (s *Session) Close() error {
	_, err := s.store.ask(context.Background(), &driverpb.Instruction{Verb: driverpb.Instruction_VERB_CLOSE_SESSION, Session: s.number})
	return err
}
