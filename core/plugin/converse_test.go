package plugin

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/google/go-cmp/cmp"
)

// converse opens a store and a session of a driver.
func converse(t *testing.T, ctx context.Context, d driver.Driver) driverpb.Driver_ConverseClient {
	t.Helper()
	stream, err := dial(t, d).Converse(ctx)
	if err != nil {
		t.Fatal(err)
	}
	setup, err := json.Marshal(driver.Setup{Nodes: 1, Reads: driver.Linearizable, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []*driverpb.Instruction{
		{Id: 1, Verb: driverpb.Instruction_VERB_OPEN_STORE, SetupJson: setup, TimeoutNs: int64(time.Second)},
		{Id: 2, Verb: driverpb.Instruction_VERB_OPEN_SESSION, TimeoutNs: int64(time.Second)},
	} {
		if err := stream.Send(i); err != nil {
			t.Fatal(err)
		}
		if o, err := stream.Recv(); err != nil || o.Status != 0 {
			t.Fatal(o, err)
		}
	}
	return stream
}

// TestInstructionsThatWaitAreCancelled cancels one that is under way, and those
// that queue behind it, however many they are.
func TestInstructionsThatWaitAreCancelled(t *testing.T) {
	const first, waiting = 3, 300
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stream := converse(t, ctx, &scripted{create: func(ctx context.Context, _ int, _ []byte) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	want := map[int64]string{}
	id := int64(first)
	send := func(i *driverpb.Instruction, outcome string) {
		i.Id, want[id] = id, outcome
		id++
		if err := stream.Send(i); err != nil {
			t.Fatal(err)
		}
	}
	for range waiting {
		send(&driverpb.Instruction{Verb: driverpb.Instruction_VERB_EXECUTE, Op: int32(sample.OpCreate)}, context.Canceled.Error())
	}
	for i := range int64(waiting) {
		send(&driverpb.Instruction{Verb: driverpb.Instruction_VERB_CANCEL, Target: first + waiting - 1 - i}, "")
	}
	send(&driverpb.Instruction{Verb: driverpb.Instruction_VERB_EXECUTE, Op: int32(sample.OpSet)}, "")
	outcomes := map[int64]string{}
	for range want {
		o, err := stream.Recv()
		if err != nil {
			t.Fatalf("%v: after %d outcomes", err, len(outcomes))
		}
		outcomes[o.Id] = o.Error
	}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Error(diff)
	}
	err := stream.CloseSend()
	for err == nil {
		_, err = stream.Recv()
	}
}

// telling is a driver that opens sessions only once it knows whom to tell of them.
type telling struct{ scripted }

func (d *telling) Open(context.Context, driver.Setup) (driver.Store, error) {
	return &tellingStore{scripted: &d.scripted}, nil
}

type tellingStore struct {
	*scripted
	tell func(driver.Incident)
}

func (s *tellingStore) Notify(tell func(driver.Incident)) { s.tell = tell }

func (s *tellingStore) Session(ctx context.Context, number int) (driver.Session, error) {
	s.tell(driver.Incident{Kind: driver.SessionLost})
	return s.scripted.Session(ctx, number)
}

func TestNotifyIsCalledBeforeASessionIsOpened(t *testing.T) {
	stream := converse(t, t.Context(), &telling{})
	err := stream.CloseSend()
	for err == nil {
		_, err = stream.Recv()
	}
}

// TestWhatASessionLacksFails asks the scripted sessions for everything else.
func TestWhatASessionLacksFails(t *testing.T) {
	s := &scriptedSession{}
	tries := []*driverpb.Instruction{
		{Verb: driverpb.Instruction_VERB_EXECUTE, Op: int32(sample.OpPut)},
		{Verb: driverpb.Instruction_VERB_EXECUTE, Op: int32(sample.OpCreateEphemeral)},
		{Verb: driverpb.Instruction_VERB_EXECUTE, Op: int32(sample.OpCreateSequential)},
	}
	for verb := range driverpb.Instruction_Verb_name {
		switch v := driverpb.Instruction_Verb(verb); v {
		case driverpb.Instruction_VERB_UNSPECIFIED, driverpb.Instruction_VERB_OPEN_STORE, driverpb.Instruction_VERB_OPEN_SESSION,
			driverpb.Instruction_VERB_CLOSE_STORE, driverpb.Instruction_VERB_CLOSE_SESSION, driverpb.Instruction_VERB_CANCEL,
			driverpb.Instruction_VERB_EXECUTE, driverpb.Instruction_VERB_WATCH: // of the conversation, or of every session
		default:
			tries = append(tries, &driverpb.Instruction{Verb: v})
		}
	}
	for _, i := range tries {
		if err := do(t.Context(), s, i, &driverpb.Outcome{}); err != errIncapable { //nolint:errorlint // our own, not wrapped
			t.Errorf("%v %v: %v", i.Verb, sample.Op(i.Op), err)
		}
	}
	uneven := &driverpb.Instruction{Verb: driverpb.Instruction_VERB_SET_ALL, Keys: [][]byte{{1}}}
	if err := do(t.Context(), s, uneven, &driverpb.Outcome{}); err != errUneven { //nolint:errorlint // our own, not wrapped
		t.Errorf("a transaction with a key and no value: %v", err)
	}
}
