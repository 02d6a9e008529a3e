package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
)

// History is what concurrent clients asked of some keys, and what they were
// answered.
type History struct {
	began time.Time

	mu         sync.Mutex
	clients    int
	operations []porcupine.Operation
	unknown    int
}

// NewHistory returns an empty history that begins now.
func NewHistory() *History { return &History{began: time.Now()} }

// Client is one of those whose operations make a history. It executes one at
// a time.
type Client struct {
	history *History
	session driver.Session
	number  int
}

// Client adds a client that uses a session.
func (h *History) Client(session driver.Session) *Client {
	return &Client{history: h, session: session, number: h.next()}
}

// next returns the number of a client that has no operation under way.
func (h *History) next() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients++
	return h.clients
}

// input is an operation on a key.
type input struct {
	op         sample.Op
	key, value string
}

// output is what was answered. Of a write whose answer was lost it is unknown
// whether it took effect.
type output struct {
	status  sample.Status
	value   string
	unknown bool
}

// Do executes create, set, put, get or delete and records it. Values should
// be unique and not empty.
func (c *Client) Do(ctx context.Context, op sample.Op, key, value string) error {
	in := input{op, key, value}
	call := time.Since(c.history.began)
	got, err := c.execute(ctx, in)
	end := time.Since(c.history.began)
	out := output{status: driver.Classify(err), value: string(got)}
	switch out.status {
	case sample.OK, sample.Exists, sample.NotFound:
	default:
		if op.Effect() == sample.EffectNone {
			return err // a read without an answer says nothing
		}
		out.unknown, end = true, math.MaxInt64
	}
	c.history.add(c.number, in, out, call, end)
	if out.unknown {
		c.number = c.history.next() // the old one still waits, for all we know
	}
	return err
}

func (c *Client) execute(ctx context.Context, in input) (got []byte, err error) {
	key, value := []byte(in.key), []byte(in.value)
	switch in.op {
	case sample.OpCreate:
		err = c.session.Create(ctx, key, value)
	case sample.OpSet:
		err = c.session.Set(ctx, key, value)
	case sample.OpDelete:
		err = c.session.Delete(ctx, key)
	case sample.OpPut:
		putter, ok := c.session.(driver.Putter)
		if !ok {
			return nil, errors.New("the session has no put")
		}
		err = putter.Put(ctx, key, value)
	case sample.OpGet:
		got, err = c.session.Get(ctx, key)
	default:
		return nil, fmt.Errorf("histories have no operation %s", in.op)
	}
	return got, err
}

func (h *History) add(client int, in input, out output, call, end time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{
		ClientId: client, Input: in, Call: int64(call), Output: out, Return: int64(end),
	})
	if out.unknown {
		h.unknown++
	}
}

// Count returns how many operations are recorded, and of how many of them the
// answer was lost.
func (h *History) Count() (operations, unknown int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.operations), h.unknown
}

// The verdicts on a history.
var (
	errNotLinearizable = errors.New("the history is not linearizable: no order of its operations explains every answer")
	errUndecided       = errors.New("it could not be decided in time whether the history is linearizable")
)

// Linearizable returns an error if no order of the operations, each somewhere
// between its call and its return, explains all answers.
func (h *History) Linearizable(within time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	model := register.ToModel()
	switch porcupine.CheckOperationsTimeout(model, h.operations, within) {
	case porcupine.Ok:
		return nil
	case porcupine.Illegal:
		return errNotLinearizable
	}
	return errUndecided
}

// register is a key that is absent ("") or has a value. A write whose answer
// was lost may take effect at any time after its call, or never.
var register = porcupine.NondeterministicModel{
	Partition: byKey,
	Init:      func() []any { return []any{""} },
	Step: func(state, in, out any) []any {
		next, status := step(state.(string), in.(input))
		answer := out.(output)
		if answer.unknown {
			return []any{state, next}
		}
		if answer.status != status || in.(input).op.Reads() && status == sample.OK && answer.value != state {
			return nil
		}
		return []any{next}
	},
	Equal: func(a, b any) bool { return a == b },
}

func byKey(operations []porcupine.Operation) [][]porcupine.Operation {
	keys := map[string][]porcupine.Operation{}
	for _, op := range operations {
		key := op.Input.(input).key
		keys[key] = append(keys[key], op)
	}
	var parts [][]porcupine.Operation
	for _, part := range keys {
		parts = append(parts, part)
	}
	return parts
}

// step returns what an operation makes of a key's value, and its status.
func step(value string, in input) (next string, status sample.Status) {
	switch op := in.op; {
	case op.Requires() == sample.KeyAbsent && value != "":
		return value, sample.Exists
	case op.Requires() == sample.KeyPresent && value == "":
		return value, sample.NotFound
	case op.Effect() == sample.EffectDelete:
		return "", sample.OK
	case op.Effect() == sample.EffectNone:
		return value, sample.OK
	}
	return in.value, sample.OK
}
