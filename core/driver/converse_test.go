package driver

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/sample"
)

// TestAnInstructionThatWaitsIsCancelled cancels one that is under way and one
// that queues behind it.
func TestAnInstructionThatWaitsIsCancelled(t *testing.T) {
	client := dial(t, &scripted{create: func(ctx context.Context, _ int, _ []byte) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stream, err := client.Converse(ctx)
	if err != nil {
		t.Fatal(err)
	}
	setup, err := json.Marshal(Setup{Nodes: 1, Reads: Linearizable, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	create := int32(sample.OpCreate)
	for _, i := range []*driverpb.Instruction{
		{Id: 1, Verb: driverpb.Instruction_VERB_OPEN_STORE, SetupJson: setup, TimeoutNs: int64(time.Minute)},
		{Id: 2, Verb: driverpb.Instruction_VERB_OPEN_SESSION, TimeoutNs: int64(time.Minute)},
		{Id: 3, Verb: driverpb.Instruction_VERB_EXECUTE, Op: create},
		{Id: 4, Verb: driverpb.Instruction_VERB_EXECUTE, Op: create},
		{Id: 5, Verb: driverpb.Instruction_VERB_CANCEL, Target: 4},
		{Id: 6, Verb: driverpb.Instruction_VERB_CANCEL, Target: 3},
		{Id: 7, Verb: driverpb.Instruction_VERB_EXECUTE, Op: int32(sample.OpSet)},
	} {
		if err := stream.Send(i); err != nil {
			t.Fatal(err)
		}
		if i.Id > 2 {
			continue
		}
		if o, err := stream.Recv(); err != nil || o.Status != 0 { // so that the session is there
			t.Fatal(o, err)
		}
	}
	outcomes := map[int64]string{}
	for range 5 {
		o, err := stream.Recv()
		if err != nil {
			t.Fatalf("%v: after %v", err, outcomes)
		}
		outcomes[o.Id] = o.Error
	}
	want := map[int64]string{3: context.Canceled.Error(), 4: context.Canceled.Error(), 5: "", 6: "", 7: ""}
	if fmt.Sprint(outcomes) != fmt.Sprint(want) {
		t.Errorf("outcomes %v, want %v", outcomes, want)
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
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
