package engine

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes a thread at a moment. Go's own timers ring up to a millisecond
// late when nothing else is going on, as the runtime waits for the network in
// whole milliseconds; a timer that the kernel keeps, and that the runtime waits
// for as for the network, rings within tens of microseconds and holds no
// processor meanwhile.
type alarm struct {
	file   *os.File
	waiter syscall.RawConn
	zero   int64 // of the run, on the kernel's clock
	spec   unix.ItimerSpec
	armed  bool
	rung   func(fd uintptr) bool // method value, made once
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer: %w: raise the limit of open files (ulimit -n)", err)
	}
	a := &alarm{file: os.NewFile(uintptr(fd), "timer")}
	a.rung = a.ring
	if a.waiter, err = a.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("make a timer: %w", err)
	}
	return a, nil
}

// begin fixes the run's zero, from which moments count.
func (a *alarm) begin(zero time.Time) {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail for this clock
	a.zero = now.Nano() - int64(time.Since(zero))
}

// sleepUntil returns at a moment, or when the alarm is closed.
func (a *alarm) sleepUntil(at time.Duration) {
	a.spec.Value = unix.NsecToTimespec(a.zero + int64(at))
	a.armed = false
	_ = a.waiter.Read(a.rung)
}

// ring sets the timer when it is asked first, between the moments at which the
// runtime forgets earlier rings and begins to wait. The next time, it has rung.
func (a *alarm) ring(fd uintptr) bool {
	if a.armed {
		return true
	}
	a.armed = true
	_ = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &a.spec, nil) // cannot fail for a timer and a time that are right
	return false
}

func (a *alarm) close() { a.file.Close() }
