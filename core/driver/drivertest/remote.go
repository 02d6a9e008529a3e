package drivertest

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
	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/sample"
)

// openWithin bounds the opening of a store or session.
const openWithin = 30 * time.Second

// Remote is a store that a plugin has open for us. Its sessions have every
// optional operation; what the plugin lacks fails.
type Remote struct {
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

// Open asks a plugin to open a store.
func Open(ctx context.Context, plugin driverpb.DriverClient, setup driver.Setup) (*Remote, error) {
	document, err := json.Marshal(setup)
	if err != nil {
		return nil, err
	}
	talking, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	stream, err := plugin.Converse(talking)
	if err != nil {
		hangUp()
		return nil, err
	}
	r := &Remote{stream: stream, hangUp: hangUp, waiting: map[int64]chan *driverpb.Outcome{}, ended: make(chan struct{})}
	go r.listen()
	_, err = r.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_OPEN_STORE, SetupJson: document, TimeoutNs: int64(openWithin)})
	if err != nil {
		r.HangUp()
		return nil, err
	}
	return r, nil
}

// listen hands each outcome to whoever waits for it.
func (r *Remote) listen() {
	for {
		outcome, err := r.stream.Recv()
		if err != nil {
			r.why = fmt.Errorf("the plugin has gone: %s", status.Convert(err).Message())
			close(r.ended)
			return
		}
		r.mu.Lock()
		to := r.waiting[outcome.Id]
		if outcome.Last {
			delete(r.waiting, outcome.Id)
		}
		r.mu.Unlock()
		if to == nil {
			continue // nobody waits any more
		}
		select {
		case to <- outcome:
		case <-r.stream.Context().Done():
		}
		if outcome.Last {
			close(to)
		}
	}
}

// send sends an instruction and returns where its outcomes come.
func (r *Remote) send(i *driverpb.Instruction) (<-chan *driverpb.Outcome, error) {
	i.Id = r.ids.Add(1)
	outcomes := make(chan *driverpb.Outcome, 16)
	r.mu.Lock()
	r.waiting[i.Id] = outcomes
	r.mu.Unlock()
	r.sending.Lock()
	defer r.sending.Unlock()
	return outcomes, r.stream.Send(i)
}

// ask sends an instruction and waits for its outcome. The end of ctx cancels
// the instruction in the plugin, whose outcome is still awaited for a while.
func (r *Remote) ask(ctx context.Context, i *driverpb.Instruction) (*driverpb.Outcome, error) {
	i.Cancelled = ctx.Err() != nil
	outcomes, err := r.send(i)
	if err != nil {
		<-r.ended
		return nil, r.why
	}
	stopped := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case outcome := <-outcomes:
			return outcome, failureOf(outcome)
		case <-r.ended:
			return nil, r.why
		case <-stopped:
			stopped, late = nil, time.After(cancelWithin)
			if _, err := r.send(&driverpb.Instruction{Verb: driverpb.Instruction_VERB_CANCEL, Target: i.Id}); err != nil {
				return nil, err
			}
		case <-late:
			return nil, errDeaf
		}
	}
}

// cancelWithin is how soon a driver should come back from an operation whose
// context has ended.
const cancelWithin = 10 * time.Second

var errDeaf = fmt.Errorf("the driver did not come back within %v after its context had ended", cancelWithin)

func failureOf(o *driverpb.Outcome) error {
	if o.Status == int32(sample.OK) {
		return nil
	}
	return driver.Classed(sample.Status(o.Status), errors.New(o.Error))
}

// Session opens a session.
func (r *Remote) Session(ctx context.Context, _ int) (driver.Session, error) { return r.session(ctx) }

func (r *Remote) session(ctx context.Context) (*remoteSession, error) {
	s := &remoteSession{remote: r, number: r.opened.Add(1)}
	_, err := r.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_OPEN_SESSION, Session: s.number - 1, TimeoutNs: int64(openWithin)})
	s.number--
	return s, err
}

// Close closes the store in the plugin.
func (r *Remote) Close() error {
	_, err := r.ask(context.Background(), &driverpb.Instruction{Verb: driverpb.Instruction_VERB_CLOSE_STORE})
	return err
}

// HangUp ends the conversation, with everything that is still open.
func (r *Remote) HangUp() {
	r.sending.Lock()
	_ = r.stream.CloseSend() // the call ends in any case
	r.sending.Unlock()
	select {
	case <-r.ended:
	case <-time.After(openWithin):
		r.hangUp()
		<-r.ended
	}
	r.hangUp()
}

