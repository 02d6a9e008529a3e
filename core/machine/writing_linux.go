package machine

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// What is written to see whether the system counts it truly.
const (
	probeRoom   = 4 << 20 // bytes of a file that is there before
	probeWrites = 8
	probeSize   = 200 // bytes
	probePages  = 4   // that one of them may count for
)

// CountsWrites reports whether the system counts truly, in a folder, what a
// process writes to storage. Where it keeps files in memory in large pieces, it
// counts all of a piece for each small write that is made durable.
func CountsWrites(dir string) bool {
	file, err := os.CreateTemp(dir, "benchctl-written-*")
	if err != nil {
		return false
	}
	defer file.Close()
	if os.Remove(file.Name()) != nil {
		return false
	}
	if _, err := file.Write(make([]byte, probeRoom)); err != nil || file.Sync() != nil {
		return false
	}
	runtime.LockOSThread() // what is counted is what this thread writes
	defer runtime.UnlockOSThread()
	before, ok := written()
	if !ok {
		return false
	}
	small := make([]byte, probeSize)
	for i := range probeWrites {
		if _, err := file.WriteAt(small, int64(i*probeSize)); err != nil || unix.Fdatasync(int(file.Fd())) != nil {
			return false
		}
	}
	after, ok := written()
	return ok && after-before <= int64(probeWrites*probePages*os.Getpagesize())
}

// written returns the bytes that this thread has sent to storage.
func written() (bytes int64, ok bool) {
	n, ok := entry(here.read(fmt.Sprintf("proc/self/task/%d/io", unix.Gettid())), "write_bytes:")
	return int64(n), ok
}
