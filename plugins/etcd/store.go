package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/benchctl/benchctl/core/driver"
)

const (
	openEvery = 50 * time.Millisecond // between tries to reach the cluster
	// externalPatience is for clusters that should serve already.
	externalPatience = 10 * time.Second
)

// connecting is how fast a lost connection is tried again: a server that is
// started again is there after some hundred milliseconds.
var connecting = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 500 * time.Millisecond},
	MinConnectTimeout: 2 * time.Second,
}

// store is a cluster. Every session has a connection of its own.
type store struct {
	setup          driver.Setup
	endpoints      []string // with their scheme
	tls            *tls.Config
	user, password string

	mu   sync.Mutex
	tell func(driver.Incident)
}

// Open returns once the cluster has a leader.
func (etcd) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	s := &store{setup: setup, tell: func(driver.Incident) {}}
	var err error
	if s.tls, err = setup.TLS(); err != nil {
		return nil, err
	}
	if s.user, s.password, err = setup.Credentials(name); err != nil {
		return nil, err
	}
	for _, endpoint := range setup.Endpoints {
		s.endpoints = append(s.endpoints, s.url(endpoint))
	}
	if setup.External {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, externalPatience)
		defer cancel()
	}
	if err := s.await(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// url adds the scheme, which endpoints may leave out.
func (s *store) url(endpoint string) string {
	switch {
	case strings.Contains(endpoint, "://"):
		return endpoint
	case s.tls != nil:
		return "https://" + endpoint
	}
	return "http://" + endpoint
}

// await asks the endpoints in turn until one knows a leader.
func (s *store) await(ctx context.Context) error {
	var telling error // the last one that says more than that time is up
	for try := 0; ; try++ {
		err := s.knock(ctx, try)
		switch {
		case err == nil:
			return nil
		case hopeless(err):
			return fmt.Errorf("etcd at %s: %w", s.from(try)[0], err)
		case ctx.Err() == nil || telling == nil:
			telling = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no etcd server serves at %s: %w: are they running, and a majority of them?", strings.Join(s.setup.Endpoints, ", "), telling)
		case <-time.After(openEvery):
		}
	}
}

// Everything that benchctl writes lies below root.
const root = "/benchctl"

// knock asks one endpoint for its leader, and whether we may write. It comes
// without credentials first: with them the client library says only that time
// was up, whatever the reason is.
func (s *store) knock(ctx context.Context, index int) error {
	stranger, err := s.dial(ctx, index, "", "")
	if err != nil {
		return plain(err)
	}
	defer stranger.Close()
	answer, err := pb.NewMaintenanceClient(stranger.ActiveConnection()).Status(ctx, &pb.StatusRequest{})
	switch {
	case errors.Is(rpctypes.Error(err), rpctypes.ErrUserEmpty): // it asks who we are
	case err != nil:
		return plain(err)
	case answer.Leader == 0:
		return errors.New("it knows no leader")
	}
	client, err := s.connect(ctx, index)
	if err != nil {
		return plain(err)
	}
	defer client.Close()
	if _, err := pb.NewKVClient(client.ActiveConnection()).Txn(ctx, writesNothing()); err != nil {
		return plain(err)
	}
	return nil
}

// writesNothing is a request that writes if a condition holds which never does.
// The server answers it only to a user who may read and write.
func writesNothing() *pb.TxnRequest {
	key := []byte(root + "/open")
	return &pb.TxnRequest{
		Compare: []*pb.Compare{{
			Key: key, Target: pb.Compare_CREATE, Result: pb.Compare_LESS, TargetUnion: &pb.Compare_CreateRevision{},
		}},
		Success: []*pb.RequestOp{{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: key}}}},
	}
}

// refusedError is what trying again does not mend.
type refusedError struct{ error }

func hopeless(err error) bool { return errors.As(err, new(refusedError)) }

