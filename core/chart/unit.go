package chart

import (
	"time"

	"github.com/benchctl/benchctl/core/format"
)

// Unit is what an axis counts in.
type Unit int

// The units.
const (
	Count Unit = iota // of things
	Time              // nanoseconds
	Bytes
)

// measured writes a value that was measured.
func (u Unit) measured(x float64) string {
	switch u {
	case Time:
		return format.Duration(time.Duration(x))
	case Bytes:
		return format.Size(int64(x))
	}
	return format.Number(x)
}

// round writes a tick at a round value.
func (u Unit) round(x float64) string {
	if u == Time {
		return format.TickDuration(x)
	}
	return u.exact(x)
}

// exact writes a value that somebody chose.
func (u Unit) exact(x float64) string {
	switch u {
	case Time:
		return format.ExactDuration(time.Duration(x))
	case Bytes:
		return format.ExactSize(x)
	}
	return format.Exact(x)
}
