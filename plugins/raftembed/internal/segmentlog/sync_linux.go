package segmentlog

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncData makes a file's content durable; without a change of its size that
// costs no commit of the file system's journal.
func syncData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
