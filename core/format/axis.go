package format

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Exact writes a number with all the digits it has, up to ten.
func Exact(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return grouped(strconv.FormatFloat(x+0, 'f', 0, 64)) // +0: not -0
	}
	return strconv.FormatFloat(x, 'g', 10, 64)
}

// TickDuration names a place of an axis of times, in nanoseconds: 50 µs, 2 s.
func TickDuration(ns float64) string { return duration(ns, trimmed) }

// trimmed writes a figure without zeros at the end.
func trimmed(x float64) string {
	text := Number(x)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// ExactDuration writes a duration that somebody chose: 300 ms, 1.5 s, 1m30s, 2h.
func ExactDuration(d time.Duration) string {
	if d == 0 {
		return "0 s"
	}
	if d.Abs() < time.Minute {
		return TickDuration(float64(d))
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// ExactSize writes bytes that somebody chose, in the largest binary unit that
// divides them.
func ExactSize(bytes float64) string {
	fit := sizes[0]
	for _, next := range sizes[1:] {
		if bytes == 0 || math.Mod(bytes, next.size) != 0 {
			break
		}
		fit = next
	}
	return Exact(bytes/fit.size) + " " + fit.name
}
