// Benchctl-plugin-etcd is the plugin of the etcd store.
package main

import (
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/plugins/etcd"
)

func main() { plugin.Serve(etcd.Driver()) }
