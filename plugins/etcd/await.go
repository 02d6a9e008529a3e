package etcd

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/sample"
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

// await looks at the key, and then watches it from the revision that it has
// seen. The watch goes on at another node by itself; once it has ended for
// another reason, such as a compaction, the key is looked at anew.
func (s *session) await(ctx context.Context, key []byte, present bool, filter clientv3.OpOption) error {
	watching, cancel := s.whileLiving(ctx)
	defer cancel()
	for watching.Err() == nil {
		s.get.Key = key
		answer, err := s.kv.Range(s.patience.begin(ctx), &s.get)
		err = s.end(err)
		switch class := driver.Classify(err); {
		case ctx.Err() != nil, class == sample.Unavailable, class == sample.Timeout:
		case err != nil:
			return err
		case (len(answer.Kvs) > 0) == present, s.changed(watching, key, answer.Header.Revision+1, filter):
			return nil
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

// changed reports whether a watch of a key has seen a change before it ended.
func (s *session) changed(ctx context.Context, key []byte, from int64, filter clientv3.OpOption) bool {
	for response := range s.client.Watch(ctx, string(key), clientv3.WithRev(from), filter) {
		if len(response.Events) > 0 {
			return true
		}
	}
	return false
}
