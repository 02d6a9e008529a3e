// Package format writes what was measured: numbers, durations, sizes, shares
// and counts, each in one way for every table, chart, page and line of progress.
//
// A figure has three significant digits, and from a thousand on all its whole
// ones. What decides how it is written is its rounded value: 99.96 is 100, and
// 999.6 is 1,000. Places of axes, which are round, and values that somebody
// chose are written without zeros at the end: those functions are in axis.go.
package format

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// digits are the significant digits of a figure.
const digits = 3

// Number writes a figure.
func Number(x float64) string {
	text, whole := rounded(x)
	if whole {
		return grouped(text)
	}
	return text
}

// rounded writes x with its digits. whole is true of one that has no place
// after the point for them.
func rounded(x float64) (text string, whole bool) {
	switch {
	case math.IsNaN(x):
		return "–", false
	case math.IsInf(x, 0):
		return strings.TrimPrefix(strconv.FormatFloat(x, 'f', -1, 64), "+"), false
	case x == 0:
		return "0", true
	}
	decimals := digits - 1 - exponent(x)
	if decimals <= 0 {
		return strconv.FormatFloat(math.Round(x), 'f', 0, 64), true
	}
	return strconv.FormatFloat(x, 'f', decimals, 64), false
}

// exponent is the power of ten of the first digit of x as it is written: of
// 99.96 it is 2.
func exponent(x float64) int {
	text := strconv.FormatFloat(x, 'e', digits-1, 64)
	_, power, _ := strings.Cut(text, "e")
	n, _ := strconv.Atoi(power) // which FormatFloat wrote
	return n
}

// Integer writes a whole number.
func Integer[T ~int | ~int64](n T) string { return grouped(strconv.FormatInt(int64(n), 10)) }

// grouped sets commas between the thousands of a whole number.
func grouped(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// Count writes a number of things: 1 node, 3 nodes.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Integer(n) + " " + noun + "s"
}

// Cores writes how many processors may be used, which need not be whole ones.
func Cores(n float64) string {
	if n == 1 {
		return "1 core"
	}
	return Exact(n) + " cores"
}

// Limits says how much of a machine may be used, if that is not all of it.
func Limits(cores float64, memory int64) string {
	var of []string
	if cores > 0 {
		of = append(of, Cores(cores))
	}
	if memory > 0 {
		of = append(of, Size(memory)+" of memory")
	}
	if len(of) == 0 {
		return ""
	}
	return "of which " + strings.Join(of, " and ") + " may be used"
}

// unit is a unit with its size in the one that values come in.
type unit struct {
	size float64
	name string
}

var (
	times = []unit{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}
	sizes = []unit{{1, "B"}, {1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}, {1 << 40, "TiB"}}
)

// fitting returns the largest unit in which x, as it is written, is not below 1.
// each is how many of a unit make the next.
func fitting(x float64, units []unit, each float64) unit {
	fit := units[0]
	for _, next := range units[1:] {
		if written(x/fit.size) < each {
			break
		}
		fit = next
	}
	return fit
}

// written is the absolute value of x as a reader sees it.
func written(x float64) float64 {
	text, _ := rounded(math.Abs(x))
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return value
}

// Duration writes a time that was measured: 12.3 ms, 1.00 s.
func Duration(d time.Duration) string { return duration(float64(d), Number) }

func duration(ns float64, number func(float64) string) string {
	if ns == 0 {
		return "0"
	}
	u := fitting(ns, times, 1000)
	if u.size == 1 {
		number = Exact // there are no parts of a nanosecond
	}
	return number(ns/u.size) + " " + u.name
}

// Moment writes a time within a run, to the millisecond.
func Moment(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + " s" }

// Size writes bytes in binary units.
func Size(bytes int64) string {
	u := fitting(float64(bytes), sizes, 1024)
	if u.size == 1 {
		return Integer(bytes) + " B"
	}
	return Number(float64(bytes)/u.size) + " " + u.name
}

// Share writes a part of 1 in whole percents.
func Share(x float64) string { return strconv.FormatFloat(100*x, 'f', 0, 64) + " %" }

// Pairs writes a map as name=value, by name.
func Pairs(m map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+"="+m[name])
	}
	return strings.Join(parts, " ")
}
