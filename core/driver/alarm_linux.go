package driver

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes one thread at a moment. Go's own timers wake up to a millisecond
// late when nothing else is going on, as the runtime waits for the network in
// whole milliseconds; a timer that the kernel keeps, and that the runtime waits
// for as for the network, wakes within tens of microseconds and holds no
// processor meanwhile.
type alarm struct {
	file   *os.File
	waiter syscall.RawConn
	spec   unix.ItimerSpec
	set    bool
	read   [8]byte
	step   func(fd uintptr) bool
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer for a thread: %w: raise the limit of open files (ulimit -n)", err)
	}
	a := &alarm{file: os.NewFile(uintptr(fd), "timer")}
	if a.waiter, err = a.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("make a timer for a thread: %w", err)
	}
	a.step = a.setThenRead
	return a, nil
}

// sleep returns after d, or at once if d is not above 0.
func (a *alarm) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	a.spec.Value = unix.NsecToTimespec(int64(d))
	a.set = false
	_ = a.waiter.Read(a.step) // fails only once the alarm is closed
}

// setThenRead sets the timer when it is called first, and waits. The timer is
// set in here because the runtime forgets what happened before it was called.
func (a *alarm) setThenRead(fd uintptr) bool {
	if !a.set {
		a.set = true
		return unix.TimerfdSettime(int(fd), 0, &a.spec, nil) != nil
	}
	_, err := unix.Read(int(fd), a.read[:])
	return err != unix.EAGAIN
}

func (a *alarm) close() { a.file.Close() }
