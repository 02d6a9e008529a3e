package load

import (
	"fmt"
	"slices"
)

// Breach is a rule that a load does not keep. The rules are the same for one
// that is bound from a definition, where the field says which place the person
// is shown, and for one that came as JSON.
type Breach struct {
	Field   string // of keys, of values or of the phase; empty: the whole of it
	Problem string // one sentence, with what to do
}

func (b *Breach) Error() string { return b.Problem }

// rule returns a breach unless what it demands is the case.
func rule(kept bool, field, format string, args ...any) *Breach {
	if kept {
		return nil
	}
	return &Breach{field, fmt.Sprintf(format, args...)}
}

// oneOf demands one of a few words.
func oneOf[T ~string](field string, value T, allowed Words[T]) *Breach {
	return rule(slices.Contains(allowed, value), field, "%s: %q is none of %s", field, value, allowed)
}

// within demands that a number lies within a span, or is 0 and so not given.
func within[N int | int64 | float64, T int64 | float64](field string, value N, s Span[T]) *Breach {
	if value == 0 {
		return nil
	}
	problem := s.Refuse(T(value))
	return rule(problem == "", field, "%s: %s", field, problem)
}
