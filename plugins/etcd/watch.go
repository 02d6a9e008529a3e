package etcd

import (
	"context"
	"errors"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/benchctl/benchctl/core/driver"
)

// watchBuffer is how many changes may wait for their reader.
const watchBuffer = 1024

// Watch reports every change after all that was acknowledged before it. One
// that loses its connection goes on from the last revision that it has seen;
// only what was compacted meanwhile is missed, and counted.
func (s *session) Watch(ctx context.Context, prefix []byte) (<-chan driver.WatchEvent, error) {
	// The session's node may be behind, so the revision has to be asked for.
	now, err := s.kv.Range(s.guard.Begin(ctx), &pb.RangeRequest{Key: []byte{0}, CountOnly: true})
	if err := s.end(err); err != nil {
		return nil, err
	}
	ctx, cancel := s.whileLiving(ctx)
	responses := s.client.Watch(ctx, string(prefix), clientv3.WithPrefix(), clientv3.WithRev(now.Header.Revision+1), clientv3.WithCreatedNotify())
	if err := s.created(ctx, responses); err != nil {
		cancel()
		return nil, err
	}
	events := make(chan driver.WatchEvent, watchBuffer)
	go func() {
		defer close(events)
		defer cancel()
		s.forward(ctx, string(prefix), now.Header.Revision, responses, events)
	}()
	return events, nil
}

// whileLiving returns a context that ends with the session, too.
func (s *session) whileLiving(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	forget := context.AfterFunc(s.living, cancel)
	return ctx, func() { forget(); cancel() }
}

// created waits until the server has set the watch up.
func (s *session) created(ctx context.Context, responses clientv3.WatchChan) error {
	ctx, cancel := context.WithTimeout(ctx, s.store.setup.Timeout)
	defer cancel()
	select {
	case first, ok := <-responses:
		if !ok {
			return driver.ErrUnavailable
		}
		if err := first.Err(); err != nil {
			return classify(err)
		}
		return nil
	case <-ctx.Done():
		return errors.Join(driver.ErrTimeout, ctx.Err())
	}
}

// forward hands over events until the watch ends.
func (s *session) forward(ctx context.Context, prefix string, seen int64, responses clientv3.WatchChan, events chan<- driver.WatchEvent) {
	missed := 0
	for {
		for response := range responses {
			if response.CompactRevision > 0 {
				missed += int(response.CompactRevision - seen - 1)
				seen = response.CompactRevision - 1
				break
			}
			for _, e := range response.Events {
				event := driver.WatchEvent{Type: kindOf(e), Key: string(e.Kv.Key), Value: e.Kv.Value, Missed: missed}
				missed, seen = 0, e.Kv.ModRevision
				select {
				case events <- event:
				case <-ctx.Done():
					return
				}
			}
			seen = max(seen, response.Header.Revision)
		}
		if ctx.Err() != nil {
			return
		}
		responses = s.client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(seen+1))
	}
}

func kindOf(e *clientv3.Event) driver.WatchType {
	switch {
	case e.Type == mvccpb.DELETE:
		return driver.Deleted
	case e.IsCreate():
		return driver.Created
	}
	return driver.Changed
}
