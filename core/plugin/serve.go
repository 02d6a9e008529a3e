// Package plugin makes a plugin of a driver: Serve is all that its main calls.
// It speaks the protocol, executes runs with core/engine, and single operations
// for whoever checks the plugin.
package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/protocol"
	"github.com/benchctl/benchctl/core/protocol/driverpb"
)

// gcPercent makes collections rare: a load generator has a small heap, which
// Go's default of 100 would collect many times a second, at the cost of the
// processor time that the store needs.
const gcPercent = 400

// Serve makes the process a plugin. It is all that a plugin's main does:
//
//	func main() { plugin.Serve(etcd.Driver()) }
//
// Besides serving benchctl, the binary then knows `describe`, which prints the
// description as JSON, and the commands of a driver that is a Commander.
func Serve(d driver.Driver) {
	if err := serve(d, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(d driver.Driver, args []string) error {
	if err := d.Info().Check(); err != nil {
		return fmt.Errorf("%s%w", protocol.CannotServe, err)
	}
	name := protocol.BinaryPrefix + d.Info().Name
	switch {
	case len(args) > 0:
		return command(d, name, args[0], args[1:])
	case os.Getenv(protocol.CookieKey) != protocol.CookieValue:
		return fmt.Errorf("%s is a plugin that benchctl starts; try `%s describe`, or `benchctl run --store %s`", name, name, d.Info().Name)
	}
	ExitWithParent()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  protocol.Version,
			MagicCookieKey:   protocol.CookieKey,
			MagicCookieValue: protocol.CookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{
			protocol.Version: {protocol.PluginName: &grpcPlugin{driver: d}},
		},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, ServerOptions()...)...)
		},
	})
	return nil
}

// command executes a command of the binary's own.
func command(d driver.Driver, binary, name string, args []string) error {
	commands := []driver.Command{{Name: "describe", Run: func(context.Context, []string) error {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(protocol.Describe(d))
	}}}
	if commander, ok := d.(driver.Commander); ok {
		commands = append(commands, commander.Commands()...)
	}
	var names []string
	for _, c := range commands {
		if c.Name == name {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if err := c.Run(ctx, args); !errors.Is(err, flag.ErrHelp) { // which has been printed
				return err
			}
			return nil
		}
		names = append(names, c.Name)
	}
	if name == "-h" || name == "--help" || name == "help" {
		fmt.Printf("%s is a plugin that benchctl starts. Its own commands: %s\n", binary, strings.Join(names, ", "))
		return nil
	}
	return fmt.Errorf("%s has no command %q; it has: %s", binary, name, strings.Join(names, ", "))
}

// ServerOptions are those of the gRPC server that NewServer is registered on.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(protocol.MaxMessage),
		grpc.MaxSendMsgSize(protocol.MaxMessage),
		grpc.InitialWindowSize(protocol.Window),
		grpc.InitialConnWindowSize(protocol.Window),
	}
}

// grpcPlugin registers the driver's service where go-plugin asks for it.
type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	driver driver.Driver
}

func (p *grpcPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	driverpb.RegisterDriverServer(s, NewServer(p.driver))
	return nil
}

// GRPCClient is the controller's side, which a plugin never is.
func (p *grpcPlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, fmt.Errorf("a plugin is no client")
}
