//go:build !linux

package machine

// CountsWrites reports whether the system counts truly, in a folder, what a
// process writes to storage.
func CountsWrites(string) bool { return true }
