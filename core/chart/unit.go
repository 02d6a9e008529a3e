package chart

import (
	"math"
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
	Percent // by what share something differs
	Ratio   // how many times something is another, written as the share by which it differs
)

// measured writes a value that was measured.
func (u Unit) measured(x float64) string {
	switch u {
	case Time:
		return format.Duration(time.Duration(x))
	case Bytes:
		return format.Size(int64(x))
	case Percent:
		return format.Change(x)
	case Ratio:
		return format.Change(x - 1)
	}
	return format.Number(x)
}

// brief writes a difference where there is little room: as a whole percentage, unless
// it is small.
func (u Unit) brief(x float64) string {
	if u == Ratio {
		x--
	}
	if math.Abs(x) < 0.1 {
		return Percent.measured(math.Round(x*1000) / 1000)
	}
	return Percent.round(math.Round(x*100) / 100)
}

// round writes a tick at a round value.
func (u Unit) round(x float64) string {
	switch u {
	case Time:
		return format.TickDuration(x)
	case Ratio:
		x--
		fallthrough
	case Percent:
		if x > 0 {
			return "+" + format.Exact(100*x) + " %"
		}
		return format.Exact(100*x) + " %"
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
