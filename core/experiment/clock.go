package experiment

import "time"

// anchored returns the zero of a run, which its plugin has read from the wall
// clock, on the monotonic clock of this process, so that no time of the run
// counts what the wall clock is set by. The plugin was asked for the run before
// its zero: one that seems to lie elsewhere was read before the clock was set,
// and what we know is that it has just been.
func anchored(zero, asked, now time.Time) time.Time {
	ago := now.Sub(zero)
	if ago < 0 || ago > now.Sub(asked) {
		ago = 0
	}
	return now.Add(-ago)
}
