// Benchctl-plugin-zookeeper is the plugin of the zookeeper store.
package main

import (
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/zookeeper"
)

func main() { driver.Serve(zookeeper.Driver()) }
