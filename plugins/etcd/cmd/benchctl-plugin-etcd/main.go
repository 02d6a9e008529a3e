// Benchctl-plugin-etcd is the plugin of the etcd store.
package main

import (
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/etcd"
)

func main() { driver.Serve(etcd.Driver()) }
