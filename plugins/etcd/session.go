package etcd

import (
	"context"
	"errors"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/connectivity"

	"github.com/benchctl/benchctl/core/driver"
)

// session is one connection. Its requests go to the generated gRPC client
// below clientv3's own calls: they are the same requests, but are never sent
// twice, so that a latency is that of one request, and are kept and used again.
type session struct {
	store  *store
	client *clientv3.Client
	at     *place
	kv     pb.KVClient
	guard  *driver.Guard

	get    pb.RangeRequest
	put    pb.PutRequest
	delete pb.DeleteRangeRequest
	txn    transaction

	lease    lease
	numbered map[string]int64 // the numbers given below each prefix, as last seen

	closing  sync.Once
	living   context.Context // ends with the session
	leave    context.CancelFunc
	followed sync.WaitGroup
}

func newSession(s *store, client *clientv3.Client, at *place) *session {
	opened := &session{
		store: s, client: client, at: at, kv: pb.NewKVClient(client.ActiveConnection()),
		guard:    driver.NewGuard(s.setup.Timeout, nil),
		get:      pb.RangeRequest{Serializable: s.setup.Reads == driver.Sequential},
		numbered: map[string]int64{},
	}
	opened.txn.init()
	opened.lease.session = opened
	opened.living, opened.leave = context.WithCancel(context.Background())
	opened.followed.Go(opened.follow)
	return opened
}

// follow tells when the connection is lost, and when there is one again.
func (s *session) follow() {
	conn, reached, lost := s.client.ActiveConnection(), false, false
	endpoint := "" // it is another when the loss is seen after the next one was reached
	for state := conn.GetState(); ; state = conn.GetState() {
		switch {
		case state == connectivity.Ready && lost:
			s.store.incident(driver.SessionResumed, s.at.String())
			lost = false
		case state != connectivity.Ready && reached && !lost:
			s.store.incident(driver.SessionLost, endpoint)
			lost = true
			conn.Connect() // as it would with the next request
		}
		if state == connectivity.Ready {
			reached, endpoint = true, s.at.String()
		}
		if !conn.WaitForStateChange(s.living, state) {
			return
		}
	}
}

// transaction is a request "if the key is so, put it, else …" made once.
type transaction struct {
	pb.TxnRequest
	condition pb.Compare
	revision  pb.Compare_CreateRevision
	modified  pb.Compare_ModRevision
	put       pb.PutRequest
	read      pb.RangeRequest
	otherwise []*pb.RequestOp
}

func (t *transaction) init() {
	t.Compare = []*pb.Compare{&t.condition}
	t.Success = []*pb.RequestOp{{Request: &pb.RequestOp_RequestPut{RequestPut: &t.put}}}
	t.read.KeysOnly = true
	t.otherwise = []*pb.RequestOp{{Request: &pb.RequestOp_RequestRange{RequestRange: &t.read}}}
}

// create fills in the key and value to put when the condition holds, and the
// lease that the key hangs on, 0 for none.
func (t *transaction) create(key, value []byte, lease int64) {
	t.condition.Key = key
	t.put.Key, t.put.Value = key, value
	t.put.Lease, t.put.IgnoreLease = lease, false
	t.Failure = nil
}

// change fills in a key that is there, which keeps its lease.
func (t *transaction) change(key, value []byte) {
	t.create(key, value, 0)
	t.put.IgnoreLease = true
}

// ifAbsent and ifPresent compare the revision of the key's creation, which an
// absent key has as 0.
func (t *transaction) ifAbsent() *pb.TxnRequest {
	t.condition.Target, t.condition.Result = pb.Compare_CREATE, pb.Compare_EQUAL
	t.condition.TargetUnion = &t.revision
	return &t.TxnRequest
}

func (t *transaction) ifPresent() *pb.TxnRequest {
	t.ifAbsent()
	t.condition.Result = pb.Compare_GREATER
	return &t.TxnRequest
}

func (t *transaction) ifModifiedAt(revision int64) *pb.TxnRequest {
	t.condition.Target, t.condition.Result = pb.Compare_MOD, pb.Compare_EQUAL
	t.modified.ModRevision = revision
	t.condition.TargetUnion = &t.modified
	t.read.Key = t.condition.Key
	t.Failure = t.otherwise
	return &t.TxnRequest
}

func (s *session) Create(ctx context.Context, key, value []byte) error {
	return s.create(ctx, key, value, 0)
}

func (s *session) create(ctx context.Context, key, value []byte, lease int64) error {
	s.txn.create(key, value, lease)
	answer, err := s.commit(ctx, s.txn.ifAbsent())
	if err == nil && !answer.Succeeded {
		return driver.ErrExists
	}
	return err
}

