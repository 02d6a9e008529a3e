// Package client is benchctl's side of the protocol: it asks a plugin, takes what
// a run produces, and opens a store for single operations, on any connection.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

const (
	// stopTimeout is how long a plugin may take to end a run that was stopped:
	// the threads' grace of a second, and the time to send what they measured.
	stopTimeout = 10 * time.Second
	// stopEvery is how often it is asked: a request that overtakes the run it
	// is meant for finds none to stop.
	stopEvery = 200 * time.Millisecond
)

// Client speaks to a plugin over a connection, however that came about. What a
// plugin answers is told apart from how it fails: see ErrPlugin and Refused.
type Client struct {
	store string // that the plugin is for
	rpc   driverpb.DriverClient
	ended func(when string) error
}

// New returns a client of the plugin of a store. ended says why the plugin's
// process has gone, with the moment in words, and nil if it lives; nil: nothing
// is known of its process.
func New(store string, conn grpc.ClientConnInterface, ended func(when string) error) *Client {
	return &Client{store: store, rpc: driverpb.NewDriverClient(conn), ended: ended}
}

// DialOptions are those of the connection to a plugin.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithNoProxy(),
		grpc.WithInitialWindowSize(protocol.Window),
		grpc.WithInitialConnWindowSize(protocol.Window),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(protocol.MaxMessage), grpc.MaxCallSendMsgSize(protocol.MaxMessage)),
	}
}

// Describe asks the plugin what it is and can do.
func (c *Client) Describe(ctx context.Context) (protocol.Description, error) {
	var description protocol.Description
	reply, err := c.rpc.Describe(ctx, &driverpb.DescribeRequest{})
	if err != nil {
		return description, c.problem("describe itself", err)
	}
	if err := json.Unmarshal(reply.DescriptionJson, &description); err != nil {
		return description, Failf(err, "plugin %s: its description cannot be read: %v", c.store, err)
	}
	return description, nil
}

// Prepare asks whether a setup is possible, what it guarantees, and how many
// TCP ports each of its nodes needs.
func (c *Client) Prepare(ctx context.Context, setup driver.Setup) (driver.Guarantees, int, error) {
	var guarantees driver.Guarantees
	document, err := json.Marshal(setup)
	if err != nil {
		return guarantees, 0, err
	}
	reply, err := c.rpc.Prepare(ctx, &driverpb.PrepareRequest{SetupJson: document})
	if err != nil {
		return guarantees, 0, c.problem("prepare the setup", err)
	}
	if reply.PortsPerNode < 0 || reply.PortsPerNode > protocol.MaxPorts {
		return guarantees, 0, Failf(nil, "plugin %s asks for %d ports of each node, which is not within 0 to %d", c.store, reply.PortsPerNode, protocol.MaxPorts)
	}
	if err := json.Unmarshal(reply.GuaranteesJson, &guarantees); err != nil {
		return guarantees, 0, Failf(err, "plugin %s: its guarantees cannot be read: %v", c.store, err)
	}
	return guarantees, int(reply.PortsPerNode), nil
}

// Provision asks how to start each node of a setup.
func (c *Client) Provision(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	setupJSON, err := json.Marshal(setup)
	if err != nil {
		return nil, err
	}
	placesJSON, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	reply, err := c.rpc.Provision(ctx, &driverpb.ProvisionRequest{SetupJson: setupJSON, PlacesJson: placesJSON})
	if err != nil {
		return nil, c.problem("provision nodes", err)
	}
	var nodes []driver.Node
	if err := json.Unmarshal(reply.NodesJson, &nodes); err != nil {
		return nil, Failf(err, "plugin %s: its nodes cannot be read: %v", c.store, err)
	}
	if len(nodes) != setup.Nodes {
		return nil, Failf(nil, "plugin %s provisions %d nodes instead of %d", c.store, len(nodes), setup.Nodes)
	}
	return nodes, nil
}

// StartNode starts a node that lives inside the plugin.
func (c *Client) StartNode(ctx context.Context, node string) error {
	return c.controlNode(ctx, "start", driverpb.ControlNodeRequest_ACTION_START, node)
}

// StopNode ends such a node in order.
func (c *Client) StopNode(ctx context.Context, node string) error {
	return c.controlNode(ctx, "stop", driverpb.ControlNodeRequest_ACTION_STOP, node)
}

// KillNode ends such a node as SIGKILL would.
func (c *Client) KillNode(ctx context.Context, node string) error {
	return c.controlNode(ctx, "kill", driverpb.ControlNodeRequest_ACTION_KILL, node)
}

func (c *Client) controlNode(ctx context.Context, verb string, action driverpb.ControlNodeRequest_Action, node string) error {
	_, err := c.rpc.ControlNode(ctx, &driverpb.ControlNodeRequest{Action: action, Node: node})
	return c.problem(verb+" node "+node, err)
}

// Run executes one run. When ctx ends it asks the plugin to stop, takes what
// was measured until then, and returns ctx's error.
func (c *Client) Run(ctx context.Context, r protocol.RunRequest, sink protocol.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	request, err := r.Message()
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stream, err := c.rpc.Run(running, request)
	if err != nil {
		return c.problem("run", err)
	}
	defer context.AfterFunc(ctx, func() { c.stop(running, cancel) })()

	finished := false
	for {
		event, err := stream.Recv()
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF) && !finished:
			return Failf(nil, "plugin %s ended the run without a word on how it went: report this to the plugin's author", c.store)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return c.problem("run", err)
		}
		finished = finished || event.GetFinished() != nil
		if err := protocol.Hand(event, sink); err != nil {
			return err
		}
	}
}

// stop asks the plugin to end the run, and ends the call if it does not obey.
func (c *Client) stop(running context.Context, cancel context.CancelFunc) {
	defer cancel()
	ctx, done := context.WithTimeout(running, stopTimeout)
	defer done()
	again := time.NewTicker(stopEvery)
	defer again.Stop()
	for {
		if _, err := c.rpc.Stop(ctx, &driverpb.StopRequest{}); err != nil {
			return
		}
		select {
		case <-ctx.Done(): // the run has ended, or it is too late
			return
		case <-again.C:
		}
	}
}

// problem makes one sentence of a failed call. What a plugin says of its store
// in the ways that the protocol has for it is no failure of the plugin.
func (c *Client) problem(what string, err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		return fmt.Errorf("plugin %s: %s: %w", c.store, what, err)
	}
	switch s.Code() {
	case codes.Canceled, codes.DeadlineExceeded:
		return fmt.Errorf("plugin %s: %s: %w", c.store, what, err)
	case codes.Unavailable, codes.Unknown, codes.Internal:
		if crash := c.crashed(what); crash != nil {
			return crash
		}
	case codes.InvalidArgument:
		return &Refused{Plugin: c.store, Reason: s.Message()}
	case codes.Aborted:
		return fmt.Errorf("plugin %s: %s", c.store, s.Message())
	case codes.FailedPrecondition:
		return fmt.Errorf("plugin %s: %s: %s", c.store, what, s.Message())
	}
	return Failf(err, "plugin %s: %s: %s", c.store, what, s.Message())
}

// crashed says why the plugin's process has gone, if it has.
func (c *Client) crashed(what string) error {
	if c.ended == nil {
		return nil
	}
	if what == "run" {
		return c.ended("during the run")
	}
	return c.ended("when it was asked to " + what)
}

// Refused is a setup or load that a plugin cannot do.
type Refused struct{ Plugin, Reason string }

func (r *Refused) Error() string { return fmt.Sprintf("plugin %s refuses: %s", r.Plugin, r.Reason) }
