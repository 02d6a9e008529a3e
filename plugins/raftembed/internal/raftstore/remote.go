package raftstore

import (
	"context"
	"time"
)

// remote carries commands over TCP to the processes of nodes: to the one at
// the session's index, or to the next that can be reached.
type remote struct {
	endpoints []string
	index     int
	timeout   time.Duration // of one operation
	conn      *dialed
}

func (r *remote) close() {
	if r.conn != nil {
		r.conn.close()
		r.conn = nil
	}
}

func (r *remote) do(ctx context.Context, c *command) result {
	deadline := time.Now().Add(r.timeout)
	if r.conn != nil && !r.conn.bind(ctx) {
		r.close()
	}
	for r.conn == nil {
		if err := r.connect(ctx, deadline); err != nil {
			return classify(err)
		}
	}
	answer, err := r.conn.request(ctx, deadline, c, 0)
	if err != nil {
		r.close()
		if ctx.Err() == nil {
			r.index++ // the next operation tries another node
		}
		return classify(err)
	}
	return answer
}

// await asks one node after the other until one has seen what is awaited.
func (r *remote) await(ctx context.Context, c *command) error {
	if r.conn != nil && !r.conn.bind(ctx) {
		r.close()
	}
	for {
		if r.conn == nil && r.connect(ctx, time.Now().Add(r.timeout)) != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		var forever time.Time
		answer, err := r.conn.request(ctx, forever, c, 0)
		if err == nil && answer.class == OK {
			return nil
		}
		r.close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.index++
		time.Sleep(retryEvery)
	}
}

// connect tries the nodes in turn until one answers.
func (r *remote) connect(ctx context.Context, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for tries := 1; ; tries++ {
		conn, err := dial(ctx, r.endpoints[r.index%len(r.endpoints)])
		if err == nil {
			r.conn = conn
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		r.index++
		if tries%len(r.endpoints) == 0 {
			select {
			case <-ctx.Done():
				return err
			case <-time.After(retryEvery):
			}
		}
	}
}

func (r *remote) watch(ctx context.Context, prefix string, after int64, take func([]change, int) bool) {
	for ctx.Err() == nil {
		if r.connect(ctx, time.Now().Add(r.timeout)) != nil {
			continue
		}
		after = r.stream(ctx, prefix, after, take)
		r.close()
		r.index++
	}
}

// stream hands over changes from one node until the connection ends.
func (r *remote) stream(ctx context.Context, prefix string, after int64, take func([]change, int) bool) int64 {
	var forever time.Time
	if r.conn.send(ctx, forever, &command{kind: kindWatch, key: []byte(prefix), version: after}, 0) != nil {
		return after
	}
	for {
		var err error
		if r.conn.in, err = readFrame(r.conn.r, r.conn.in); err != nil {
			return after
		}
		answer, err := readResult(r.conn.in)
		if err != nil {
			return after
		}
		after = max(after, answer.version)
		if !take(changesOf(answer)) {
			return after
		}
	}
}
