// Benchctl-plugin-raftembed is the plugin of the raftembed store.
package main

import (
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/raftembed"
)

func main() { driver.Serve(raftembed.Driver()) }
