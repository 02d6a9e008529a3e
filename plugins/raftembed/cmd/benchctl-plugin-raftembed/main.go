// Benchctl-plugin-raftembed is the plugin of the raftembed store.
package main

import (
	"github.com/benchctl/benchctl/core/plugin"
	"github.com/benchctl/benchctl/plugins/raftembed"
)

func main() { plugin.Serve(raftembed.Driver()) }
