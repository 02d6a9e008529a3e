package client

import (
	"errors"
	"fmt"
)

// ErrPlugin is what every failure of a plugin wraps: one that cannot be
// launched, dies or breaks the protocol. A store that fails is none.
var ErrPlugin = errors.New("plugin failed")

// failure is an ErrPlugin that says only what the person needs.
type failure struct {
	text  string
	cause error
}

func (f *failure) Error() string        { return f.text }
func (f *failure) Unwrap() error        { return f.cause }
func (f *failure) Is(target error) bool { return target == ErrPlugin }

// Failf makes an ErrPlugin of one sentence. Its cause, which may be nil, is kept
// but not printed.
func Failf(cause error, format string, args ...any) error {
	return &failure{text: fmt.Sprintf(format, args...), cause: cause}
}
