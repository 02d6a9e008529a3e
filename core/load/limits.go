package load

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limits are what the numbers of a load must lie within.
var Limits = struct {
	Count, Depth, FanOut Span[int64]
	Skew, HotShare       Span[float64] // hot shares are in percent

	Size         Span[int64]   // bytes of a value
	Compressible Span[float64] // in percent

	Ops                          Span[int64] // of each thread
	KeysPerTransaction, Watchers Span[int64]
	Rate                         Span[float64] // arrivals a second
	Steps, Active                Span[int64]
}{
	Count:    Span[int64]{1, 100_000_000}, // keeps a slip of the finger from filling memory
	Depth:    Span[int64]{0, 16},
	FanOut:   Span[int64]{1, 10_000},
	Skew:     Span[float64]{0.001, 100},
	HotShare: Span[float64]{0.001, 100},

	Size:         Span[int64]{0, 16 << 20},
	Compressible: Span[float64]{0, 100},

	Ops:                Span[int64]{1, math.MaxInt64},
	KeysPerTransaction: Span[int64]{2, 100},
	Watchers:           Span[int64]{0, 10_000},
	Rate:               Span[float64]{0.001, 10_000_000},
	Steps:              Span[int64]{2, 1000},
	Active:             Span[int64]{1, 1_000_000},
}

// The most that a load may list.
const (
	MaxPhases = 100
	MaxSizes  = 100
)

// Words are what a field may be that is one of a few words.
type Words[T ~string] []T

// String lists the words, for people.
func (w Words[T]) String() string {
	texts := make([]string, len(w))
	for i, word := range w {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// Span is what a number must lie within, both ends included.
type Span[T int64 | float64] struct{ Least, Most T }

// Refuse says why a number is not within the span, if it is not.
func (s Span[T]) Refuse(value T) string {
	if value >= s.Least && value <= s.Most {
		return ""
	}
	return fmt.Sprintf("%s is not within %s to %s", plain(value), plain(s.Least), plain(s.Most))
}

// plain spells a number without an exponent.
func plain[T int64 | float64](value T) string {
	if x, ok := any(value).(float64); ok {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
