// Package fault makes errors of a sentence for people and a kind for programs.
//
// The sentence says what is wrong and what to do, in words. Who knows of flags
// finds by the kind which of them it means.
package fault

import "fmt"

// Errorf returns an error that says what fmt.Errorf says, wraps what that wraps,
// and is of a kind as well. The words of the kind itself are not said.
func Errorf(kind error, format string, args ...any) error {
	return &fault{said: fmt.Errorf(format, args...), kind: kind}
}

type fault struct{ said, kind error }

func (f *fault) Error() string   { return f.said.Error() }
func (f *fault) Unwrap() []error { return []error{f.said, f.kind} }
