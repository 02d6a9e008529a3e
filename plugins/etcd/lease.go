package etcd

import (
	"context"
	"errors"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/benchctl/benchctl/core/driver"
)

// lease is what a session's ephemeral keys hang on. A session that has none
// needs no lease.
type lease struct {
	session *session

	mu      sync.Mutex
	id      clientv3.LeaseID
	silence context.CancelFunc // ends the signs of life
	kept    sync.WaitGroup
}

// CreateEphemeral creates a key that vanishes with the session's lease.
func (s *session) CreateEphemeral(ctx context.Context, key, value []byte) error {
	id, err := s.lease.hold(ctx)
	if err != nil {
		return err
	}
	return s.create(ctx, key, value, int64(id))
}

// CreateEphemeralSequential numbers a key that vanishes with the session's lease.
func (s *session) CreateEphemeralSequential(ctx context.Context, prefix, value []byte) (string, error) {
	id, err := s.lease.hold(ctx)
	if err != nil {
		return "", err
	}
	return s.number(ctx, prefix, value, int64(id))
}

// hold returns the lease, which it takes first if there is none.
func (l *lease) hold(ctx context.Context) (clientv3.LeaseID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.id != 0 {
		return l.id, nil
	}
	s := l.session
	ttl := int64((s.store.setup.Duration(driver.OptionSessionTimeout) + time.Second - 1) / time.Second)
	granted, err := pb.NewLeaseClient(s.client.ActiveConnection()).LeaseGrant(s.guard.Begin(ctx), &pb.LeaseGrantRequest{TTL: ttl})
	if err := s.end(err); err != nil {
		return 0, err
	}
	id := clientv3.LeaseID(granted.ID)
	living, silence := context.WithCancel(context.Background())
	alive, err := s.client.KeepAlive(living, id)
	if err != nil {
		silence()
		return 0, classify(err)
	}
	l.id, l.silence = id, silence
	l.kept.Go(func() { l.keep(living, alive) })
	return id, nil
}

// keep takes the answers to the signs of life, which end when the lease has
// expired.
func (l *lease) keep(ctx context.Context, alive <-chan *clientv3.LeaseKeepAliveResponse) {
	for range alive {
	}
	if ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	l.id = 0
	l.mu.Unlock()
	l.session.store.incident(driver.SessionExpired, l.session.at.String())
}

// leave ends the signs of life, and returns the lease that they were for, 0 if
// there was none.
func (l *lease) leave() clientv3.LeaseID {
	l.mu.Lock()
	id, silence := l.id, l.silence
	l.id = 0
	l.mu.Unlock()
	if id != 0 {
		silence()
		l.kept.Wait()
	}
	return id
}

// revoke gives the lease back, and waits until its keys are gone.
func (l *lease) revoke() error {
	id := l.leave()
	if id == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.session.store.setup.Timeout)
	defer cancel()
	if _, err := l.session.client.Revoke(ctx, id); err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return classify(err)
	}
	return nil
}
