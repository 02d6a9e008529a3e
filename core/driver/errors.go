package driver

import (
	"context"
	"errors"

	"github.com/benchctl/benchctl/core/sample"
)

// Error is a failed operation with its class. Drivers return one of the
// variables below or wrap a store's own error with Classed.
type Error struct {
	Class sample.Status
	Err   error
}

// The errors a driver returns most, without allocating.
var (
	ErrExists      = &Error{Class: sample.Exists}
	ErrNotFound    = &Error{Class: sample.NotFound}
	ErrTimeout     = &Error{Class: sample.Timeout}
	ErrUnavailable = &Error{Class: sample.Unavailable}
	ErrConflict    = &Error{Class: sample.Conflict}
)

// Classed gives err a class.
func Classed(class sample.Status, err error) error { return &Error{Class: class, Err: err} }

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Class.String()
	}
	return e.Class.String() + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes every error of a class match that class's variable.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Err == nil && t.Class == e.Class
}

// Classify returns the status under which an operation that returned err is
// archived.
func Classify(err error) sample.Status {
	if err == nil {
		return sample.OK
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // the common case, without allocation; the others follow
		return e.Class
	}
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Class
	case errors.Is(err, context.DeadlineExceeded):
		return sample.Timeout
	}
	return sample.Other
}
