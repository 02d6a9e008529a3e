package workload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// breach is a rule of the language that a workload does not keep. The rules
// are the same for one that is bound from a definition, where the field says
// which place the person is shown, and for one that came as JSON.
type breach struct {
	field   string // of keys, of values or of the phase; empty: the whole of it
	problem string // one sentence, with what to do
}

func (b *breach) Error() string { return b.problem }

// rule returns a breach unless what it demands is the case.
func rule(kept bool, field, format string, args ...any) *breach {
	if kept {
		return nil
	}
	return &breach{field, fmt.Sprintf(format, args...)}
}

// oneOf demands one of a few words.
func oneOf[T ~string](field string, value T, allowed []T) *breach {
	return rule(slices.Contains(allowed, value), field, "%s: %q is none of %s", field, value, list(allowed))
}

func list[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// span is what a number must lie within, both ends included.
type span[T int64 | float64] struct{ least, most T }

// within demands that a number lies within a span, or is 0 and so not given.
func within[N int | int64 | float64, T int64 | float64](field string, value N, s span[T]) *breach {
	if value == 0 {
		return nil
	}
	problem := s.refuse(T(value))
	return rule(problem == "", field, "%s: %s", field, problem)
}

// refuse says why a number is not within the span, if it is not.
func (s span[T]) refuse(value T) string {
	if value >= s.least && value <= s.most {
		return ""
	}
	return fmt.Sprintf("%s is not within %s to %s", plain(value), plain(s.least), plain(s.most))
}

// plain spells a number without an exponent.
func plain[T int64 | float64](value T) string {
	if x, ok := any(value).(float64); ok {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
