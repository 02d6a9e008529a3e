package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/driver/driverpb"
	"github.com/benchctl/benchctl/core/sample"
	"github.com/benchctl/benchctl/core/workload"
)

const (
	// stopTimeout is how long a plugin may take to end a run that was stopped:
	// the threads' grace of a second, and the time to send what they measured.
	stopTimeout = 10 * time.Second
	// stopEvery is how often it is asked: a request that overtakes the run it
	// is meant for finds none to stop.
	stopEvery = 200 * time.Millisecond
	// run is what a plugin does, in errors, while it executes a run.
	run = "run"
)

// Describe asks the plugin what it is and can do.
func (p *Plugin) Describe(ctx context.Context) (driver.Description, error) {
	var description driver.Description
	reply, err := p.driver.Describe(ctx, &driverpb.DescribeRequest{})
	if err != nil {
		return description, p.problem("describe itself", err)
	}
	if err := json.Unmarshal(reply.DescriptionJson, &description); err != nil {
		return description, failf(err, "plugin %s: its description cannot be read: %v", p.name, err)
	}
	return description, nil
}

// Prepare asks whether a setup is possible, what it guarantees, and how many
// TCP ports each of its nodes needs.
func (p *Plugin) Prepare(ctx context.Context, setup driver.Setup) (driver.Guarantees, int, error) {
	var guarantees driver.Guarantees
	document, err := json.Marshal(setup)
	if err != nil {
		return guarantees, 0, err
	}
	reply, err := p.driver.Prepare(ctx, &driverpb.PrepareRequest{SetupJson: document})
	if err != nil {
		return guarantees, 0, p.problem("prepare the setup", err)
	}
	if err := json.Unmarshal(reply.GuaranteesJson, &guarantees); err != nil {
		return guarantees, 0, failf(err, "plugin %s: its guarantees cannot be read: %v", p.name, err)
	}
	return guarantees, int(reply.PortsPerNode), nil
}

// Provision asks how to start each node of a setup.
func (p *Plugin) Provision(ctx context.Context, setup driver.Setup, places []driver.Place) ([]driver.Node, error) {
	setupJSON, err := json.Marshal(setup)
	if err != nil {
		return nil, err
	}
	placesJSON, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	reply, err := p.driver.Provision(ctx, &driverpb.ProvisionRequest{SetupJson: setupJSON, PlacesJson: placesJSON})
	if err != nil {
		return nil, p.problem("provision nodes", err)
	}
	var nodes []driver.Node
	if err := json.Unmarshal(reply.NodesJson, &nodes); err != nil {
		return nil, failf(err, "plugin %s: its nodes cannot be read: %v", p.name, err)
	}
	if len(nodes) != setup.Nodes {
		return nil, failf(nil, "plugin %s provisions %d nodes instead of %d", p.name, len(nodes), setup.Nodes)
	}
	return nodes, nil
}

// StartNode starts a node that lives inside the plugin.
func (p *Plugin) StartNode(ctx context.Context, node string) error {
	return p.controlNode(ctx, "start", driverpb.ControlNodeRequest_ACTION_START, node)
}

// StopNode ends such a node in order.
func (p *Plugin) StopNode(ctx context.Context, node string) error {
	return p.controlNode(ctx, "stop", driverpb.ControlNodeRequest_ACTION_STOP, node)
}

// KillNode ends such a node as SIGKILL would.
func (p *Plugin) KillNode(ctx context.Context, node string) error {
	return p.controlNode(ctx, "kill", driverpb.ControlNodeRequest_ACTION_KILL, node)
}

func (p *Plugin) controlNode(ctx context.Context, verb string, action driverpb.ControlNodeRequest_Action, node string) error {
	_, err := p.driver.ControlNode(ctx, &driverpb.ControlNodeRequest{Action: action, Node: node})
	return p.problem(verb+" node "+node, err)
}

// RunRequest is what a plugin executes in one run.
type RunRequest struct {
	Setup        driver.Setup
	Workload     *workload.Workload
	Threads      int
	Seed         uint64
	KeyPrefix    string        // every key of the run begins with it
	SpillDir     string        // where samples wait when benchctl cannot keep up
	StartTimeout time.Duration // to connect and open the sessions
}

// Sink takes what a run produces, in the order in which it happens. An error
// stops the run.
type Sink interface {
	Started(zero time.Time, storeVersion string) error
	PhaseStarted(phase int, at time.Duration) error
	Chunk(header sample.Header, data []byte) error
	PhaseEnded(phase int, at time.Duration, samples int64) error
	Progress(phase int, at time.Duration, ops, failures int64)
	Incident(at time.Duration, incident driver.Incident) error
}

// Finished is what the plugin says at the end of a run.
type Finished struct {
	Samples      int64
	Stopped      bool // before its end, because it was asked to
	CPUSeconds   float64
	Stalls       int64
	Stalled      time.Duration // over all threads
	SpilledBytes int64
	Warnings     []string
}