// plain takes the wrapping of gRPC off an error, and marks a refusal.
func plain(err error) error {
	text, known := status.Convert(err).Message(), rpctypes.Error(err)
	if known != nil {
		text = known.Error()
	}
	if _, inner, ok := strings.Cut(text, `connection error: desc = "`); ok {
		text = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `\"`, `"`)
	}
	for _, wrapping := range []string{"transport: ", "Error while dialing: ", "error reading server preface: "} {
		text = strings.TrimPrefix(text, wrapping)
	}
	text, _, _ = strings.Cut(text, " (possibly because of ") // says nothing more
	switch {
	case errors.Is(known, rpctypes.ErrAuthFailed):
		return refusedError{errors.New("it refuses the user or password: see the option etcd.credentials")}
	case errors.Is(known, rpctypes.ErrUserEmpty):
		return refusedError{errors.New("it needs a user and password: see the option etcd.credentials")}
	case errors.Is(known, rpctypes.ErrPermissionDenied):
		return refusedError{fmt.Errorf("it does not let this user read and write below %s: see the option etcd.credentials", root)}
	case strings.Contains(text, "x509:"), strings.Contains(text, "tls: "):
		return refusedError{fmt.Errorf("%s: see the options etcd.tls-ca, etcd.tls-cert and etcd.tls-key", text)}
	case text == "EOF":
		return errors.New("it accepts connections and ends them: perhaps it speaks TLS (see the option etcd.tls-ca), takes no more connections, or is no etcd")
	}
	return errors.New(text)
}

// window is the HTTP/2 flow-control window of a connection. With one that is
// set, the client does not measure the connection with a ping for every answer.
const window = 1 << 20

// pickFirst keeps a client to one connection, where clientv3's own balancer has
// one to each endpoint: serializable reads that go from one node to the next
// could go back in time.
const pickFirst = `{"loadBalancingPolicy": "pick_first"}`

// connect opens a connection, as the user if there is one, to the first endpoint
// that serves, beginning at an index.
func (s *store) connect(ctx context.Context, index int) (*clientv3.Client, error) {
	return s.dial(ctx, index, s.user, s.password)
}

func (s *store) dial(ctx context.Context, index int, user, password string) (*clientv3.Client, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints: s.from(index),
		TLS:       s.tls,
		Username:  user,
		Password:  password,
		Logger:    zap.NewNop(),
		// A session's life does not end with the call that opens it.
		Context:     context.WithoutCancel(ctx),
		DialTimeout: s.setup.Timeout,
		DialOptions: []grpc.DialOption{
			grpc.WithConnectParams(connecting),
			grpc.WithNoProxy(), // the load goes straight to the servers
			grpc.WithDisableServiceConfig(), grpc.WithDefaultServiceConfig(pickFirst),
			grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
		},
	})
	if err != nil && ctx.Err() == nil && status.Code(err) == codes.DeadlineExceeded {
		err = fmt.Errorf("no answer within %v", s.setup.Timeout)
	}
	return client, err
}

// from returns the endpoints, beginning with the one at an index modulo their
// number.
func (s *store) from(index int) []string {
	first := index % len(s.endpoints)
	return slices.Concat(s.endpoints[first:], s.endpoints[:first])
}

// Session connects to one endpoint: sessions go to them in turn, and to the
// next one that serves when theirs is lost.
func (s *store) Session(ctx context.Context, thread int) (driver.Session, error) {
	client, err := s.connect(ctx, thread)
	if err != nil {
		return nil, plain(err)
	}
	return newSession(s, client), nil
}

// Version asks the servers for their version.
func (s *store) Version(ctx context.Context) (string, error) {
	client, err := s.connect(ctx, 0)
	if err != nil {
		return "", plain(err)
	}
	defer client.Close()
	answer, err := pb.NewMaintenanceClient(client.ActiveConnection()).Status(ctx, &pb.StatusRequest{})
	if err != nil {
		return "", plain(err)
	}
	return "etcd " + answer.Version, nil
}

// Notify takes whom to tell of lost sessions.
func (s *store) Notify(tell func(driver.Incident)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell = tell
}

func (s *store) incident(kind driver.IncidentKind) {
	s.mu.Lock()
	tell := s.tell
	s.mu.Unlock()
	tell(driver.Incident{Kind: kind})
}

// Close has nothing to release: connections are the sessions'.
func (s *store) Close() error { return nil }
