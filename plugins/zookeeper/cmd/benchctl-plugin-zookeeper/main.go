// Benchctl-plugin-zookeeper is the plugin of the zookeeper store.
package main

import (
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/plugins/zookeeper"
)

func main() { plugin.Serve(zookeeper.Driver()) }
