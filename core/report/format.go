// Package report makes the tables and JSON documents that the command prints.
// It decides nothing: what is selected and summarised is core/stats' work.
package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/stats"
)

// Duration writes a time with three significant digits and its unit.
func Duration(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}, {time.Nanosecond, "ns"}}
	for _, u := range units {
		if d >= u.size {
			return significant(float64(d)/float64(u.size)) + " " + u.name
		}
	}
	return "0"
}

// Number writes a figure with three significant digits below a thousand, and
// whole with thousands separators above.
func Number(x float64) string {
	if math.Abs(x) < 1000 {
		return significant(x)
	}
	return Integer(int64(math.Round(x)))
}

// Integer writes a whole number with thousands separators.
func Integer(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return sign + b.String()
}

func significant(x float64) string {
	if x == 0 || math.IsNaN(x) {
		return "0"
	}
	decimals := max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
	return strconv.FormatFloat(x, 'f', min(decimals, 6), 64)
}

// Spread writes an estimate's interval as a share of its value.
func Spread(e stats.Estimate) string {
	if !e.Known() || e.Value == 0 {
		return "± ?"
	}
	return fmt.Sprintf("± %.0f %%", 100*e.Spread())
}
