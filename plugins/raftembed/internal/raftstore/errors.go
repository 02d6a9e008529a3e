package raftstore

import (
	"context"
	"errors"
	"fmt"
)

// Class is how a command ended. The numbers are part of the protocol.
type Class byte

// Success, and the classes of failures.
const (
	OK          Class = iota
	Exists            // the key is present and must not be
	NotFound          // the key is absent and must be present
	Timeout           // no answer in time; whether it took effect is not known
	Unavailable       // no node could do it, or the connection was lost
	Conflict          // the key has another version
	Malformed         // the command is none
)

// classMoved is the answer of a node that was taken for the leader and is not.
const classMoved Class = 99

func (c Class) String() string {
	switch c {
	case OK:
		return "ok"
	case Exists:
		return "exists"
	case NotFound:
		return "not-found"
	case Timeout:
		return "timeout"
	case Unavailable:
		return "unavailable"
	case Conflict:
		return "conflict"
	case Malformed:
		return "malformed"
	case classMoved:
		return "moved"
	}
	return fmt.Sprintf("class %d", byte(c))
}

// Error is a command that failed.
type Error struct {
	Class  Class
	Detail string // why, unless the class says it all
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return e.Class.String()
	}
	return e.Detail
}

// The failures that a running cluster answers with, without allocating.
var (
	errExists   = &Error{Class: Exists}
	errNotFound = &Error{Class: NotFound}
	errConflict = &Error{Class: Conflict}
)

// errNotLeader says that the command was certainly not executed here.
var errNotLeader = errors.New("not the leader")

// classify makes a result of the error that ended a command.
func classify(err error) result {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return result{class: Timeout, detail: "no answer in time"}
	case errors.Is(err, errNotLeader):
		return result{class: Unavailable, detail: "there is no leader"}
	}
	return result{class: Unavailable, detail: err.Error()}
}

// failure is the error of a result, nil if it has none.
func (r *result) failure() error {
	switch {
	case r.class == OK:
		return nil
	case r.detail != "":
		return &Error{r.class, r.detail}
	}
	switch r.class {
	case Exists:
		return errExists
	case NotFound:
		return errNotFound
	case Conflict:
		return errConflict
	}
	return &Error{Class: r.class}
}
