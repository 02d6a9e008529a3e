package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
	"github.com/benchctl/benchctl/core/sample"
)

var (
	errIncapable = errors.New("the driver's sessions cannot do this")
	errUneven    = errors.New("there should be as many values as keys")
)

// with uses a session that has an optional interface.
func with[Capable any](s driver.Session, use func(Capable) error) error {
	capable, ok := s.(Capable)
	if !ok {
		return errIncapable
	}
	return use(capable)
}

// do executes an instruction of a session that has one outcome.
func do(ctx context.Context, s driver.Session, i *driverpb.Instruction, outcome *driverpb.Outcome) error {
	switch i.Verb {
	case driverpb.Instruction_VERB_EXECUTE:
		return executeOne(ctx, s, i, outcome)
	case driverpb.Instruction_VERB_GET_VERSION:
		return with(s, func(s driver.CompareAndSetter) (err error) {
			outcome.Value, outcome.Version, err = s.GetVersion(ctx, i.Key)
			return err
		})
	case driverpb.Instruction_VERB_COMPARE_AND_SET:
		return with(s, func(s driver.CompareAndSetter) (err error) {
			outcome.Version, err = s.CompareAndSet(ctx, i.Key, i.Value, i.Version)
			return err
		})
	case driverpb.Instruction_VERB_SYNC:
		return with(s, func(s driver.Syncer) error { return s.Sync(ctx) })
	case driverpb.Instruction_VERB_SET_ALL:
		if len(i.Keys) != len(i.Values) {
			return errUneven
		}
		return with(s, func(s driver.Transactor) error { return s.SetAll(ctx, i.Keys, i.Values) })
	case driverpb.Instruction_VERB_CREATE_EPHEMERAL_SEQUENTIAL:
		return with(s, func(s driver.EphemeralSequentialCreator) (err error) {
			outcome.Keys = make([]string, 1)
			outcome.Keys[0], err = s.CreateEphemeralSequential(ctx, i.Key, i.Value)
			return err
		})
	case driverpb.Instruction_VERB_AWAIT_PRESENT:
		return with(s, func(s driver.Awaiter) error { return s.AwaitPresent(ctx, i.Key) })
	case driverpb.Instruction_VERB_AWAIT_ABSENT:
		return with(s, func(s driver.Awaiter) error { return s.AwaitAbsent(ctx, i.Key) })
	case driverpb.Instruction_VERB_ABANDON:
		return with(s, func(s driver.Abandoner) error { return s.Abandon() })
	case driverpb.Instruction_VERB_CLOSE_SESSION:
		return s.Close()
	}
	return fmt.Errorf("verb %v is unknown", i.Verb)
}

// executeOne executes an operation that is one request.
func executeOne(ctx context.Context, s driver.Session, i *driverpb.Instruction, outcome *driverpb.Outcome) error {
	op := sample.Op(i.Op)
	if int(op) >= sample.OpCount || requests[op] == nil {
		return fmt.Errorf("operation %s is not one request", op)
	}
	return requests[op](ctx, s, i, outcome)
}

var requests = [sample.OpCount]func(ctx context.Context, s driver.Session, i *driverpb.Instruction, outcome *driverpb.Outcome) error{
	sample.OpCreate: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, _ *driverpb.Outcome) error {
		return s.Create(ctx, i.Key, i.Value)
	},
	sample.OpSet: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, _ *driverpb.Outcome) error {
		return s.Set(ctx, i.Key, i.Value)
	},
	sample.OpGet: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, outcome *driverpb.Outcome) (err error) {
		outcome.Value, err = s.Get(ctx, i.Key)
		return err
	},
	sample.OpDelete: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, _ *driverpb.Outcome) error {
		return s.Delete(ctx, i.Key)
	},
	sample.OpList: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, outcome *driverpb.Outcome) (err error) {
		outcome.Keys, err = s.List(ctx, i.Key)
		return err
	},
	sample.OpPut: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, _ *driverpb.Outcome) error {
		return with(s, func(s driver.Putter) error { return s.Put(ctx, i.Key, i.Value) })
	},
	sample.OpCreateEphemeral: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, _ *driverpb.Outcome) error {
		return with(s, func(s driver.EphemeralCreator) error { return s.CreateEphemeral(ctx, i.Key, i.Value) })
	},
	sample.OpCreateSequential: func(ctx context.Context, s driver.Session, i *driverpb.Instruction, outcome *driverpb.Outcome) error {
		return with(s, func(s driver.SequentialCreator) (err error) {
			outcome.Keys = make([]string, 1)
			outcome.Keys[0], err = s.CreateSequential(ctx, i.Key, i.Value)
			return err
		})
	},
}
