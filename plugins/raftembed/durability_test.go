package raftembed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/benchctl/benchctl/core/driver"
)

func TestRestartOfAllNodesKeepsEveryAcknowledgedKey(t *testing.T) {
	ends := map[string]func(*rig, context.Context, string) error{
		"killed":  func(r *rig, ctx context.Context, name string) error { return r.KillNode(ctx, name) },
		"stopped": func(r *rig, ctx context.Context, name string) error { return r.StopNode(ctx, name) },
	}
	for how, end := range ends {
		t.Run(how, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				acknowledged := fillWhileRunning(t, r, func() {
					for _, name := range r.Names() {
						if err := end(r, t.Context(), name); err != nil {
							t.Fatal(err)
						}
					}
				})
				for _, name := range r.Names() {
					if err := r.StartNode(t.Context(), name); err != nil {
						t.Fatal(err)
					}
				}
				r.reopen(t.Context())
				expectKeys(t, r, acknowledged)
			})
		})
	}
}

// fillWhileRunning creates keys from several sessions until the function has
// ended the nodes, and returns those that were acknowledged.
func fillWhileRunning(t *testing.T, r *rig, end func()) []string {
	t.Helper()
	const sessions, enough = 4, 200
	var mu sync.Mutex
	var acknowledged []string
	filled := make(chan struct{})
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	var group sync.WaitGroup
	for i := range sessions {
		s := r.session(i)
		group.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("/k/%d/%d", i, n)
				if err := s.Create(ctx, []byte(key), []byte(key)); err != nil {
					continue
				}
				mu.Lock()
				if acknowledged = append(acknowledged, key); len(acknowledged) == enough {
					close(filled)
				}
				mu.Unlock()
			}
		})
	}
	<-filled
	end()
	giveUp()
	group.Wait()
	return acknowledged
}

func expectKeys(t *testing.T, r *rig, keys []string) {
	t.Helper()
	s := r.session(0)
	for _, key := range keys {
		if got, err := s.Get(t.Context(), []byte(key)); string(got) != key || err != nil {
			t.Fatalf("of %d acknowledged keys %s is %q, %v", len(keys), key, got, err)
		}
	}
}

