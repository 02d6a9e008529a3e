package driver

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/benchctl/benchctl/core/driver/driverpb"
)

// window is the HTTP/2 flow-control window: large enough that the stream of
// chunks does not wait for a round trip.
const window = 16 << 20

// gcPercent makes collections rare: a load generator has a small heap, which
// Go's default of 100 would collect many times a second, at the cost of the
// processor time that the store needs.
const gcPercent = 400

// Serve makes the process a plugin. It is all that a plugin's main does:
//
//	func main() { driver.Serve(etcd.Driver()) }
//
// Besides serving benchctl, the binary then knows `describe`, which prints the
// description as JSON, and the commands of a driver that is a Commander.
func Serve(d Driver) {
	if err := serve(d, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(d Driver, args []string) error {
	if err := checkInfo(d.Info()); err != nil {
		return err
	}
	name := driverpb.BinaryPrefix + d.Info().Name
	switch commander, ok := d.(Commander); {
	case len(args) > 0 && args[0] == "describe":
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(Describe(d))
	case len(args) > 0 && ok:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return commander.Command(ctx, args)
	case len(args) > 0:
		return fmt.Errorf("%s has no command %q; it has: describe", name, args[0])
	case os.Getenv(driverpb.CookieKey) != driverpb.CookieValue:
		return fmt.Errorf("%s is a plugin that benchctl starts; try `%s describe`, or `benchctl run --store %s`", name, name, d.Info().Name)
	}
	ExitWithParent()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  driverpb.ProtocolVersion,
			MagicCookieKey:   driverpb.CookieKey,
			MagicCookieValue: driverpb.CookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{
			driverpb.ProtocolVersion: {driverpb.PluginName: &grpcPlugin{driver: d}},
		},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options,
				grpc.MaxRecvMsgSize(driverpb.MaxMessage),
				grpc.MaxSendMsgSize(driverpb.MaxMessage),
				grpc.InitialWindowSize(window),
				grpc.InitialConnWindowSize(window))...)
		},
	})
	return nil
}

// grpcPlugin registers the driver's service where go-plugin asks for it.
type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	driver Driver
}

func (p *grpcPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	driverpb.RegisterDriverServer(s, NewServer(p.driver))
	return nil
}

// GRPCClient is the controller's side, which a plugin never is.
func (p *grpcPlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, fmt.Errorf("a plugin is no client")
}