// remoteSession is a session in the plugin.
type remoteSession struct {
	remote *Remote
	number int32
}

func (s *remoteSession) execute(ctx context.Context, op sample.Op, key, value []byte) (*driverpb.Outcome, error) {
	return s.remote.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_EXECUTE, Session: s.number, Op: int32(op), Key: key, Value: value,
	})
}

func (s *remoteSession) Create(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpCreate, key, value)
	return err
}

func (s *remoteSession) Set(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpSet, key, value)
	return err
}

func (s *remoteSession) Put(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpPut, key, value)
	return err
}

func (s *remoteSession) Get(ctx context.Context, key []byte) ([]byte, error) {
	outcome, err := s.execute(ctx, sample.OpGet, key, nil)
	return outcome.GetValue(), err
}

func (s *remoteSession) Delete(ctx context.Context, key []byte) error {
	_, err := s.execute(ctx, sample.OpDelete, key, nil)
	return err
}

func (s *remoteSession) List(ctx context.Context, prefix []byte) ([]string, error) {
	outcome, err := s.execute(ctx, sample.OpList, prefix, nil)
	return outcome.GetKeys(), err
}

func (s *remoteSession) CreateEphemeral(ctx context.Context, key, value []byte) error {
	_, err := s.execute(ctx, sample.OpCreateEphemeral, key, value)
	return err
}

func (s *remoteSession) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	outcome, err := s.execute(ctx, sample.OpCreateSequential, prefix, value)
	if err != nil {
		return "", err
	}
	return outcome.Keys[0], nil
}

func (s *remoteSession) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	outcome, err := s.remote.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_CREATE_EPHEMERAL_SEQUENTIAL, Session: s.number, Key: prefix, Value: value,
	})
	if err != nil {
		return "", err
	}
	return outcome.Keys[0], nil
}

func (s *remoteSession) SetAll(ctx context.Context, keys, values [][]byte) error {
	_, err := s.remote.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_SET_ALL, Session: s.number, Keys: keys, Values: values,
	})
	return err
}

func (s *remoteSession) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	outcome, err := s.remote.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_GET_VERSION, Session: s.number, Key: key})
	return outcome.GetValue(), outcome.GetVersion(), err
}

func (s *remoteSession) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	outcome, err := s.remote.ask(ctx, &driverpb.Instruction{
		Verb: driverpb.Instruction_VERB_COMPARE_AND_SET, Session: s.number, Key: key, Value: value, Version: version,
	})
	return outcome.GetVersion(), err
}

func (s *remoteSession) Sync(ctx context.Context) error {
	_, err := s.remote.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_SYNC, Session: s.number})
	return err
}

func (s *remoteSession) AwaitPresent(ctx context.Context, key []byte) error {
	_, err := s.remote.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_AWAIT_PRESENT, Session: s.number, Key: key})
	return err
}

func (s *remoteSession) AwaitAbsent(ctx context.Context, key []byte) error {
	_, err := s.remote.ask(ctx, &driverpb.Instruction{Verb: driverpb.Instruction_VERB_AWAIT_ABSENT, Session: s.number, Key: key})
	return err
}

// Watch sets a watch. The end of ctx cancels it in the plugin, which then
// closes the channel.
func (s *remoteSession) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	i := &driverpb.Instruction{Verb: driverpb.Instruction_VERB_WATCH, Session: s.number, Key: prefix}
	outcomes, err := s.remote.send(i)
	if err != nil {
		return nil, err
	}
	select {
	case first := <-outcomes:
		if err := failureOf(first); err != nil {
			return nil, err
		}
	case <-s.remote.ended:
		return nil, s.remote.why
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	context.AfterFunc(ctx, func() {
		_, _ = s.remote.send(&driverpb.Instruction{Verb: driverpb.Instruction_VERB_CANCEL, Target: i.Id})
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
			case <-s.remote.ended:
				return
			}
		}
	}()
	return events, nil
}

func (s *remoteSession) Abandon() error {
	_, err := s.remote.ask(context.Background(), &driverpb.Instruction{Verb: driverpb.Instruction_VERB_ABANDON, Session: s.number})
	return err
}

func (s *remoteSession) Close() error {
	_, err := s.remote.ask(context.Background(), &driverpb.Instruction{Verb: driverpb.Instruction_VERB_CLOSE_SESSION, Session: s.number})
	return err
}
