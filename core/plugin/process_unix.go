//go:build unix

package plugin

import (
	"os"
	"time"
)

// parentEvery is how often a plugin looks whether benchctl still lives.
const parentEvery = 250 * time.Millisecond

// ExitWithParent ends the process soon after its parent has ended, so that a
// benchctl killed with SIGKILL leaves neither a plugin nor a node behind.
func ExitWithParent() {
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentEvery)
		}
		os.Exit(1)
	}()
}
