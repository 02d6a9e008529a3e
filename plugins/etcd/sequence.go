package etcd

import (
	"context"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// counters is where the numbers stand that were given below a prefix. It is
// no path, so that no list or watch of one shows it.
const counters = "benchctl-sequence:"

// CreateSequential numbers a key that lasts.
func (s *session) CreateSequential(ctx context.Context, prefix, value []byte) (string, error) {
	return s.number(ctx, prefix, value, 0)
}

// number numbers keys with a counter beside them: key and counter are written in
// one transaction, on condition that nobody has counted since. Whoever loses
// learns the number from the refusal and tries again. The key hangs on a lease,
// 0 for none; the counter does not.
func (s *session) number(ctx context.Context, prefix, value []byte, lease int64) (string, error) {
	counter := append([]byte(counters), prefix...)
	seen := s.numbered[string(prefix)]
	for {
		key := fmt.Sprintf("%s%010d", prefix, seen)
		answer, err := s.commit(ctx, &pb.TxnRequest{
			Compare: []*pb.Compare{{
				Key: counter, Target: pb.Compare_VERSION, Result: pb.Compare_EQUAL,
				TargetUnion: &pb.Compare_Version{Version: seen},
			}},
			Success: []*pb.RequestOp{
				{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: counter}}},
				{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: []byte(key), Value: value, Lease: lease}}},
			},
			Failure: []*pb.RequestOp{
				{Request: &pb.RequestOp_RequestRange{RequestRange: &pb.RangeRequest{Key: counter}}},
			},
		})
		if err != nil {
			return "", err
		}
		if answer.Succeeded {
			s.numbered[string(prefix)] = seen + 1
			return key, nil
		}
		found := answer.Responses[0].GetResponseRange().Kvs
		seen = 0
		if len(found) > 0 {
			seen = found[0].Version
		}
	}
}
