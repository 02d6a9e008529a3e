package etcd

import (
	"context"

	"go.etcd.io/etcd/server/v3/etcdmain"

	"github.com/benchctl/benchctl/core/driver"
)

// commandServer is the command of the plugin's binary that runs the carried
// server.
const commandServer = "server"

// Commands has the server, with etcd's own flags: `benchctl-plugin-etcd server
// --help` lists them.
func (etcd) Commands() []driver.Command {
	return []driver.Command{{Name: commandServer, Run: func(_ context.Context, args []string) error {
		etcdmain.Main(append([]string{commandServer}, args...)) // it ends in order on a signal
		return nil
	}}}
}