func TestANodeComesBackFromASnapshot(t *testing.T) {
	t.Parallel()
	r := deploy(t, 3, "snapshot-threshold", "50")
	s := r.session(0)
	victim := "node-1"
	for victim == r.leader() {
		victim = "node-2"
	}
	if err := r.KillNode(t.Context(), victim); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for i := range 400 {
		key := fmt.Sprintf("/k/%d", i)
		keys = append(keys, key)
		until(t, "the key is created", func() bool { // also if a leader resigns
			err := s.Create(t.Context(), []byte(key), []byte(key))
			return err == nil || errors.Is(err, driver.ErrExists) // of an answer that was lost
		})
	}
	for _, n := range r.driver.(*raftembed).nodes.running { // what the victim lacks is no longer in their logs
		if err := n.raft.Snapshot().Error(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.StartNode(t.Context(), victim); err != nil {
		t.Fatal(err)
	}
	machine := r.driver.(*raftembed).nodes.running[victim].machine
	deadline := time.Now().Add(time.Minute)
	for machine.latest() < int64(len(keys)) {
		if time.Now().After(deadline) {
			t.Fatalf("the node has %d of %d changes", machine.latest(), len(keys))
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, key := range keys {
		if got := machine.read(&command{kind: kindGet, key: []byte(key)}); string(got.value) != key {
			t.Fatalf("%s has %d bytes on the node that came back", key, len(got.value))
		}
	}
	if machine.floor == 0 {
		t.Error("the node came back from the log, not from a snapshot")
	}
}

// registerInput is an operation on one key in a recorded history.
type registerInput struct {
	key   string
	kind  kind
	value string
}

// registerOutput is what was answered. Of a write whose answer was lost it is
// not known whether it took effect.
type registerOutput struct {
	value   string
	status  string // "ok", "exists", "not-found"
	unknown bool
}

// register is a key that is absent ("") or has a value. A write that is
// unknown may take effect at any time after its call, or never: its return
// lies at the end of time, and both outcomes are accepted.
var register = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(registerInput).key
			byKey[key] = append(byKey[key], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() []any { return []any{""} },
	Step: func(state, input, output any) []any {
		value, in, out := state.(string), input.(registerInput), output.(registerOutput)
		next, status := value, "ok"
		switch {
		case in.kind == kindGet && value == "", in.kind == kindSet && value == "", in.kind == kindDelete && value == "":
			status = "not-found"
		case in.kind == kindCreate && value != "":
			status = "exists"
		case in.kind == kindDelete:
			next = ""
		case in.kind != kindGet:
			next = in.value
		}
		if out.unknown {
			return []any{value, next}
		}
		if out.status != status || in.kind == kindGet && out.value != value {
			return nil
		}
		return []any{next}
	},
	Equal: func(a, b any) bool { return a == b },
}

// recorder collects a history.
type recorder struct {
	mu      sync.Mutex
	began   time.Time
	history []porcupine.Operation
	clients int
}

func (h *recorder) add(client int, call int64, in registerInput, out registerOutput) {
	end := time.Since(h.began).Nanoseconds()
	if out.unknown {
		end = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.history = append(h.history, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: end})
}

// known returns how many operations were answered.
func (h *recorder) known() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, op := range h.history {
		if !op.Output.(registerOutput).unknown {
			n++
		}
	}
	return n
}

// client returns the number of a client that has no operation under way.
func (h *recorder) client() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients++
	return h.clients
}

func TestHistoryUnderFailuresIsLinearizable(t *testing.T) {
	for _, placement := range []string{embedded, processes} {
		t.Run(placement, func(t *testing.T) {
			t.Parallel()
			r := deploy(t, 3, "placement", placement)
			r.setup.Timeout = time.Second
			r.reopen(t.Context())
			h := &recorder{began: time.Now()}
			var over atomic.Bool
			var group sync.WaitGroup
			for i := range 6 {
				s := r.session(i)
				group.Go(func() { h.load(t, s, rand.New(rand.NewPCG(7, uint64(i))), &over) })
			}
			disturb(t, r)
			until(t, "500 operations were answered", func() bool { return h.known() >= 500 })
			over.Store(true)
			group.Wait()

			known := h.known()
			t.Logf("%d operations, %d without an answer", len(h.history), len(h.history)-known)
			model := register.ToModel()
			if result := porcupine.CheckOperationsTimeout(model, h.history, time.Minute); result != porcupine.Ok {
				t.Errorf("the history is not linearizable: %v", result)
			}
		})
	}
}

// load executes random operations on few keys and records them.
func (h *recorder) load(t *testing.T, s *session, random *rand.Rand, over *atomic.Bool) {
	client := h.client()
	for n := 0; !over.Load(); n++ {
		in := registerInput{
			key:   fmt.Sprintf("/r/%d", random.IntN(8)),
			kind:  []kind{kindCreate, kindSet, kindPut, kindDelete, kindGet, kindGet, kindGet}[random.IntN(7)],
			value: fmt.Sprintf("%d-%d", client, n),
		}
		call := time.Since(h.began).Nanoseconds()
		out, err := h.do(t.Context(), s, in)
		switch {
		case errors.Is(err, driver.ErrExists):
			out.status = "exists"
		case errors.Is(err, driver.ErrNotFound):
			out.status = "not-found"
		case err != nil && in.kind == kindGet:
			continue // a read without an answer says nothing
		case err != nil:
			out.unknown = true
		default:
			out.status = "ok"
		}
		h.add(client, call, in, out)
		if out.unknown {
			client = h.client() // the old one is still waiting, for all we know
		}
		time.Sleep(time.Millisecond)
	}
}

func (h *recorder) do(ctx context.Context, s *session, in registerInput) (out registerOutput, err error) {
	key, value := []byte(in.key), []byte(in.value)
	switch in.kind {
	case kindCreate:
		err = s.Create(ctx, key, value)
	case kindSet:
		err = s.Set(ctx, key, value)
	case kindPut:
		err = s.Put(ctx, key, value)
	case kindDelete:
		err = s.Delete(ctx, key)
	default:
		var got []byte
		got, err = s.Get(ctx, key)
		out.value = string(got)
	}
	return out, err
}

// disturb kills and restarts nodes, the leader first, then each one.
func disturb(t *testing.T, r *rig) {
	t.Helper()
	victims := []string{r.leader(), "node-1", "node-2", "node-3"}
	for _, name := range victims {
		time.Sleep(300 * time.Millisecond)
		if err := r.KillNode(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		time.Sleep(400 * time.Millisecond)
		if err := r.StartNode(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		r.leader()
	}
	time.Sleep(300 * time.Millisecond)
}
