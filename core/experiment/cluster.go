package experiment

import (
	"context"
	"time"

	"github.com/benchctl/benchctl/core/node"
	"github.com/benchctl/benchctl/core/record"
)

// Cluster is the nodes of a deployed store, as *node.Cluster is.
type Cluster interface {
	Endpoints() []string
	Running() []string // the names of the nodes that run
	// Lost returns the names of the nodes that do not run, or do not answer.
	Lost(ctx context.Context) []string
	Close(keepData bool) error
	Logs() map[string]string // the end of every node's log, once it is closed
}

// deployHere starts a cluster on this machine.
func deployHere(ctx context.Context, d node.Deployment) (Cluster, error) {
	c, err := node.Deploy(ctx, d)
	if c == nil {
		return nil, err // and no Cluster that holds a nil
	}
	return c, err
}

// sampleHere reports what the processes of a cluster that deployHere has started (nil:
// none) and the client use.
func sampleHere(ctx context.Context, zero time.Time, c Cluster, client int, report func(record.NodeSecond)) {
	cluster, _ := c.(*node.Cluster)
	node.Sample(ctx, zero, cluster, client, report)
}
