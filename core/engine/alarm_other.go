//go:build !linux

package engine

import "time"

// alarm wakes a thread at a moment, as precisely as Go's timers do.
type alarm struct{ zero time.Time }

func newAlarm() (*alarm, error) { return &alarm{}, nil }

// begin fixes the run's zero, from which moments count.
func (a *alarm) begin(zero time.Time) { a.zero = zero }

// sleepUntil returns at a moment.
func (a *alarm) sleepUntil(at time.Duration) { time.Sleep(at - time.Since(a.zero)) }

func (a *alarm) close() {}
