package etcd

import (
	"context"
	"fmt"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

// commandServer is the command of the plugin's binary that runs the carried
// server.
const commandServer = "server"

// Command runs a server with etcd's own flags: `benchctl-plugin-etcd server
// --help` lists them.
func (etcd) Command(_ context.Context, args []string) error {
	if args[0] != commandServer {
		return fmt.Errorf("benchctl-plugin-etcd has no command %q; it has: describe, %s", args[0], commandServer)
	}
	etcdmain.Main(args) // it ends in order on a signal
	return nil
}
