//go:build unix

package plugin

import (
	"os"
	"time"
)

// parentEvery is how often a plugin looks whether benchctl still lives.
const parentEvery = 250 * time.Millisecond

// ExitWithParent ends the process soon after its parent has ended. Serve calls it.
// A node needs it only where the kernel does not end it with benchctl: elsewhere
// than on Linux.
func ExitWithParent() {
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentEvery)
		}
		os.Exit(1)
	}()
}