// Run executes one run. When ctx ends it asks the plugin to stop, takes what
// was measured until then, and returns ctx's error.
func (p *Plugin) Run(ctx context.Context, r RunRequest, sink Sink) (Finished, error) {
	if err := ctx.Err(); err != nil {
		return Finished{}, err
	}
	request, err := r.message()
	if err != nil {
		return Finished{}, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stream, err := p.driver.Run(running, request)
	if err != nil {
		return Finished{}, p.problem(run, err)
	}
	defer context.AfterFunc(ctx, func() { p.stop(running, cancel) })()

	var finished Finished
	var said bool
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if ctx.Err() == nil && !said {
				return finished, failf(nil, "plugin %s ended the run without a word on how it went: report this to the plugin's author", p.name)
			}
			return finished, ctx.Err()
		}
		if err != nil {
			if ctx.Err() != nil {
				return finished, ctx.Err()
			}
			return finished, p.problem(run, err)
		}
		if end := event.GetFinished(); end != nil {
			said = true
			finished = Finished{
				Samples: end.Samples, Stopped: end.Stopped, CPUSeconds: end.CpuSeconds,
				Stalls: end.Stalls, Stalled: time.Duration(end.StalledNs),
				SpilledBytes: end.SpilledBytes, Warnings: end.Warnings,
			}
			continue
		}
		if err := hand(event, sink); err != nil {
			return finished, err
		}
	}
}

// stop asks the plugin to end the run, and ends the call if it does not obey.
func (p *Plugin) stop(running context.Context, cancel context.CancelFunc) {
	defer cancel()
	ctx, done := context.WithTimeout(running, stopTimeout)
	defer done()
	again := time.NewTicker(stopEvery)
	defer again.Stop()
	for {
		if _, err := p.driver.Stop(ctx, &driverpb.StopRequest{}); err != nil {
			return
		}
		select {
		case <-ctx.Done(): // the run has ended, or it is too late
			return
		case <-again.C:
		}
	}
}

func (r RunRequest) message() (*driverpb.RunRequest, error) {
	setup, err := json.Marshal(r.Setup)
	if err != nil {
		return nil, err
	}
	load, err := json.Marshal(r.Workload)
	if err != nil {
		return nil, err
	}
	return &driverpb.RunRequest{
		SetupJson: setup, WorkloadJson: load, Threads: int32(r.Threads), Seed: r.Seed,
		KeyPrefix: r.KeyPrefix, SpillDir: r.SpillDir, StartTimeoutNs: int64(r.StartTimeout),
	}, nil
}

func hand(event *driverpb.RunEvent, sink Sink) error {
	switch e := event.Event.(type) {
	case *driverpb.RunEvent_Started:
		return sink.Started(time.Unix(0, e.Started.WallUnixNs), e.Started.StoreVersion)
	case *driverpb.RunEvent_PhaseStarted:
		return sink.PhaseStarted(int(e.PhaseStarted.Phase), time.Duration(e.PhaseStarted.AtNs))
	case *driverpb.RunEvent_Chunk:
		return sink.Chunk(sample.Header{
			Phase: int(e.Chunk.Phase), Thread: int(e.Chunk.Thread),
			First: e.Chunk.First, Count: int(e.Chunk.Count),
		}, e.Chunk.Data)
	case *driverpb.RunEvent_PhaseEnded:
		return sink.PhaseEnded(int(e.PhaseEnded.Phase), time.Duration(e.PhaseEnded.AtNs), e.PhaseEnded.Samples)
	case *driverpb.RunEvent_Incident:
		return sink.Incident(time.Duration(e.Incident.AtNs), driver.Incident{
			Kind: driver.IncidentKind(e.Incident.Kind), Node: e.Incident.Node, Detail: e.Incident.Detail,
		})
	case *driverpb.RunEvent_Progress:
		sink.Progress(int(e.Progress.Phase), time.Duration(e.Progress.AtNs), e.Progress.Ops, e.Progress.Errors)
	}
	return nil
}

// problem makes one sentence of a failed call. What a plugin says of its store
// in the ways that the protocol has for it is no failure of the plugin.
func (p *Plugin) problem(what string, err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		return fmt.Errorf("plugin %s: %s: %w", p.name, what, err)
	}
	switch s.Code() {
	case codes.Canceled, codes.DeadlineExceeded:
		return fmt.Errorf("plugin %s: %s: %w", p.name, what, err)
	case codes.Unavailable, codes.Unknown, codes.Internal:
		if crash := p.crashed(what); crash != nil {
			return crash
		}
	case codes.InvalidArgument:
		return &Refused{Plugin: p.name, Reason: s.Message()}
	case codes.Aborted:
		return fmt.Errorf("plugin %s: %s", p.name, s.Message())
	case codes.FailedPrecondition:
		return fmt.Errorf("plugin %s: %s: %s", p.name, what, s.Message())
	}
	return failf(err, "plugin %s: %s: %s", p.name, what, s.Message())
}

// Refused is a setup or load that a plugin cannot do.
type Refused struct{ Plugin, Reason string }

func (r *Refused) Error() string { return fmt.Sprintf("plugin %s refuses: %s", r.Plugin, r.Reason) }
