package format

import (
	"fmt"
	"math"
	"strings"
)

// Change writes by what share something differs: +12.3 %, -0.500 %.
func Change(share float64) string {
	text := Number(100 * share)
	if share > 0 && !strings.HasPrefix(text, "–") {
		text = "+" + text
	}
	return text + " %"
}

// Changes writes the interval of a change, or nothing where there is none.
func Changes(low, high float64) string {
	if math.IsInf(low, 0) || math.IsInf(high, 0) || math.IsNaN(low) || math.IsNaN(high) {
		return ""
	}
	return fmt.Sprintf("[%s, %s]", Change(low), Change(high))
}

// Probability writes a probability: 0.031, and below a thousandth that it is.
func Probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}
