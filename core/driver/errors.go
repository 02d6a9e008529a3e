package driver

import (
	"context"
	"errors"

	"github.com/benchctl/benchctl/core/sample"
)

// Class is how an operation ended. The class of a failed operation is archived
// with it.
type Class = sample.Status

// The classes of errors.
const (
	Exists      = sample.Exists      // the key is present and must not be
	NotFound    = sample.NotFound    // the key is absent and must be present
	Timeout     = sample.Timeout     // no answer in time; whether it took effect is unknown
	Unavailable = sample.Unavailable // no node could serve it: nobody answered a dial, no leader, connection lost or closed; whether it took effect is unknown
	Conflict    = sample.Conflict    // another writer was first
	Other       = sample.Other       // anything else
)

// Error is a failed operation with its class. Drivers return one of the
// variables below, or wrap a store's own error with Classed. An error without a
// class is of class Timeout if it is context.DeadlineExceeded, and else Other.
type Error struct {
	Class Class
	Err   error
}

// The errors a driver returns most, without allocating.
var (
	ErrExists      = &Error{Class: Exists}
	ErrNotFound    = &Error{Class: NotFound}
	ErrTimeout     = &Error{Class: Timeout}
	ErrUnavailable = &Error{Class: Unavailable}
	ErrConflict    = &Error{Class: Conflict}
)

// Classed gives err a class.
func Classed(class Class, err error) error { return &Error{Class: class, Err: err} }

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
func Classify(err error) Class {
	if err == nil {
		return sample.OK
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // the common case, without allocation; the others follow
		return e.failed()
	}
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.failed()
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	return Other
}

// failed is the class of an error: whatever it was given, it is no success.
func (e *Error) failed() Class {
	if e.Class == sample.OK {
		return Other
	}
	return e.Class
}
