// Benchctl-plugin-memory is the plugin of the memory store.
package main

import (
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/plugins/memory"
)

func main() { plugin.Serve(memory.Driver()) }