func (s *session) Set(ctx context.Context, key, value []byte) error {
	s.txn.change(key, value)
	answer, err := s.commit(ctx, s.txn.ifPresent())
	if err == nil && !answer.Succeeded {
		return driver.ErrNotFound
	}
	return err
}

func (s *session) Put(ctx context.Context, key, value []byte) error {
	s.put.Key, s.put.Value = key, value
	_, err := s.kv.Put(s.guard.Begin(ctx), &s.put)
	return s.end(err)
}

func (s *session) Get(ctx context.Context, key []byte) ([]byte, error) {
	value, _, err := s.GetVersion(ctx, key)
	return value, err
}

// GetVersion returns the revision of the key's last change as its version.
func (s *session) GetVersion(ctx context.Context, key []byte) ([]byte, int64, error) {
	s.get.Key = key
	answer, err := s.kv.Range(s.guard.Begin(ctx), &s.get)
	if err := s.end(err); err != nil {
		return nil, 0, err
	}
	if len(answer.Kvs) == 0 {
		return nil, 0, driver.ErrNotFound
	}
	return answer.Kvs[0].Value, answer.Kvs[0].ModRevision, nil
}

func (s *session) CompareAndSet(ctx context.Context, key, value []byte, version int64) (int64, error) {
	s.txn.change(key, value)
	answer, err := s.commit(ctx, s.txn.ifModifiedAt(version))
	switch {
	case err != nil:
		return 0, err
	case answer.Succeeded:
		return answer.Header.Revision, nil
	case len(answer.Responses[0].GetResponseRange().Kvs) == 0:
		return 0, driver.ErrNotFound
	}
	return 0, driver.ErrConflict
}

// SetAll puts every key, each on the lease that it has, on condition that all of
// them are there.
func (s *session) SetAll(ctx context.Context, keys, values [][]byte) error {
	request := &pb.TxnRequest{}
	for i, key := range keys {
		request.Compare = append(request.Compare, &pb.Compare{
			Key: key, Target: pb.Compare_CREATE, Result: pb.Compare_GREATER, TargetUnion: &pb.Compare_CreateRevision{},
		})
		put := &pb.PutRequest{Key: key, Value: values[i], IgnoreLease: true}
		request.Success = append(request.Success, &pb.RequestOp{Request: &pb.RequestOp_RequestPut{RequestPut: put}})
	}
	answer, err := s.commit(ctx, request)
	if err == nil && !answer.Succeeded {
		return driver.ErrNotFound
	}
	return err
}

func (s *session) Delete(ctx context.Context, key []byte) error {
	s.delete.Key = key
	answer, err := s.kv.DeleteRange(s.guard.Begin(ctx), &s.delete)
	if err := s.end(err); err != nil {
		return err
	}
	if answer.Deleted == 0 {
		return driver.ErrNotFound
	}
	return nil
}

func (s *session) List(ctx context.Context, prefix []byte) ([]string, error) {
	request := &pb.RangeRequest{
		Key: prefix, RangeEnd: []byte(clientv3.GetPrefixRangeEnd(string(prefix))),
		KeysOnly: true, Serializable: s.get.Serializable,
	}
	answer, err := s.kv.Range(s.guard.Begin(ctx), request)
	if err := s.end(err); err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(answer.Kvs))
	for _, kv := range answer.Kvs {
		keys = append(keys, string(kv.Key))
	}
	return keys, nil
}

// Sync makes a linearizable read of nothing: it returns once the session's
// node has applied all that was committed before.
func (s *session) Sync(ctx context.Context) error {
	_, err := s.kv.Range(s.guard.Begin(ctx), &pb.RangeRequest{Key: []byte{0}, CountOnly: true})
	return s.end(err)
}

// Close ends the session, and with its lease its ephemeral keys.
func (s *session) Close() error { return s.disconnect(s.lease.revoke) }

// Abandon leaves the lease to run out.
func (s *session) Abandon() error {
	return s.disconnect(func() error {
		s.lease.leave()
		return nil
	})
}

// disconnect ends the session once, after what is done with its lease.
func (s *session) disconnect(part func() error) error {
	var err error
	s.closing.Do(func() {
		err = part()
		s.leave()
		s.followed.Wait()
		s.guard.Release()
		_ = s.client.Close() // says only that it was closed
	})
	return err
}

func (s *session) commit(ctx context.Context, request *pb.TxnRequest) (*pb.TxnResponse, error) {
	answer, err := s.kv.Txn(s.guard.Begin(ctx), request)
	return answer, s.end(err)
}

// end is called after every request with its error, and returns it classed.
func (s *session) end(err error) error {
	over := s.guard.End()
	switch {
	case err == nil:
		return nil
	case errors.Is(over, driver.ErrTimeout):
		return over
	}
	return classify(err)
}
