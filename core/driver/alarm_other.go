//go:build !linux

package driver

import (
	"math"
	"sync"
	"time"
)

// alarm rings at a moment, as precisely as Go's timers do.
type alarm struct {
	timer *time.Timer
	over  chan struct{}
	once  sync.Once
}

func newAlarm() (*alarm, error) {
	return &alarm{timer: time.NewTimer(math.MaxInt64), over: make(chan struct{})}, nil
}

func (a *alarm) set(d time.Duration) { a.timer.Reset(d) }

func (a *alarm) wait() bool {
	select {
	case <-a.timer.C:
		return true
	case <-a.over:
		return false
	}
}

func (a *alarm) close() { a.once.Do(func() { close(a.over) }) }
