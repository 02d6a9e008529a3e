package zookeeper

import (
	"context"
	"errors"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/benchctl/benchctl/core/driver"
)

// AwaitPresent waits with a watch on a znode that may be missing.
func (s *session) AwaitPresent(ctx context.Context, key []byte) error {
	return s.await(ctx, string(key), zk.EventNodeCreated, func(znode string) (bool, <-chan zk.Event, error) {
		there, _, changed, err := s.zk().ExistsW(znode)
		return there, changed, err
	})
}

// AwaitAbsent waits with a watch that the server sets only on a znode which is
// there: one on a znode that is missing would never go away.
func (s *session) AwaitAbsent(ctx context.Context, key []byte) error {
	var created int64 // the transaction that created what was seen
	return s.await(ctx, string(key), zk.EventNodeDeleted, func(znode string) (bool, <-chan zk.Event, error) {
		_, stat, changed, err := s.zk().GetW(znode)
		switch {
		case errors.Is(err, zk.ErrNoNode):
			return true, nil, nil
		case err != nil:
			return false, nil, err
		}
		again := created != 0 && created != stat.Czxid // it was deleted in between
		created = stat.Czxid
		return again, changed, nil
	})
}

// await looks, which sets a watch, and looks again when it has fired for
// something else or was lost with its session, until the watch or the look
// tells of what is awaited. The client library takes watches along to another
// server.
func (s *session) await(ctx context.Context, znode string, awaited zk.EventType, look func(string) (bool, <-chan zk.Event, error)) error {
	for {
		seen, changed, err := s.lookFor(ctx, znode, look)
		var again <-chan time.Time
		switch class := driver.Classify(err); {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case class == driver.Unavailable, class == driver.Timeout:
			again = time.After(openEvery)
		case err != nil:
			return err
		case seen:
			return nil
		}
		select {
		case e := <-changed:
			if e.Type == awaited {
				return nil
			}
		case <-again:
		case <-s.done:
			return driver.ErrUnavailable
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lookFor looks at a znode, as linearizable as the session's reads are.
func (s *session) lookFor(ctx context.Context, znode string, look func(string) (bool, <-chan zk.Event, error)) (seen bool, changed <-chan zk.Event, err error) {
	if err := s.begin(ctx); err != nil {
		return false, nil, err
	}
	if err = s.sync(znode); err == nil {
		seen, changed, err = look(znode)
	}
	return seen, changed, s.end(err)
}
