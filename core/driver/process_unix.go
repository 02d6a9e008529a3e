//go:build unix

package driver

import (
	"os"
	"syscall"
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

// cpuTime returns the processor time that the process has used.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
