package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/engine"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

// NewServer returns the service that a plugin offers for a driver. Serve is
// the way to run it; tests may register it on a server of their own.
func NewServer(d driver.Driver) driverpb.DriverServer { return &server{driver: d} }

type server struct {
	driverpb.UnimplementedDriverServer
	driver driver.Driver

	mu   sync.Mutex
	stop context.CancelFunc // of the run that is under way
}

func (s *server) Describe(context.Context, *driverpb.DescribeRequest) (*driverpb.DescribeReply, error) {
	description, err := json.Marshal(protocol.Describe(s.driver))
	return &driverpb.DescribeReply{DescriptionJson: description}, err
}

func (s *server) Prepare(ctx context.Context, request *driverpb.PrepareRequest) (*driverpb.PrepareReply, error) {
	setup, err := s.setup(request.SetupJson)
	if err != nil {
		return nil, err
	}
	guarantees, err := s.driver.Guarantees(ctx, setup)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	reply := &driverpb.PrepareReply{}
	if reply.GuaranteesJson, err = json.Marshal(guarantees); err != nil {
		return nil, err
	}
	if p, ok := s.driver.(driver.Provisioner); ok {
		ports, err := p.Ports(ctx, setup)
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		if ports < 0 || ports > protocol.MaxPorts {
			return nil, status.Errorf(codes.Internal, "the driver asks for %d ports of each node, which is not within 0 to %d", ports, protocol.MaxPorts)
		}
		reply.PortsPerNode = int32(ports)
	}
	return reply, nil
}

func (s *server) Provision(ctx context.Context, request *driverpb.ProvisionRequest) (*driverpb.ProvisionReply, error) {
	p, ok := s.driver.(driver.Provisioner)
	if !ok {
		return nil, status.Error(codes.Unimplemented, "the plugin cannot deploy its store: name the endpoints of one that runs")
	}
	setup, err := s.setup(request.SetupJson)
	if err != nil {
		return nil, err
	}
	var places []driver.Place
	if err := json.Unmarshal(request.PlacesJson, &places); err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "places: %v", err)
	}
	nodes, err := p.Provision(ctx, setup, places)
	if err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	reply := &driverpb.ProvisionReply{}
	reply.NodesJson, err = json.Marshal(nodes)
	return reply, err
}

func (s *server) ControlNode(ctx context.Context, request *driverpb.ControlNodeRequest) (*driverpb.ControlNodeReply, error) {
	nodes, ok := s.driver.(driver.NodeController)
	if !ok {
		return nil, status.Error(codes.Unimplemented, "the plugin has no nodes of its own")
	}
	var err error
	switch request.Action {
	case driverpb.ControlNodeRequest_ACTION_START:
		err = nodes.StartNode(ctx, request.Node)
	case driverpb.ControlNodeRequest_ACTION_STOP:
		err = nodes.StopNode(ctx, request.Node)
	case driverpb.ControlNodeRequest_ACTION_KILL:
		err = nodes.KillNode(ctx, request.Node)
	default:
		return nil, status.Errorf(codes.InvalidArgument, "action %v is unknown", request.Action)
	}
	if err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	return &driverpb.ControlNodeReply{}, nil
}

func (s *server) Run(request *driverpb.RunRequest, stream driverpb.Driver_RunServer) error {
	p, err := s.plan(request)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(stream.Context())
	defer stop()
	if !s.begin(stop) {
		return status.Error(codes.FailedPrecondition, "a run is under way in this plugin already")
	}
	defer s.end()

	dir := request.SpillDir
	if dir == "" {
		dir = os.TempDir()
	}
	outbox := engine.NewOutbox(dir, engine.OutboxMemory)
	defer outbox.Release()
	sent := make(chan error, 1)
	go func() {
		err := deliver(outbox, stream)
		if err != nil {
			stop()
		}
		sent <- err
	}()
	err = engine.Run(ctx, p, outbox)
	outbox.Close()
	if sendErr := <-sent; sendErr != nil {
		return sendErr
	}
	if err != nil {
		return status.Error(codes.Aborted, err.Error())
	}
	return nil
}

// deliver sends events until the outbox is closed and empty.
func deliver(outbox *engine.Outbox, stream driverpb.Driver_RunServer) error {
	for {
		event, err := outbox.Take()
		if event == nil || err != nil {
			return err
		}
		if err := stream.Send(event); err != nil {
			outbox.Fail(errors.New("benchctl has gone"))
			return err
		}
	}
}

func (s *server) Stop(context.Context, *driverpb.StopRequest) (*driverpb.StopReply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
	return &driverpb.StopReply{}, nil
}

func (s *server) begin(stop context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return false
	}
	s.stop = stop
	return true
}

func (s *server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = nil
}

// setup reads a setup and fills in its options.
func (s *server) setup(document []byte) (driver.Setup, error) {
	var setup driver.Setup
	if err := json.Unmarshal(document, &setup); err != nil {
		return setup, status.Errorf(codes.InvalidArgument, "setup: %v", err)
	}
	info := s.driver.Info()
	options, err := driver.FillOptions(info.Name, info.Options, setup.Options)
	if err != nil {
		return setup, status.Error(codes.InvalidArgument, err.Error())
	}
	setup.Options = options
	if setup.Nodes < 1 || setup.Nodes > protocol.MaxNodes {
		return setup, status.Errorf(codes.InvalidArgument, "setup: %d nodes are not within 1 to %d", setup.Nodes, protocol.MaxNodes)
	}
	return setup, nil
}

func (s *server) plan(message *driverpb.RunRequest) (engine.Plan, error) {
	refuse := func(format string, args ...any) (engine.Plan, error) {
		return engine.Plan{}, status.Errorf(codes.InvalidArgument, format, args...)
	}
	setup, err := s.setup(message.SetupJson)
	if err != nil {
		return engine.Plan{}, err
	}
	r, err := protocol.ReadRunRequest(message)
	if err != nil {
		return refuse("%v", err)
	}
	if err := r.Load.Validate(); err != nil {
		return refuse("workload: %v", err)
	}
	if r.Threads < 1 || r.Threads > protocol.MaxThreads {
		return refuse("%d threads are not within 1 to %d", r.Threads, protocol.MaxThreads)
	}
	if r.Verify == "" {
		r.Verify = load.VerifyNone
	}
	if !slices.Contains(load.Verifications, r.Verify) {
		return refuse("verify: %q is none of %v", r.Verify, load.Verifications)
	}
	r.Setup = setup
	return engine.Plan{Driver: s.driver, RunRequest: r}, nil
}
