// Benchctl-plugin-memory is the plugin of the memory store.
package main

import (
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/memory"
)

func main() { driver.Serve(memory.Driver()) }
