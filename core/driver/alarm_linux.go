package driver

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alarm rings at a moment. Go's own timers ring up to a millisecond late when
// nothing else is going on, as the runtime waits for the network in whole
// milliseconds; a timer that the kernel keeps, and that the runtime waits for as
// for the network, rings within tens of microseconds and holds no processor
// meanwhile.
type alarm struct {
	file   *os.File
	fd     int
	waiter syscall.RawConn
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer: %w: raise the limit of open files (ulimit -n)", err)
	}
	a := &alarm{file: os.NewFile(uintptr(fd), "timer"), fd: fd}
	if a.waiter, err = a.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("make a timer: %w", err)
	}
	return a, nil
}

// set has the alarm ring after d, and not when it was to ring before.
func (a *alarm) set(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1)))}
	_ = unix.TimerfdSettime(a.fd, 0, &spec, nil) // cannot fail for a timer and a time that are right
}

// wait returns true when the alarm rings, and false once it is closed.
func (a *alarm) wait() bool {
	var read [8]byte
	return a.waiter.Read(func(fd uintptr) bool {
		_, err := unix.Read(int(fd), read[:])
		return err != unix.EAGAIN
	}) == nil
}

func (a *alarm) close() { a.file.Close() }
