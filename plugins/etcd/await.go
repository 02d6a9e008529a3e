package etcd

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/benchctl/benchctl/core/driver"
)

// lookAgain is how long a wait that has lost its connection pauses between two
// tries to look.
const lookAgain = 20 * time.Millisecond

// AwaitPresent waits until a key is put.
func (s *session) AwaitPresent(ctx context.Context, key []byte) error {
	return s.await(ctx, key, true, clientv3.WithFilterDelete())
}

// AwaitAbsent waits until a key is deleted.
func (s *session) AwaitAbsent(ctx context.Context, key []byte) error {
	return s.await(ctx, key, false, clientv3.WithFilterPut())
}

// await watches the key from now on and then looks at it, so that nothing is
// missed between the two. A watch that began at the revision of a look would be
// behind as soon as anything else is written, and etcd serves watches that are
// behind only every 100 ms.
func (s *session) await(ctx context.Context, key []byte, present bool, filter clientv3.OpOption) error {
	watching, cancel := s.whileLiving(ctx)
	defer cancel()
	for watching.Err() == nil {
		seen, err := s.watchOnce(watching, key, present, filter)
		switch class := driver.Classify(err); {
		case seen:
			return nil
		case err == nil, ctx.Err() != nil, class == driver.Unavailable, class == driver.Timeout:
		default:
			return err
		}
		select {
		case <-watching.Done():
		case <-time.After(lookAgain):
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return driver.ErrUnavailable // the session has ended
}

// watchOnce reports whether the key was seen as it should be, before the watch
// ended. It goes on at another node by itself; it ends for other reasons, such
// as a compaction.
func (s *session) watchOnce(ctx context.Context, key []byte, present bool, filter clientv3.OpOption) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	responses := s.client.Watch(ctx, string(key), clientv3.WithCreatedNotify(), filter)
	if err := s.created(ctx, responses); err != nil {
		return false, err
	}
	s.get.Key = key
	answer, err := s.kv.Range(s.guard.Begin(ctx), &s.get)
	if err := s.end(err); err != nil {
		return false, err
	}
	if (len(answer.Kvs) > 0) == present {
		return true, nil
	}
	for response := range responses {
		if len(response.Events) > 0 {
			return true, nil
		}
	}
	return false, nil
}
